import type { Container, PodGroup } from '../../agent/model.ts';
import type { InstanceType } from '../fabric/instance-types.ts';
import { knownInstanceTypes } from './efa.ts';

/** What all containers of a pod ask for together; undefined where one of them cannot be read. */
export function podTotal({ containers }: PodGroup, resource: 'gpus' | 'efa'): number | undefined {
  return containers.reduce<number | undefined>((sum, container) => {
    const asked = container[resource];
    return sum === undefined || asked === undefined ? undefined : sum + asked;
  }, 0);
}

/** The instance types that a pod may run on; empty where any may be, or one of them is not in the table. */
export function possibleTypes(pod: PodGroup): readonly InstanceType[] {
  const known = knownInstanceTypes(pod);
  return known.length === pod.instanceTypes.length ? known : [];
}

/** NVIDIA GPUs that the device plugin offers: a type with a share of one offers it as a whole. */
export function nvidiaGpus({ gpus, gpu }: InstanceType): number {
  if (gpu === undefined || gpu.startsWith('radeon')) return 0;
  return Math.max(1, gpus);
}

/** How many pods with these GPUs a node has GPUs for. */
export function podsByGpu(type: InstanceType, gpus: number): number {
  return Math.floor(nvidiaGpus(type) / gpus);
}

/**
 * EFA devices for each pod when pods like it fill a node by their GPUs; on several types the fewest. 0: there are more pods
 * than devices. Undefined where the type or the GPUs are not known.
 */
export function efaShare(pod: PodGroup): number | undefined {
  const gpus = podTotal(pod, 'gpus');
  const shares = knownInstanceTypes(pod)
    .filter(({ maxEfa }) => maxEfa > 0)
    .map((type) => (gpus === undefined || gpus === 0 ? type.maxEfa : Math.floor(type.maxEfa / Math.max(1, podsByGpu(type, gpus)))));
  return shares.length === 0 || gpus === undefined ? undefined : Math.min(...shares);
}

/** The container that asks for the most: where a count of the pod is best corrected. */
export function mainContainer({ containers }: PodGroup, resource: 'gpus' | 'efa'): Container | undefined {
  return containers.toSorted((a, b) => (b[resource] ?? 0) - (a[resource] ?? 0))[0];
}

/** GPUs of all pods together at their most; undefined where one count cannot be read. */
export function workloadGpus(pods: readonly PodGroup[]): number | undefined {
  let sum = 0;
  for (const pod of pods) {
    const gpus = podTotal(pod, 'gpus');
    if (gpus === undefined || (gpus > 0 && !pod.count)) return undefined;
    sum += gpus * (pod.count?.max ?? 0);
  }
  return sum;
}
