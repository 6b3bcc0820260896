import type { Container, Judgement, PodGroup, Variable } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { spotOf } from './environment.ts';
import { faultAt } from './place.ts';

/** The link of the EKS Pod Identity agent on every node that runs it, 169.254.170.23. */
const IDENTITY_LINK = 'pod-id-link0';
const EXCLUSION = '^lo,docker,veth,eni,pod-id-link0';

/** NCCL's bootstrap and its TCP transport use the interface that this names; EFA does not. */
export const socketInterfaceHardcoded = defineRule({
  name: 'SocketInterfaceHardcoded',
  title: 'NCCL_SOCKET_IFNAME does not fit every node',
  severity: 'warning',
  page: 'rules/manifest/socket-interface-hardcoded.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      if (workload.isMultiNode === false) continue;
      for (const pod of workload.pods) {
        for (const container of pod.containers) {
          const set = container.environment.findLast(({ name }) => name === 'NCCL_SOCKET_IFNAME');
          if (set?.value !== undefined && !set.value.includes('$')) yield* judge(pod, container, set, set.value);
        }
      }
    }
  },
});

function* judge(pod: PodGroup, container: Container, set: Variable, value: string): Iterable<Judgement> {
  const isExclusion = value.startsWith('^');
  const [, isExact, list] = /^\^?(=?)(.*)$/.exec(value) ?? [];
  const names = (list ?? '').split(',').map((name) => name.split(':')[0]?.trim() ?? '').filter((name) => name !== '');
  const common = { found: `NCCL_SOCKET_IFNAME=${value}`, snippet: `- name: NCCL_SOCKET_IFNAME\n  value: "${EXCLUSION}"`, evidence: { container: container.name, value, hostNetwork: pod.hostNetwork } };
  if (isExclusion) {
    // In the pod's own network there is no such link; only the node has it.
    if (!pod.hostNetwork || names.some((name) => (isExact ? name === IDENTITY_LINK : IDENTITY_LINK.startsWith(name)))) return;
    yield faultAt(spotOf(set), {
      ...common,
      message: `container ${container.name} runs in the node's network and NCCL_SOCKET_IFNAME=${value} leaves ${IDENTITY_LINK} in: on nodes with the EKS Pod Identity agent NCCL may choose that link-local interface and hang`,
      expected: EXCLUSION,
    });
  } else if (names.length > 0 && names.every((name) => /^eth\d*$/.test(name))) {
    yield faultAt(spotOf(set), {
      ...common,
      message: pod.hostNetwork
        ? `container ${container.name} runs in the node's network and NCCL_SOCKET_IFNAME=${value} names an interface that nodes with predictable names (ens5, enp71s0) do not have: NCCL finds no interface and stops`
        : `container ${container.name} sets NCCL_SOCKET_IFNAME=${value}: the interface of a pod's own network, and missing as soon as the pod gets hostNetwork`,
      expected: `an exclusion such as ${EXCLUSION}`,
      ...(!pod.hostNetwork && { severity: 'info' }),
    });
  }
}
