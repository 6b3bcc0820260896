import type { FieldPath, ManifestObject, Variable, YamlMap, YamlValue } from '../model.ts';
import { configTexts, type Surroundings } from './surroundings.ts';
import { mapAt, mapsAt, textAt } from './values.ts';

/** `envFrom` before `env`, as the kubelet does: what is written in `env` wins. */
export function readEnvironment(object: ManifestObject, path: FieldPath, container: YamlMap, around: Surroundings): readonly Variable[] {
  const sources = mapsAt(container, 'envFrom').flatMap(([, source]) => {
    const configMap = around.configMap(textAt(mapAt(source, 'configMapRef'), 'name'), object.namespace);
    return configMap ? fromConfigMap(configMap, textAt(source, 'prefix') ?? '') : [];
  });
  const own = mapsAt(container, 'env').map(([index, entry]): Variable => {
    const at = [...path, 'env', index];
    return { object, path: at, position: object.at(at), name: textAt(entry, 'name') ?? '', value: valueOf(entry, object, around), from: 'manifest' };
  });
  return [...sources, ...own];
}

function fromConfigMap(configMap: ManifestObject, prefix: string): readonly Variable[] {
  return Object.entries(configTexts(configMap)).map(([key, value]) => {
    const path = ['data', key];
    return { object: configMap, path, position: configMap.at(path), name: `${prefix}${key}`, value, from: 'config-map' };
  });
}

function valueOf(entry: YamlMap, object: ManifestObject, around: Surroundings): string | undefined {
  const value: YamlValue | undefined = entry['value'];
  if (typeof value === 'string') return value;
  // The API server would refuse a number or boolean; what is meant by it is clear.
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const reference = mapAt(mapAt(entry, 'valueFrom'), 'configMapKeyRef');
  const configMap = around.configMap(textAt(reference, 'name'), object.namespace);
  if (configMap) return configTexts(configMap)[textAt(reference, 'key') ?? ''];
  return entry['valueFrom'] === undefined && (value === undefined || value === null) ? '' : undefined;
}

/** Environment that Ray hands to its workers: `env_vars` of a runtime environment. */
export function runtimeVariables(object: ManifestObject, path: FieldPath): readonly Variable[] {
  const variables = object.get([...path, 'env_vars']);
  if (typeof variables !== 'object' || variables === null || Array.isArray(variables)) return [];
  return Object.entries(variables).map(([name, value]) => {
    const at = [...path, 'env_vars', name];
    return { object, path: at, position: object.at(at), name, value: typeof value === 'object' ? undefined : String(value), from: 'runtime-env' };
  });
}
