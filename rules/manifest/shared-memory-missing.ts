import type { Container, Judgement, ManifestWorkload } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { counted } from '../words.ts';
import { faultAt } from './place.ts';
import { GIB, sharedMemory, sharedMemoryMount, usesHostIpc, type SharedMemory } from './shared-memory.ts';
import { sharedMemoryFix } from './shared-memory-fix.ts';
import { gibibytes } from './words.ts';

/** Of the pods that the thresholds were measured on. */
const WHOLE_NODE_GPUS = 8;

/** NCCL, PyTorch's loaders and vLLM's workers hand data over in /dev/shm; a container without a volume there has 64 MiB. */
export const sharedMemoryMissing = defineRule({
  name: 'SharedMemoryMissing',
  title: 'Too little shared memory at /dev/shm',
  severity: 'warning',
  page: 'rules/manifest/shared-memory-missing.md',
  needs: ['manifests'],
  settings: { trainingGibibytes: 128, servingGibibytes: 16, tolerancePercent: 10 },
  *check({ manifests }, _before, _seconds, settings) {
    for (const workload of manifests.workloads) {
      if (workload.purpose === 'other') continue;
      const whole = (workload.purpose === 'training' ? settings.trainingGibibytes : settings.servingGibibytes) * GIB;
      for (const pod of workload.pods) {
        if (pod.isPartial || usesHostIpc(pod)) continue;
        for (const container of pod.containers) if (container.gpus !== 0) yield* judge(workload, container, whole, 1 - settings.tolerancePercent / 100);
      }
    }
  },
});

function* judge(workload: ManifestWorkload, container: Container, whole: number, enough: number): Iterable<Judgement> {
  // Each process on a GPU brings its own loaders and its own buffers.
  const needed = (whole * Math.min(container.gpus ?? WHOLE_NODE_GPUS, WHOLE_NODE_GPUS)) / WHOLE_NODE_GPUS;
  const has = sharedMemory(container, workload.ray !== undefined);
  if (has.bytes === undefined || has.bytes >= needed * enough) return;
  const volume = sharedMemoryMount(container)?.volume;
  const found = has.bytes > 0 ? gibibytes(has.bytes) : volume ? `${volume.type}${volume.medium === undefined ? ' without medium: Memory' : ''}` : 'no volume at /dev/shm';
  // One process on one GPU hands nothing over to another.
  const isAlone = container.gpus === 1 && (workload.purpose === 'serving' || workload.isMultiNode === false || has.bytes > 0);
  yield faultAt(has.spot, {
    message: messageOf(workload, container, has, needed),
    found,
    ...sharedMemoryFix(container, has, needed, enough),
    evidence: { container: container.name, bytes: has.bytes, neededBytes: needed, purpose: workload.purpose },
    ...(isAlone && { severity: 'info' }),
  });
}

const BOUNDS: Readonly<Record<SharedMemory['by'], string>> = {
  volume: '',
  limit: ", the container's memory limit, which KubeRay makes its size",
  request: ", the container's memory request, which KubeRay makes its size where there is no limit",
};

function messageOf({ purpose }: ManifestWorkload, container: Container, { bytes = 0, by }: SharedMemory, needed: number): string {
  const { name, gpus } = container;
  const volume = sharedMemoryMount(container)?.volume;
  const need = `${purpose}${gpus === undefined || gpus >= WHOLE_NODE_GPUS ? '' : ` on ${counted(gpus, 'GPU')}`} needs ${gibibytes(needed)}`;
  const why = volume && volume.sizeLimitBytes === undefined ? ", the container's memory limit, as its volume has no sizeLimit" : BOUNDS[by];
  if (bytes > 0) return `/dev/shm of container ${name} holds at most ${gibibytes(bytes)}${why}; ${need}`;
  if (volume) return `/dev/shm of container ${name} is not memory: NCCL and data loaders will write to disk`;
  return `container ${name} has the runtime's 64 MiB at /dev/shm; ${need}: NCCL and data loaders fail there with "No space left on device" or a bus error`;
}
