import { numberIn } from '../../rules/manifest/setting-values.ts';
import type { FieldPath, ServeDeployment, SettingMap, VllmEngine, YamlValue } from '../model.ts';
import type { DocumentObject } from './manifest-object.ts';
import { settingsAt, textSetting } from './settings.ts';
import { isMap } from './values.ts';

const CONFIG: FieldPath = ['spec', 'serveConfigV2'];
const LLM = /^ray\.serve\.llm(?::|\.)/;

/** The deployments that a RayService's serveConfigV2 configures, those of ray.serve.llm with their engine. */
export function readServe(object: DocumentObject): readonly ServeDeployment[] {
  return items(object.get([...CONFIG, 'applications'])).flatMap((_, index) => {
    const path = [...CONFIG, 'applications', index];
    const name = object.get([...path, 'name']);
    const application = typeof name === 'string' ? name : `application ${index}`;
    return [...deploymentsOf(object, path, application), ...llmsOf(object, path, application)];
  });
}

function deploymentsOf(object: DocumentObject, path: FieldPath, application: string): readonly ServeDeployment[] {
  return items(object.get([...path, 'deployments'])).map((_, index) => deployment(object, [...path, 'deployments', index], application, undefined));
}

function llmsOf(object: DocumentObject, path: FieldPath, application: string): readonly ServeDeployment[] {
  const importPath = object.get([...path, 'import_path']);
  if (typeof importPath !== 'string' || !LLM.test(importPath)) return [];
  const configs = [...path, 'args', 'llm_configs'];
  // Prefill and decode apart: one configuration each.
  const pair = ['prefill_config', 'decode_config'].map((key) => [...path, 'args', key]).filter((at) => isMap(object.get(at)));
  const all = [...items(object.get(configs)).map((_, index) => [...configs, index]), ...pair];
  return all.map((at) => {
    const engine = llmEngine(object, at);
    return { ...deployment(object, at, application, engine), name: engine.model?.value ?? 'llm' };
  });
}

function llmEngine(object: DocumentObject, path: FieldPath): VllmEngine {
  const loading = settingsAt(object, [...path, 'model_loading_config']);
  const options = settingsAt(object, [...path, 'engine_kwargs']);
  const model = textSetting(loading['model_source']) ?? textSetting(loading['model_id']);
  return { object, path, position: object.at(path), kind: 'serve-llm', model, options, pod: undefined, container: undefined };
}

function deployment(object: DocumentObject, path: FieldPath, application: string, engine: VllmEngine | undefined): ServeDeployment {
  const at = engine ? [...path, 'deployment_config'] : path;
  const options = settingsAt(object, at);
  const name = textSetting(options['name'])?.value ?? '';
  return {
    object,
    path,
    position: object.at(path),
    application,
    name,
    options,
    autoscaling: settingsAt(object, [...at, 'autoscaling_config']),
    gpusPerReplica: bundleGpus(object, path, options) ?? engineGpus(engine) ?? actorGpus(object, at),
    engine,
  };
}

/** Of a placement group, when one is written: its bundles hold all that a replica occupies. */
function bundleGpus(object: DocumentObject, path: FieldPath, options: SettingMap): number | undefined {
  const bundles = object.get([...path, 'placement_group_config', 'bundles']) ?? options['placement_group_bundles']?.value;
  if (!Array.isArray(bundles)) return undefined;
  return (bundles as readonly YamlValue[]).reduce<number>((sum, bundle) => sum + (isMap(bundle) && typeof bundle['GPU'] === 'number' ? bundle['GPU'] : 0), 0);
}

function engineGpus(engine: VllmEngine | undefined): number | undefined {
  if (!engine) return undefined;
  const { tensor_parallel_size: tensor, pipeline_parallel_size: pipeline } = engine.options;
  if ((tensor && numberIn(tensor) === undefined) || (pipeline && numberIn(pipeline) === undefined)) return undefined;
  return (numberIn(tensor) ?? 1) * (numberIn(pipeline) ?? 1);
}

function actorGpus(object: DocumentObject, path: FieldPath): number | undefined {
  return numberIn(settingsAt(object, [...path, 'ray_actor_options'])['num_gpus']);
}

function items(value: YamlValue | undefined): readonly YamlValue[] {
  return Array.isArray(value) ? (value as readonly YamlValue[]) : [];
}
