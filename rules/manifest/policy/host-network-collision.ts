import { EFA, GPUS, templatesWhere } from './cel.ts';
import { ALL_KINDS, type ManifestPolicy } from './policy.ts';

const DNS = "t.spec.?dnsPolicy.orValue('ClusterFirst')";

export const hostNetworkCollisionPolicy: ManifestPolicy = {
  rule: 'HostNetworkCollision',
  page: 'rules/manifest/host-network-collision.md',
  kinds: ALL_KINDS.filter(({ kind }) => kind !== 'DaemonSet'),
  faults: templatesWhere(
    `t.spec.?hostNetwork.orValue(false) && variables.templates.exists(o, o.spec.containers.exists(c, ${GPUS} || ${EFA})) && (${DNS} == 'ClusterFirst' || (${DNS} == 'Default' && variables.rays.size() > 0))`,
    `'dnsPolicy ' + ${DNS}`,
  ),
  message: "on the host network: the pods ask the node's resolver, which knows no Services; write ClusterFirstWithHostNet",
  misses: 'missing anti-affinity and colliding ports of Ray',
};
