import type { Judgement, PodGroup, Setting } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { GPU_RESOURCE, resourcesKey, resourcesText, unequalFault } from './device-resources.ts';
import { engineFaults, trainingFaults } from './gpu-demand.ts';
import { mainContainer, nvidiaGpus, podTotal, possibleTypes } from './instance-fit.ts';
import { nodeGpuFaults } from './node-devices.ts';
import { faultAt, spotAt } from './place.ts';

/** What a pod asks for against what its node has, and what runs in it against what it asks for. */
export const gpuCountMismatch = defineRule({
  name: 'GpuCountMismatch',
  title: 'The GPU count does not fit',
  severity: 'warning',
  page: 'rules/manifest/gpu-count-mismatch.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      for (const pod of workload.pods) yield* instance(pod);
      for (const group of workload.ray?.groups ?? []) yield* rayGpus(group.pod, group.name, group.rayStartParams['num-gpus']);
      yield* engineFaults(workload);
      yield* trainingFaults(workload);
    }
    yield* nodeGpuFaults(manifests);
  },
});

function* instance(pod: PodGroup): Iterable<Judgement> {
  const container = mainContainer(pod, 'gpus');
  const gpus = podTotal(pod, 'gpus');
  if (!container || !gpus) return;
  const spot = spotAt(container.object, [...container.path, resourcesKey(pod), 'limits', GPU_RESOURCE]);
  const unequal = unequalFault(pod, container, GPU_RESOURCE);
  if (unequal) {
    yield faultAt(spot, unequal);
    return;
  }
  const types = possibleTypes(pod);
  const [largest] = types.toSorted((a, b) => nvidiaGpus(b) - nvidiaGpus(a));
  if (!largest) return;
  const has = nvidiaGpus(largest);
  const evidence = { container: container.name, asked: gpus, instanceType: largest.name, instanceGpus: has };
  if (gpus > has) {
    yield faultAt(spot, {
      message: `container ${container.name} asks for ${gpus} ${GPU_RESOURCE} and ${largest.name} has ${has === 0 ? 'none' : has}: no node ever fits and the pod stays Pending`,
      found: `${GPU_RESOURCE}: ${gpus}`,
      expected: has === 0 ? `an instance type with NVIDIA GPUs` : `at most ${has} on ${largest.name}`,
      ...(has > 0 && { snippet: resourcesText(GPU_RESOURCE, has, resourcesKey(pod)) }),
      evidence,
    });
    return;
  }
  const left = Math.min(...types.map((type) => nvidiaGpus(type) % gpus));
  if (left === 0 || pod.count?.max === 1) return;
  yield faultAt(spot, {
    message: `pods of ${gpus} GPUs leave ${left} of the ${has} GPUs of each ${largest.name} unused`,
    found: `${GPU_RESOURCE}: ${gpus}`,
    expected: `a number that divides ${has}`,
    evidence,
    severity: 'info',
  });
}

/** KubeRay takes num-gpus from the limits; written by hand it wins, and Ray then places tasks on GPUs that are not there. */
function* rayGpus(pod: PodGroup | undefined, name: string, setting: Setting | undefined): Iterable<Judgement> {
  const container = pod?.containers[0];
  const told = typeof setting?.value === 'string' || typeof setting?.value === 'number' ? Number(setting.value) : Number.NaN;
  if (!setting || !container?.gpus || !(told > container.gpus)) return;
  yield faultAt(setting, {
    message: `group ${name} tells Ray of ${told} GPUs and its container asks for ${container.gpus}: Ray places work on GPUs that are not there, which fails with "invalid device ordinal" or "No CUDA GPUs are available"`,
    found: `num-gpus: '${told}', ${GPU_RESOURCE}: ${container.gpus}`,
    expected: `${GPU_RESOURCE}: ${told}, or no num-gpus: KubeRay takes it from the limits`,
    snippet: resourcesText(GPU_RESOURCE, told),
    evidence: { group: name, numGpus: told, gpus: container.gpus },
  });
}
