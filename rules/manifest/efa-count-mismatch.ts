import type { Judgement, ManifestWorkload, PodGroup } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { counted } from '../words.ts';
import type { InstanceType } from '../fabric/instance-types.ts';
import { EFA_RESOURCE, resourcesKey, resourcesText, unequalFault } from './device-resources.ts';
import { efaShare, mainContainer, nvidiaGpus, podsByGpu, podTotal, possibleTypes } from './instance-fit.ts';
import { nodeEfaFaults } from './node-devices.ts';
import { faultAt, spotAt, type Fault } from './place.ts';

/** The device plugin offers what the instance has; one EFA device belongs to one pod. */
export const efaCountMismatch = defineRule({
  name: 'EfaCountMismatch',
  title: 'The EFA count does not fit the instance type',
  severity: 'warning',
  page: 'rules/manifest/efa-count-mismatch.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      for (const pod of workload.pods) yield* judge(workload, pod);
    }
    yield* nodeEfaFaults(manifests);
  },
});

function* judge(workload: ManifestWorkload, pod: PodGroup): Iterable<Judgement> {
  const container = mainContainer(pod, 'efa');
  const efa = podTotal(pod, 'efa');
  if (!container || !efa) return;
  const spot = spotAt(container.object, [...container.path, resourcesKey(pod), 'limits', EFA_RESOURCE]);
  const unequal = unequalFault(pod, container, EFA_RESOURCE);
  if (unequal) {
    yield faultAt(spot, unequal);
    return;
  }
  const types = possibleTypes(pod);
  const [largest] = types.toSorted((a, b) => b.maxEfa - a.maxEfa);
  if (!largest) return;
  const fault = efa > largest.maxEfa ? tooMany(pod, container.name, efa, largest) : fit(workload, pod, efa, types);
  if (fault) yield faultAt(spot, { ...fault, evidence: { container: container.name, asked: efa, instanceType: largest.name, instanceEfa: largest.maxEfa } });
}

function tooMany(pod: PodGroup, name: string, efa: number, { name: type, maxEfa }: InstanceType): Fault {
  const share = efaShare(pod) || maxEfa;
  return {
    message: `container ${name} asks for ${efa} ${EFA_RESOURCE} and ${type} has ${maxEfa === 0 ? 'none' : maxEfa}: no node ever fits and the pod stays Pending`,
    found: `${EFA_RESOURCE}: ${efa}`,
    expected: maxEfa === 0 ? `no ${EFA_RESOURCE} on ${type}` : `${EFA_RESOURCE}: ${share} on ${type}`,
    ...(maxEfa > 0 && { snippet: resourcesText(EFA_RESOURCE, share, resourcesKey(pod)) }),
  };
}

/** Judged only where it is so on every type that the pod may run on. */
function fit(workload: ManifestWorkload, pod: PodGroup, efa: number, types: readonly InstanceType[]): Fault | undefined {
  const gpus = podTotal(pod, 'gpus') ?? 0;
  const [type] = types;
  if (!type || gpus === 0 || types.some((each) => nvidiaGpus(each) < gpus)) return undefined;
  const share = efaShare(pod) ?? 0;
  const pods = podsByGpu(type, gpus);
  if (pod.count?.max !== 1 && types.every((each) => Math.floor(each.maxEfa / efa) < podsByGpu(each, gpus))) {
    const byEfa = Math.floor(type.maxEfa / efa);
    return {
      message: `pods of ${counted(gpus, 'GPU')} and ${efa} EFA: ${type.name} has GPUs for ${pods} of them and EFA for ${byEfa} (${nvidiaGpus(type)} GPUs, ${type.maxEfa} EFA), so ${nvidiaGpus(type) - byEfa * gpus} GPUs of each node cannot be used by this workload`,
      found: `${EFA_RESOURCE}: ${efa}`,
      expected: share > 0 ? `${EFA_RESOURCE}: ${share}, or all ${nvidiaGpus(type)} GPUs in one pod` : `all ${nvidiaGpus(type)} GPUs in one pod`,
      ...(share > 0 && { snippet: resourcesText(EFA_RESOURCE, share, resourcesKey(pod)) }),
    };
  }
  if (workload.isMultiNode !== true || !types.every((each) => podsByGpu(each, gpus) * efa < each.maxEfa)) return undefined;
  return underused(pod, efa, pods * efa, type, share);
}

function underused(pod: PodGroup, efa: number, used: number, type: InstanceType, share: number): Fault | undefined {
  const gpus = podTotal(pod, 'gpus') ?? 0;
  // What cannot be shared out evenly stays idle whatever is asked for.
  if (share <= efa) return undefined;
  return {
    message: `pods of ${counted(gpus, 'GPU')} take ${used} of the ${type.maxEfa} EFA interfaces of ${type.name} when all of its GPUs are taken: ${type.maxEfa - used} stay idle, about ${Math.round((type.gigabitsPerSecond * used) / type.maxEfa)} of ${type.gigabitsPerSecond} Gb/s can be used`,
    found: `${EFA_RESOURCE}: ${efa}`,
    expected: `${EFA_RESOURCE}: ${share}, if the nodes were launched with all ${type.maxEfa} interfaces`,
    snippet: resourcesText(EFA_RESOURCE, share, resourcesKey(pod)),
    severity: 'info',
  };
}
