import type { Container, Mount, PodGroup, Spot } from '../../agent/model.ts';
import { spotAt } from './place.ts';

export const GIB = 2 ** 30;
/** What a container's memory limit should leave beside its memory volumes, in percent of these: 128Gi of 384Gi is the source document's. Ours. */
export const HEADROOM_PERCENT = 50;

/** The mount that holds `/dev/shm`; undefined: the container runtime's own 64 MiB. */
export function sharedMemoryMount({ mounts }: Container): Mount | undefined {
  return mounts.find(({ mountPath }) => mountPath === '/dev/shm');
}

/** The host's own `/dev/shm`: half of its memory, whatever the pod says. */
export function usesHostIpc({ object, specPath }: PodGroup): boolean {
  return object.get([...specPath, 'hostIPC']) === true;
}

export interface SharedMemory {
  /** Undefined: nothing bounds it. 0: there is none but the runtime's own. */
  readonly bytes: number | undefined;
  /** What bounds it: the size of its volume, or the memory limit or request of the container, of which KubeRay makes the size. */
  readonly by: 'volume' | 'limit' | 'request';
  /** Where that is written. */
  readonly spot: Spot;
}

/**
 * How large `/dev/shm` can become. KubeRay adds a Memory-backed volume to pods of a Ray cluster that mount nothing there, of the
 * size of the container's memory limit or, where there is none, its request (ray-operator/controllers/ray/common/pod.go,
 * findMemoryReqOrLimit); an emptyDir without a size limit ends at the memory limit.
 */
export function sharedMemory(container: Container, isRay: boolean): SharedMemory {
  const { object, path, memoryLimitBytes: limit, limits, requests } = container;
  const mount = sharedMemoryMount(container);
  if (!mount) {
    const by = !isRay ? 'volume' : 'memory' in limits || !('memory' in requests) ? 'limit' : 'request';
    const spot = by === 'volume' ? spotAt(object, [...path, 'volumeMounts']) : spotAt(object, [...path, 'resources', `${by}s`, 'memory']);
    return { bytes: by === 'volume' ? 0 : by === 'limit' ? limit : requests['memory'], by, spot };
  }
  const volume = mount.volume;
  const spot = volume ? spotAt(volume.object, volume.path) : spotAt(object, [...path, 'volumeMounts']);
  if (volume?.type === 'hostPath') return { bytes: undefined, by: 'volume', spot };
  if (volume?.type !== 'emptyDir' || volume.medium !== 'Memory') return { bytes: 0, by: 'volume', spot };
  return { bytes: volume.sizeLimitBytes ?? limit, by: 'volume', spot };
}

/** Bytes of all memory volumes of a container but the one at `/dev/shm`; they share its memory limit. */
export function memoryVolumesBeside(container: Container): number {
  const own = sharedMemoryMount(container)?.volume;
  const others = [...new Set(container.mounts.flatMap(({ volume }) => (volume && volume !== own && volume.medium === 'Memory' ? volume : [])))];
  return others.reduce((sum, { sizeLimitBytes }) => sum + (sizeLimitBytes ?? 0), 0);
}

/** The memory limit that leaves room for the processes of a container beside a `/dev/shm` of this size. */
export function memoryLimitFor(container: Container, bytes: number): number {
  return Math.ceil(((memoryVolumesBeside(container) + bytes) * (1 + HEADROOM_PERCENT / 100)) / GIB) * GIB;
}
