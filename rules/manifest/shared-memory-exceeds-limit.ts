import type { Container, Judgement, PodGroup } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { faultAt, spotAt } from './place.ts';
import { GIB, HEADROOM_PERCENT } from './shared-memory.ts';
import { gibibytes } from './words.ts';

/** Pages of a tmpfs count against the memory limit of the container that wrote them. */
export const sharedMemoryExceedsLimit = defineRule({
  name: 'SharedMemoryExceedsLimit',
  title: 'Shared memory leaves too little of the memory limit',
  severity: 'warning',
  page: 'rules/manifest/shared-memory-exceeds-limit.md',
  needs: ['manifests'],
  settings: { headroomPercent: HEADROOM_PERCENT },
  *check({ manifests }, _before, _seconds, settings) {
    for (const { pods } of manifests.workloads) {
      for (const pod of pods) for (const container of computing(pod)) yield* judge(container, settings.headroomPercent);
    }
  },
});

/** A sidecar that has the volume mounted too hardly writes to it: the containers with GPUs, or the only one. */
function computing({ containers }: PodGroup): readonly Container[] {
  const withGpus = containers.filter(({ gpus, claims }) => gpus !== 0 || claims.length > 0);
  return withGpus.length > 0 ? withGpus : containers.length === 1 ? containers : [];
}

function* judge(container: Container, headroomPercent: number): Iterable<Judgement> {
  const limit = container.memoryLimitBytes;
  const volumes = [...new Set(container.mounts.flatMap(({ volume }) => (volume?.medium === 'Memory' && (volume.sizeLimitBytes ?? 0) > 0 ? volume : [])))];
  const largest = volumes.toSorted((a, b) => (b.sizeLimitBytes ?? 0) - (a.sizeLimitBytes ?? 0))[0];
  const shared = volumes.reduce((sum, { sizeLimitBytes }) => sum + (sizeLimitBytes ?? 0), 0);
  const needed = shared * (1 + headroomPercent / 100);
  // Below 1 GiB nothing of what this is about happens.
  if (limit === undefined || limit <= 0 || !largest || shared < GIB || needed <= limit) return;
  const least = Math.ceil(needed / GIB) * GIB;
  const what = volumes.length === 1 ? `the memory volume ${largest.name} of ${gibibytes(shared)}` : `${volumes.length} memory volumes of ${gibibytes(shared)} together`;
  const rest = limit - shared;
  yield faultAt(spotAt(container.object, [...container.path, 'resources', 'limits', 'memory']), {
    message: `${what} count${volumes.length === 1 ? 's' : ''} against the memory limit of ${gibibytes(limit)} of container ${container.name}: ${rest <= 0 ? `the limit is reached before ${volumes.length === 1 ? 'it is' : 'they are'} full` : `once full, ${gibibytes(rest)} are left for its processes`}, and beyond that the kernel kills it (OOMKilled)`,
    found: `memory ${gibibytes(limit)}, in memory volumes ${gibibytes(shared)}`,
    expected: `memory of ${gibibytes(least)} or more (the volumes and ${headroomPercent} %), or a smaller sizeLimit`,
    snippet: `resources:\n  limits:\n    memory: ${gibibytes(least)}`,
    evidence: { container: container.name, limitBytes: limit, sharedBytes: shared, neededBytes: needed },
  });
}
