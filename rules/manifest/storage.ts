import type { Container, Mount, Volume } from '../../agent/model.ts';

/**
 * How long a file lives that is written at a path. `lasting`: beyond the pod, on a volume of its own. `node`: on the disk of
 * the node. `pod`: until the pod ends. `image`: in the container's own layer, until the container ends. `unknown`: a volume
 * that is written elsewhere (a StatefulSet's claim template), or a directory of the node that may be a network mount.
 */
export type Lifetime = 'lasting' | 'node' | 'pod' | 'image' | 'unknown';

/** Directories of a node that are its own disk on the images of EKS, GKE and their kin; others (/fsx, /mnt/efs) may be mounts. */
const LOCAL_DIRECTORY = /^\/(tmp|var|opt\/dlami|local|root|home|run|dev|mnt\/(k8s-disks|nvme|local|disks?|ssd|resource|stateful_partition))(\/|$)/;

/** Volumes that a controller fills and nobody writes to. */
const CONFIGURATION: ReadonlySet<string> = new Set(['projected', 'configMap', 'secret', 'downwardAPI']);

export function lifetimeAt(container: Container, path: string): Lifetime {
  const mount = mountOf(container, path);
  return mount ? lifetimeOf(mount.volume) : 'image';
}

/** The mount that a path lies in: the deepest that covers it. */
function mountOf({ mounts }: Container, path: string): Mount | undefined {
  const [deepest] = mounts
    .filter(({ mountPath }) => path === mountPath || mountPath === '/' || path.startsWith(`${mountPath}/`))
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length);
  return deepest;
}

function lifetimeOf(volume: Volume | undefined): Lifetime {
  switch (volume?.type) {
    case undefined:
    case 'unknown':
      return 'unknown';
    case 'emptyDir':
      return 'pod';
    case 'hostPath':
      return LOCAL_DIRECTORY.test(volume.hostPath ?? '') ? 'node' : 'unknown';
    case 'image':
      return 'image';
    default:
      return CONFIGURATION.has(volume?.type ?? '') ? 'unknown' : 'lasting';
  }
}

/** Where a container could keep something beyond its pod; the first that is written. */
export function lastingMount(container: Container): Mount | undefined {
  return container.mounts.find(({ volume, readOnly }) => !readOnly && lifetimeOf(volume) === 'lasting');
}

/** Whether nothing that the container mounts could keep what a training writes. */
export function keepsNothing(container: Container): boolean {
  return container.mounts.every(({ volume, readOnly }) => readOnly || ['pod', 'node', 'image'].includes(lifetimeOf(volume)) || CONFIGURATION.has(volume?.type ?? ''));
}

/** `emptyDir scratch, which ends with the pod`: what holds a path, in words. */
export function lifetimeWords(container: Container, path: string): string {
  const mount = mountOf(container, path);
  if (!mount) return "the container's own file system, which ends with the container";
  const { volume } = mount;
  if (volume?.type === 'emptyDir') return `emptyDir ${volume.name}, which ends with the pod`;
  if (volume?.type === 'hostPath') return `${volume.hostPath ?? ''} of the node (volume ${volume.name}), which ends with the node`;
  return `volume ${volume?.name ?? ''}`;
}
