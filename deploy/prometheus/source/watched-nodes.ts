/**
 * Nodes on which an agent is expected, by kube-state-metrics: they offer GPUs (whole, shared, in MIG slices) or, where there is
 * none, RDMA devices (agent/parse/device-resources.ts). kube-state-metrics writes `nvidia.com/gpu` as `nvidia_com_gpu`. The
 * value is how many they offer; `matchers` narrow it.
 */
export function nodesToWatch(...matchers: readonly string[]): string {
  const offer = (resources: string): string => `max by (cluster, node) (kube_node_status_capacity{${[`resource=~"${resources}"`, ...matchers].join(', ')}}) > 0`;
  return `(${offer(GPUS)} or on (cluster, node) ${offer(FABRIC)})`;
}

const GPUS = 'nvidia_com_(gpu|mig_).*';
const FABRIC = 'vpc_amazonaws_com_efa|rdma_.+|mellanox_com_.+|nvidia_com_(rdma|hostdev|sriov|res?ib|roce).*';
