import type { PodGroup } from '../../agent/model.ts';
import { nvidiaGpus, podTotal, possibleTypes } from './instance-fit.ts';
import { selects } from './label-selector.ts';
import { listOf, mapOf } from './yaml-values.ts';

/** More GPUs than this a single node seldom has: every EC2 type of today, and most servers. */
const MOST_GPUS = 8;
const HOSTNAME = 'kubernetes.io/hostname';
/** Fixed numbers that KubeRay declares on every Ray container: the port named metrics, 8080 (ray-operator/controllers/ray/common/pod.go). */
const KUBERAY_METRICS_PORT = 8080;

/**
 * What keeps two pods off one node. `written`: a rule or count that says so. `implied`: something that happens to do so
 * today. Undefined: nothing.
 */
export type Separation = { readonly how: 'written' } | { readonly how: 'implied'; readonly by: string };

/** For two pods of the host's network; `a` and `b` are the same group for two pods of one template. */
export function separation(a: PodGroup, b: PodGroup, isRay: boolean): Separation | undefined {
  if (repels(a, b) || repels(b, a) || isSpread(a) || isSpread(b) || selectApart(a, b)) return { how: 'written' };
  const types = possibleTypes(a);
  const gpus = sum(a, b, 'gpus');
  const efa = sum(a, b, 'efa');
  if (types.length > 0 && types.every((type) => gpus > nvidiaGpus(type) || efa > type.maxEfa)) return { how: 'written' };
  const ports = declaredPorts(b);
  if (declaredPorts(a).some((port) => ports.includes(port))) return { how: 'written' };
  if (gpus > MOST_GPUS) return { how: 'implied', by: `${gpus} GPUs, which no node with ${MOST_GPUS} has` };
  if (isRay && hasKubeRayPort(a) && hasKubeRayPort(b)) return { how: 'implied', by: `port ${KUBERAY_METRICS_PORT}, which KubeRay declares on every Ray container` };
  return undefined;
}

/** A count that cannot be read may be any: then nothing is held against the pods. */
function sum(a: PodGroup, b: PodGroup, resource: 'gpus' | 'efa'): number {
  return (podTotal(a, resource) ?? Infinity) + (podTotal(b, resource) ?? Infinity);
}

/** Ports of the host's network are host ports, and the scheduler puts no two pods with the same one on a node. */
function declaredPorts({ containers }: PodGroup): readonly number[] {
  return containers.flatMap(({ ports }) => ports);
}

/** KubeRay adds its own unless a port with the name `metrics` is written. */
function hasKubeRayPort({ containers, object }: PodGroup): boolean {
  const [ray] = containers;
  const ports = ray && object.get([...ray.path, 'ports']);
  return !listOf(ports).some((port) => mapOf(port)?.['name'] === 'metrics');
}

/** Required anti-affinity of one that names the labels of the other. */
function repels({ antiAffinity }: PodGroup, { labels }: PodGroup): boolean {
  return antiAffinity.some((term) => term['topologyKey'] === HOSTNAME && selects(mapOf(term['labelSelector']), labels));
}

/** A spread over host names, or a placement of a whole job that excludes others. */
function isSpread({ object, specPath, annotations }: PodGroup): boolean {
  const constraints = object.get([...specPath, 'topologySpreadConstraints']);
  const spreads = listOf(constraints).some((constraint) => mapOf(constraint)?.['topologyKey'] === HOSTNAME && mapOf(constraint)?.['whenUnsatisfiable'] !== 'ScheduleAnyway');
  return spreads || [annotations, object.annotations].some((map) => Object.keys(map).some((key) => key.endsWith('/exclusive-topology')));
}

function selectApart(a: PodGroup, b: PodGroup): boolean {
  return Object.entries(a.nodeSelector).some(([key, value]) => b.nodeSelector[key] !== undefined && b.nodeSelector[key] !== value);
}
