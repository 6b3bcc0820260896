import type { Container, Judgement, ManifestObject, ManifestWorkload, PodGroup } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import type { InstanceType } from '../fabric/instance-types.ts';
import { EFA_RESOURCE, GPU_RESOURCE, resourcesKey, resourcesText } from './device-resources.ts';
import { asksForEfa, efaSettings, knownInstanceTypes, someAsksForEfa } from './efa.ts';
import { effectiveEfaFaults } from './effective-efa.ts';
import { efaShare, nvidiaGpus } from './instance-fit.ts';
import { faultAt, spotAt } from './place.ts';

/** Without the resource the device plugin hands no device to the pod, and NCCL falls back to TCP without a word. */
export const efaNotRequested = defineRule({
  name: 'EfaNotRequested',
  title: 'A multi-node GPU workload asks for no EFA device',
  severity: 'critical',
  page: 'rules/manifest/efa-not-requested.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    const told = new Set<ManifestObject>();
    for (const workload of manifests.workloads) {
      if (workload.isMultiNode === false) continue;
      for (const pod of workload.pods) {
        for (const container of pod.containers) {
          for (const judgement of judge(workload, pod, container)) {
            told.add(workload.object);
            yield judgement;
          }
        }
      }
    }
    yield* effectiveEfaFaults(manifests.cluster?.pods ?? [], told);
  },
});

function* judge(workload: ManifestWorkload, pod: PodGroup, container: Container): Iterable<Judgement> {
  if (container.gpus === 0 || asksForEfa(pod, container)) return;
  const settings = efaSettings(container).map(({ name }) => name);
  const [type] = knownInstanceTypes(pod).toSorted((a, b) => a.maxEfa - b.maxEfa);
  const siblings = someAsksForEfa(workload);
  // EFA settings or a sibling that asks show what was meant; an instance type with a fabric of its own only suggests it.
  const isMeant = settings.length > 0 || siblings;
  if (!isMeant && !(workload.isMultiNode === true && (type?.maxEfa ?? 0) > 1)) return;
  const why = settings.length > 0 ? `${settings.slice(0, 3).join(', ')} ${settings.length === 1 ? 'is' : 'are'} set for EFA` : siblings ? 'other pods of this workload ask for EFA' : `${type?.name ?? ''} has ${type?.maxEfa ?? 0} EFA interfaces`;
  yield faultAt(spotAt(container.object, [...container.path, resourcesKey(pod)]), {
    message: `container ${container.name} asks for ${container.gpus ?? 'some'} GPUs and no ${EFA_RESOURCE}, though ${why}: NCCL will use TCP between nodes, or hang where the network is forced`,
    found: `no ${EFA_RESOURCE}`,
    ...advice(workload, pod, type),
    evidence: { container: container.name, settings, ...(container.gpus !== undefined && { gpus: container.gpus }), ...(type && { instanceType: type.name }) },
    ...(!isMeant && { severity: 'warning' }),
  });
}

/** As many as fall to the pod when pods like it fill the node; where there are fewer devices than pods, the whole node for one. */
function advice(workload: ManifestWorkload, pod: PodGroup, type: InstanceType | undefined): { readonly expected: string; readonly snippet: string } {
  const key = resourcesKey(pod);
  const share = efaShare(pod);
  if (share === 0 && type) {
    const lines = [`    ${GPU_RESOURCE}: ${nvidiaGpus(type)}`, `    ${EFA_RESOURCE}: ${type.maxEfa}`];
    return { expected: `all ${nvidiaGpus(type)} GPUs of the node in one pod, with ${EFA_RESOURCE}: ${type.maxEfa}`, snippet: [`${key}:`, '  limits:', ...lines, '  requests:', ...lines].join('\n') };
  }
  const count = share ?? siblingCount(workload);
  const expected = count === undefined ? `${EFA_RESOURCE} in limits and requests, as many as the instance type has` : `${EFA_RESOURCE}: ${count}`;
  return { expected, snippet: resourcesText(EFA_RESOURCE, count, key) };
}

function siblingCount({ pods }: ManifestWorkload): number | undefined {
  return pods.flatMap((pod) => pod.containers.map(({ efa }) => efa)).find((efa) => efa !== undefined && efa > 0);
}
