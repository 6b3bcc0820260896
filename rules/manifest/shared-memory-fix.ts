import type { Container } from '../../agent/model.ts';
import type { Fault } from './place.ts';
import { GIB, HEADROOM_PERCENT, memoryLimitFor, memoryVolumesBeside, type SharedMemory } from './shared-memory.ts';
import { gibibytes } from './words.ts';

/**
 * What to write for a `/dev/shm` of this many bytes. What lies there counts against the container's memory limit: a limit that
 * is a little too small for it gets a volume that fits, one that is far too small has to grow with it.
 */
export function sharedMemoryFix(container: Container, { by }: SharedMemory, needed: number, enough: number): Pick<Fault, 'expected' | 'snippet'> {
  const limit = container.memoryLimitBytes;
  const required = memoryLimitFor(container, needed);
  if (by === 'limit') return { expected: `a memory limit of ${gibibytes(required)} or more, of which KubeRay makes the size of /dev/shm`, snippet: limitText(required) };
  if (limit === undefined || limit >= required) return { expected: `emptyDir with medium: Memory and sizeLimit ${gibibytes(needed)} or more at /dev/shm`, snippet: volumeText(needed) };
  const fitting = largestFor(container, limit);
  if (fitting >= needed * enough) {
    return { expected: `emptyDir with medium: Memory and sizeLimit ${gibibytes(fitting)} at /dev/shm: the memory limit of ${gibibytes(limit)} bears no more`, snippet: volumeText(fitting) };
  }
  return {
    expected: `emptyDir with medium: Memory and sizeLimit ${gibibytes(needed)} or more at /dev/shm, and a memory limit of ${gibibytes(required)} or more, against which it counts`,
    snippet: `${limitText(required, '   # of the container')}\n${volumeText(needed)}`,
  };
}

/** In whole GiB. */
function largestFor(container: Container, limit: number): number {
  const others = memoryVolumesBeside(container);
  return Math.max(0, Math.floor((limit / (1 + HEADROOM_PERCENT / 100) - others) / GIB)) * GIB;
}

function limitText(bytes: number, comment = ''): string {
  return `resources:${comment}\n  limits:\n    memory: ${gibibytes(bytes)}`;
}

function volumeText(bytes: number): string {
  return ['volumeMounts:   # of the container', '  - name: shm', '    mountPath: /dev/shm', 'volumes:        # of the pod', '  - name: shm', '    emptyDir:', '      medium: Memory', `      sizeLimit: ${gibibytes(bytes)}`].join('\n');
}
