import type { Container, Judgement, ManifestWorkload } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { faultAt, spotAt } from './place.ts';
import { GIB, sharedMemoryBytes, sharedMemoryMount, usesHostIpc } from './shared-memory.ts';
import { gibibytes } from './words.ts';

/** NCCL, PyTorch's loaders and vLLM's workers hand data over in /dev/shm; a container without a volume there has 64 MiB. */
export const sharedMemoryMissing = defineRule({
  name: 'SharedMemoryMissing',
  title: 'Too little shared memory at /dev/shm',
  severity: 'warning',
  page: 'rules/manifest/shared-memory-missing.md',
  needs: ['manifests'],
  settings: { trainingGibibytes: 128, servingGibibytes: 16 },
  *check({ manifests }, _before, _seconds, settings) {
    for (const workload of manifests.workloads) {
      if (workload.purpose === 'other') continue;
      const needed = (workload.purpose === 'training' ? settings.trainingGibibytes : settings.servingGibibytes) * GIB;
      for (const pod of workload.pods) {
        if (pod.isPartial || usesHostIpc(pod)) continue;
        for (const container of pod.containers) if (container.gpus !== 0) yield* judge(workload, container, needed);
      }
    }
  },
});

function* judge(workload: ManifestWorkload, container: Container, needed: number): Iterable<Judgement> {
  const bytes = sharedMemoryBytes(container, workload.ray !== undefined);
  if (bytes === undefined || bytes >= needed) return;
  const volume = sharedMemoryMount(container)?.volume;
  const size = gibibytes(needed);
  const found = bytes > 0 ? gibibytes(bytes) : volume ? `${volume.type}${volume.medium === undefined ? ' without medium: Memory' : ''}` : 'no volume at /dev/shm';
  const spot = volume ? spotAt(volume.object, volume.path) : spotAt(container.object, [...container.path, 'volumeMounts']);
  // One process on one GPU hands nothing over to another.
  const isAlone = container.gpus === 1 && (workload.purpose === 'serving' || workload.isMultiNode === false);
  yield faultAt(spot, {
    message: messageOf(workload, container, bytes, size, volume !== undefined),
    found,
    expected: `emptyDir with medium: Memory and sizeLimit ${size} or more at /dev/shm`,
    snippet: ['volumeMounts:   # of the container', '  - name: shm', '    mountPath: /dev/shm', 'volumes:        # of the pod', '  - name: shm', '    emptyDir:', '      medium: Memory', `      sizeLimit: ${size}`].join('\n'),
    evidence: { container: container.name, bytes, neededBytes: needed, purpose: workload.purpose },
    ...(isAlone && { severity: 'info' }),
  });
}

function messageOf({ purpose, ray }: ManifestWorkload, { name }: Container, bytes: number, size: string, isMounted: boolean): string {
  if (bytes > 0) {
    const why = isMounted ? '' : ray ? ", the container's memory limit, which KubeRay makes its size" : '';
    return `/dev/shm of container ${name} holds at most ${gibibytes(bytes)}${why}; ${purpose} needs ${size}`;
  }
  if (isMounted) return `/dev/shm of container ${name} is not memory: NCCL and data loaders will write to disk`;
  return `container ${name} has the runtime's 64 MiB at /dev/shm; ${purpose} needs ${size}: NCCL and data loaders fail there with "No space left on device" or a bus error`;
}
