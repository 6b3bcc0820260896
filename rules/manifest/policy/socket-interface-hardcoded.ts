import { containersWhere, GPUS, variableWhere } from './cel.ts';
import { RUN_KINDS, type ManifestPolicy } from './policy.ts';

export const socketInterfaceHardcodedPolicy: ManifestPolicy = {
  rule: 'SocketInterfaceHardcoded',
  page: 'rules/manifest/socket-interface-hardcoded.md',
  // Two templates with GPUs are more than one node.
  kinds: RUN_KINDS.filter(({ kind }) => kind === 'PyTorchJob'),
  faults: containersWhere(`t.spec.?hostNetwork.orValue(false) && variables.templates.filter(o, o.spec.containers.exists(c, ${GPUS})).size() > 1 && ${variableWhere('NCCL_SOCKET_IFNAME', "e.value.matches('^=?eth[0-9]*$')")}`),
  message: 'NCCL_SOCKET_IFNAME names eth, an interface that nodes with predictable names (ens5, enp71s0) do not have; write an exclusion such as ^lo,docker,veth,eni,pod-id-link0',
  misses: 'exclusions that leave pod-id-link0 in, and workloads other than PyTorchJobs on the host network',
};
