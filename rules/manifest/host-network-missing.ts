import type { Judgement, ManifestWorkload, PodGroup } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { efaSettings, surelyAsksForEfa } from './efa.ts';
import { faultAt, spotAt } from './place.ts';

/** The source document requires it, AWS's own manifests do without: told, not demanded. */
export const hostNetworkMissing = defineRule({
  name: 'HostNetworkMissing',
  title: 'An EFA workload without the host network',
  severity: 'info',
  page: 'rules/manifest/host-network-missing.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      if (workload.isMultiNode === true) yield* judge(workload);
    }
  },
});

function* judge(workload: ManifestWorkload): Iterable<Judgement> {
  const lacking = workload.pods.filter((pod) => !pod.isPartial && usesEfa(pod) && [undefined, null, false].includes(pod.object.get([...pod.specPath, 'hostNetwork']) as undefined | null | false));
  const [first] = lacking;
  if (!first) return;
  // Some kinds call their only group so.
  const names = lacking.map(({ name }) => name).filter((name) => name !== '' && name !== 'pods');
  const who = names.length === 0 ? 'the pods' : `the pods of ${names.join(' and ')}`;
  // Settings alone give no device: EfaNotRequested says so beside this.
  const verb = lacking.some(asksForSome) ? 'use EFA' : 'are set for EFA';
  yield faultAt(spotAt(first.object, [...first.specPath, 'hostNetwork']), {
    message: `${who} ${verb} without hostNetwork: some guides require it, AWS's own EFA manifests do without; if it is on purpose, nothing is wrong`,
    found: 'no hostNetwork',
    expected: 'hostNetwork: true with dnsPolicy and anti-affinity, or the knowledge that EFA works without on this cluster',
    snippet: 'hostNetwork: true\ndnsPolicy: ClusterFirstWithHostNet',
    evidence: { pods: names },
  });
}

function asksForSome(pod: PodGroup): boolean {
  return pod.containers.some((container) => surelyAsksForEfa(pod, container));
}

function usesEfa(pod: PodGroup): boolean {
  return asksForSome(pod) || pod.containers.some((container) => container.gpus !== 0 && efaSettings(container).length > 0);
}
