import { EFA_RESOURCE, GPU_RESOURCE } from '../../rules/manifest/device-resources.ts';
import { parseQuantity } from '../parse/quantity.ts';
import type { Container, FieldPath, ManifestObject, Mount, Probe, Setting, Volume, YamlMap, YamlValue } from '../model.ts';
import { readCommands, scriptVariables } from './commands.ts';
import { readEnvironment } from './environment.ts';
import type { Surroundings } from './surroundings.ts';
import { listAt, mapAt, mapsAt, numberAt, textAt } from './values.ts';

export { EFA_RESOURCE, GPU_RESOURCE } from '../../rules/manifest/device-resources.ts';

interface Pod {
  readonly object: ManifestObject;
  readonly spec: YamlMap;
  readonly specPath: FieldPath;
  readonly volumes: readonly Volume[];
}

/** The containers of a pod spec at `containers` or `initContainers`. */
export function readContainers(pod: Pod, key: 'containers' | 'initContainers', around: Surroundings): readonly Container[] {
  return mapsAt(pod.spec, key).map(([index, container]) => readContainer({ object: pod.object, path: [...pod.specPath, key, index], container, volumes: pod.volumes }, around));
}

export interface WrittenContainer {
  readonly object: ManifestObject;
  readonly path: FieldPath;
  readonly container: YamlMap;
  readonly volumes: readonly Volume[];
  /** `resourcesPerNode` of a TrainJob's trainer. */
  readonly resourcesKey?: string;
}

export function readContainer({ object, path, container, volumes, resourcesKey = 'resources' }: WrittenContainer, around: Surroundings): Container {
  const resources = mapAt(container, resourcesKey);
  const limits = quantities(mapAt(resources, 'limits'));
  const requests = quantities(mapAt(resources, 'requests'));
  const asked = { ...requests, ...limits };
  const environment = readEnvironment(object, path, container, around);
  const mounts = readMounts(object, path, container, volumes);
  const commands = readCommands({ object, path, container, mounts, environment }, around);
  return {
    object,
    path,
    position: object.at(path),
    name: textAt(container, 'name') ?? '',
    image: textAt(container, 'image'),
    limits,
    requests,
    gpus: GPU_RESOURCE in asked ? asked[GPU_RESOURCE] : 0,
    efa: EFA_RESOURCE in asked ? asked[EFA_RESOURCE] : 0,
    memoryLimitBytes: limits['memory'],
    claims: mapsAt(resources, 'claims').flatMap(([, claim]) => textAt(claim, 'name') ?? []),
    environment: [...environment, ...scriptVariables(commands)],
    mounts,
    ports: mapsAt(container, 'ports').flatMap(([, port]) => numberAt(port, 'containerPort') ?? []),
    probes: readProbes(object, path, container),
    privileged: readPrivileged(object, path, container),
    capabilities: listAt(mapAt(mapAt(container, 'securityContext'), 'capabilities'), 'add').filter((value) => typeof value === 'string'),
    hasCommand: listAt(container, 'command').length > 0,
    commands: commands.map(({ command }) => command).filter(({ words }) => words.length > 0),
  };
}

function quantities(map: YamlMap | undefined): Readonly<Record<string, number | undefined>> {
  return Object.fromEntries(Object.entries(map ?? {}).map(([name, value]) => [name, quantity(value)]));
}

/** Undefined for one below 0, which nobody can mean; the schema says so. */
function quantity(value: YamlValue): number | undefined {
  const amount = parseQuantity(value);
  return amount !== undefined && amount >= 0 ? amount : undefined;
}

function readMounts(object: ManifestObject, path: FieldPath, container: YamlMap, volumes: readonly Volume[]): readonly Mount[] {
  return mapsAt(container, 'volumeMounts').map(([index, mount]) => {
    const mountPath = [...path, 'volumeMounts', index];
    return {
      object,
      path: mountPath,
      position: object.at(mountPath),
      mountPath: (textAt(mount, 'mountPath') ?? '').replace(/(?<=.)\/+$/, ''),
      volume: volumes.find(({ name }) => name === textAt(mount, 'name')),
      subPath: textAt(mount, 'subPath'),
      readOnly: mount['readOnly'] === true,
    };
  });
}

function readProbes(object: ManifestObject, path: FieldPath, container: YamlMap): Container['probes'] {
  const kinds = ['startup', 'readiness', 'liveness'] as const;
  return Object.fromEntries(
    kinds.flatMap((kind) => {
      const probe = mapAt(container, `${kind}Probe`);
      return probe ? [[kind, readProbe(object, [...path, `${kind}Probe`], probe)]] : [];
    }),
  );
}

/** Standards as the API server fills them in, for 0 too. What is below 0 it refuses, which the schema says. */
function readProbe(object: ManifestObject, path: FieldPath, probe: YamlMap): Probe {
  const http = mapAt(probe, 'httpGet');
  const port: YamlValue | undefined = (http ?? mapAt(probe, 'tcpSocket') ?? mapAt(probe, 'grpc'))?.['port'];
  return {
    object,
    path,
    position: object.at(path),
    httpPath: http && (textAt(http, 'path') ?? '/'),
    port: typeof port === 'number' || typeof port === 'string' ? port : undefined,
    command: listAt(mapAt(probe, 'exec'), 'command').filter((word) => typeof word === 'string'),
    initialDelaySeconds: positiveAt(probe, 'initialDelaySeconds', 0),
    periodSeconds: positiveAt(probe, 'periodSeconds', 10),
    timeoutSeconds: positiveAt(probe, 'timeoutSeconds', 1),
    failureThreshold: positiveAt(probe, 'failureThreshold', 3),
  };
}

function positiveAt(map: YamlMap, key: string, standard: number): number {
  const value = numberAt(map, key);
  return value !== undefined && value > 0 ? value : standard;
}

function readPrivileged(object: ManifestObject, path: FieldPath, container: YamlMap): Setting<boolean> | undefined {
  const value = mapAt(container, 'securityContext')?.['privileged'];
  const at = [...path, 'securityContext', 'privileged'];
  return typeof value === 'boolean' ? { object, path: at, position: object.at(at), value } : undefined;
}
