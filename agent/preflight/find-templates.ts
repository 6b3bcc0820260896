import type { FieldPath, ManifestObject, PodGroup, YamlMap, YamlValue } from '../model.ts';
import { isKubernetesGroup } from './known-kinds.ts';
import { isMap, mapAt, mapsAt, numberAt, textAt } from './values.ts';

export interface FoundTemplate {
  readonly path: FieldPath;
  readonly specPath: FieldPath;
  readonly metadata: YamlMap | undefined;
  readonly spec: YamlMap;
  readonly name: string;
  readonly role: PodGroup['role'];
  readonly count: PodGroup['count'];
  /** No template: a map of some other kind that lists containers, such as the predictor of KServe's InferenceService. */
  readonly isBare?: true;
}

/** Deeper than any kind nests its templates (a RayCronJob's lie 9 deep); bounds the walk on a hostile document. */
const DEEPEST = 16;

/**
 * Pod templates wherever they hide: a map with a `spec` that lists `containers`. What is known of the kinds that hold them
 * (how many pods, which role) is added; of a kind that nobody here knows the template is found all the same, and so is a
 * bare list of containers with images.
 */
export function findTemplates(object: ManifestObject): readonly FoundTemplate[] {
  if (object.kind === 'Pod') {
    const spec = mapAt(object.value, 'spec');
    return spec ? [{ path: [], specPath: ['spec'], metadata: mapAt(object.value, 'metadata'), spec, name: '', role: 'pod', count: { min: 1, max: 1 } }] : [];
  }
  const found: FoundTemplate[] = [];
  const mayBeBare = !isKubernetesGroup(object.apiVersion);
  walk(object.value, []);
  return found;

  function walk(value: YamlValue, path: FieldPath): void {
    if (path.length > DEEPEST || typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (const [index, item] of (value as readonly YamlValue[]).entries()) walk(item, [...path, index]);
      return;
    }
    const map = value as YamlMap;
    const spec = mapAt(map, 'spec');
    if (spec && Array.isArray(spec['containers']) && path.length > 0) {
      found.push({ path, specPath: [...path, 'spec'], metadata: mapAt(map, 'metadata'), spec, ...knownOf(object, path) });
      return;
    }
    if (mayBeBare && path.length > 0 && mapsAt(map, 'containers').some(([, container]) => textAt(container, 'image') !== undefined)) {
      found.push({ path, specPath: path, metadata: undefined, spec: map, name: '', role: 'pod', count: undefined, isBare: true });
      return;
    }
    for (const [key, item] of Object.entries(map)) walk(item, [...path, key]);
  }
}

type Known = Pick<FoundTemplate, 'name' | 'role' | 'count'>;

function knownOf(object: ManifestObject, path: FieldPath): Known {
  return rayGroup(object, path) ?? replicaSpec(object, path) ?? jobSet(object, path) ?? leaderWorkerSet(object, path) ?? single(object, path);
}

function mapIn(object: ManifestObject, path: FieldPath): YamlMap | undefined {
  const value = object.get(path);
  return isMap(value) ? value : undefined;
}

/** A number, the standard where nothing is written, undefined where it cannot be read (`$NUM_NODES` of a template) or be meant. */
function countAt(map: YamlMap | undefined, key: string, standard: number): number | undefined {
  if (map?.[key] === undefined) return standard;
  const count = numberAt(map, key);
  return count !== undefined && count >= 0 ? count : undefined;
}

function exactly(count: number | undefined): PodGroup['count'] {
  return count === undefined ? undefined : { min: count, max: count };
}

/** RayCluster, and what RayService, RayJob and RayCronJob hold of one. */
function rayGroup(object: ManifestObject, path: FieldPath): Known | undefined {
  const holder = path.at(-2);
  if (holder === 'headGroupSpec') return { name: 'head', role: 'head', count: { min: 1, max: 1 } };
  if (path.at(-1) === 'submitterPodTemplate') return { name: 'submitter', role: 'submitter', count: { min: 1, max: 1 } };
  if (path.at(-3) !== 'workerGroupSpecs') return undefined;
  const group = mapIn(object, path.slice(0, -1));
  const hosts = countAt(group, 'numOfHosts', 1) ?? 1;
  const replicas = numberAt(group, 'replicas');
  const min = countAt(group, 'minReplicas', replicas ?? 0) ?? 0;
  const max = numberAt(group, 'maxReplicas') ?? replicas;
  return { name: textAt(group, 'groupName') ?? '', role: 'worker', count: max === undefined ? undefined : { min: min * hosts, max: max * hosts } };
}

/** PyTorchJob, MPIJob and their kin: `pytorchReplicaSpecs.Worker.template`; HyperPod's: `replicaSpecs[0].template`. */
function replicaSpec(object: ManifestObject, path: FieldPath): Known | undefined {
  if (path.at(-3) === 'replicaSpecs') {
    const group = mapIn(object, path.slice(0, -1));
    return { name: textAt(group, 'name') ?? '', role: 'worker', count: exactly(countAt(group, 'replicas', 1)) };
  }
  const name = path.at(-2);
  if (typeof name !== 'string' || typeof path.at(-3) !== 'string' || !String(path.at(-3)).endsWith('ReplicaSpecs')) return undefined;
  const role = name === 'Launcher' ? 'launcher' : name === 'Master' ? 'head' : 'worker';
  return { name, role, count: exactly(countAt(mapIn(object, path.slice(0, -1)), 'replicas', 1)) };
}

/** JobSet, and the runtimes of Kubeflow's trainer, which hold one: `replicatedJobs[0].template.spec.template`. */
function jobSet(object: ManifestObject, path: FieldPath): Known | undefined {
  const at = path.lastIndexOf('replicatedJobs');
  if (at === -1) return undefined;
  const group = mapIn(object, path.slice(0, at + 2));
  const pods = jobPods(mapIn(object, path.slice(0, -1)));
  const jobs = countAt(group, 'replicas', 1);
  const name = textAt(group, 'name') ?? '';
  return { name, role: /launcher/i.test(name) ? 'launcher' : 'worker', count: pods === undefined || jobs === undefined ? undefined : exactly(pods * jobs) };
}

/** `size` counts the leader; without a leaderTemplate the workers' template makes it too. */
function leaderWorkerSet(object: ManifestObject, path: FieldPath): Known | undefined {
  if (path.at(-2) !== 'leaderWorkerTemplate') return undefined;
  const template = mapIn(object, path.slice(0, -1));
  const size = countAt(template, 'size', 1);
  const isLeader = path.at(-1) === 'leaderTemplate';
  const alone = mapAt(template, 'leaderTemplate') === undefined;
  return { name: isLeader ? 'leader' : 'worker', role: isLeader ? 'head' : 'worker', count: exactly(isLeader ? 1 : alone || size === undefined ? size : size - 1) };
}

function single(object: ManifestObject, path: FieldPath): Known {
  const holder = mapIn(object, path.slice(0, -1));
  const base = { name: '', role: 'pod' } as const;
  if (object.kind === 'Job' || object.kind === 'CronJob') {
    // Volcano's Job lists tasks, each with replicas.
    if (path.includes('tasks')) return { name: textAt(holder, 'name') ?? '', role: 'worker', count: exactly(countAt(holder, 'replicas', 1)) };
    return { ...base, count: exactly(jobPods(holder)) };
  }
  if (object.kind === 'DaemonSet') return { ...base, count: undefined };
  const isStandard = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'].includes(object.kind);
  return { ...base, count: exactly(isStandard ? countAt(holder, 'replicas', 1) : numberAt(holder, 'replicas')) };
}

/** Pods that a Job runs side by side. */
function jobPods(spec: YamlMap | undefined): number | undefined {
  if (!spec) return undefined;
  const parallelism = countAt(spec, 'parallelism', 1);
  const completions = numberAt(spec, 'completions');
  if (parallelism === undefined) return undefined;
  return completions === undefined ? parallelism : Math.min(parallelism, completions);
}
