import type { Container, Judgement, ManifestObject, ManifestWorkload, PodGroup } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { EFA_RESOURCE, resourcesText } from './device-resources.ts';
import { asksForEfa, efaSettings, knownInstanceTypes, someAsksForEfa } from './efa.ts';
import { effectiveEfaFaults } from './effective-efa.ts';
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
  const count = type?.maxEfa ?? siblingCount(workload);
  const why = settings.length > 0 ? `${settings.slice(0, 3).join(', ')} ${settings.length === 1 ? 'is' : 'are'} set for EFA` : siblings ? 'other pods of this workload ask for EFA' : `${type?.name ?? ''} has ${count ?? 0} EFA interfaces`;
  yield faultAt(spotAt(container.object, [...container.path, 'resources']), {
    message: `container ${container.name} asks for ${container.gpus ?? 'some'} GPUs and no ${EFA_RESOURCE}, though ${why}: NCCL will use TCP between nodes, or hang where the network is forced`,
    found: `no ${EFA_RESOURCE}`,
    expected: count === undefined ? `${EFA_RESOURCE} in limits and requests, as many as the instance type has` : `${EFA_RESOURCE}: ${count}`,
    snippet: resourcesText(EFA_RESOURCE, count),
    evidence: { container: container.name, settings, ...(container.gpus !== undefined && { gpus: container.gpus }), ...(type && { instanceType: type.name }) },
    ...(!isMeant && { severity: 'warning' }),
  });
}

function siblingCount({ pods }: ManifestWorkload): number | undefined {
  return pods.flatMap((pod) => pod.containers.map(({ efa }) => efa)).find((efa) => efa !== undefined && efa > 0);
}
