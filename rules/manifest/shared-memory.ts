import type { Container, Mount, PodGroup } from '../../agent/model.ts';

export const GIB = 2 ** 30;

/** The mount that holds `/dev/shm`; undefined: the container runtime's own 64 MiB. */
export function sharedMemoryMount({ mounts }: Container): Mount | undefined {
  return mounts.find(({ mountPath }) => mountPath === '/dev/shm');
}

/** The host's own `/dev/shm`: half of its memory, whatever the pod says. */
export function usesHostIpc({ object, specPath }: PodGroup): boolean {
  return object.get([...specPath, 'hostIPC']) === true;
}

/**
 * How large `/dev/shm` can become. KubeRay adds a Memory-backed volume of the size of the container's memory to pods of a Ray
 * cluster that mount nothing there (ray-operator/controllers/ray/common/pod.go), and an emptyDir without a size limit ends at
 * the memory limit. Undefined: nothing bounds it. 0: there is none.
 */
export function sharedMemoryBytes(container: Container, isRay: boolean): number | undefined {
  const mount = sharedMemoryMount(container);
  if (!mount) return isRay ? container.memoryLimitBytes : 0;
  const volume = mount.volume;
  if (volume?.type === 'hostPath') return undefined;
  if (volume?.type !== 'emptyDir' || volume.medium !== 'Memory') return 0;
  const bounds = [volume.sizeLimitBytes, ...(volume.sizeLimitBytes === undefined ? [container.memoryLimitBytes] : [])];
  return bounds.find((bound) => bound !== undefined);
}
