export interface OutdatedVariable {
  readonly name: string;
  /** Values that are outdated; undefined: any. */
  readonly values?: RegExp;
  /** What it does today, and since which version. */
  readonly status: string;
  readonly isHarmful?: true;
  /** What is said of it is true of NCCL over aws-ofi-nccl only, not of others that use libfabric. */
  readonly isOfPlugin?: true;
}

/**
 * Others that speak to the fabric without aws-ofi-nccl: NIXL (its LIBFABRIC backend), NVSHMEM and DeepEP, UCCL. What libfabric
 * needs for them is theirs to say.
 */
export const OTHER_TRANSPORTS = /nixl|nvshmem|uccl|deep_?ep/i;

/** awslabs/awsome-distributed-ai 1.architectures/efa-cheatsheet.md (July 2026) and aws-ofi-nccl doc/efa-env-var.md. */
export const OUTDATED_VARIABLES: readonly OutdatedVariable[] = [
  { name: 'RDMAV_FORK_SAFE', isHarmful: true, status: 'AWS says not to use it: rdma-core reads it whatever its value, and on newer kernels, which need no such help, it can break things' },
  { name: 'FI_PROVIDER', isOfPlugin: true, values: /^efa$/, status: 'needed only by aws-ofi-nccl 1.5 and older; later ones choose efa themselves' },
  { name: 'FI_EFA_USE_DEVICE_RDMA', isOfPlugin: true, values: /^(1|true|yes)$/i, status: 'standard since libfabric 1.18 with aws-ofi-nccl 1.7; on a device without RDMA it aborts' },
  { name: 'FI_EFA_FORK_SAFE', isOfPlugin: true, values: /^(1|true|yes)$/i, status: 'without effect since kernel 5.13 with rdma-core 35 (the cheat sheet says kernel 5.15); aws-ofi-nccl sets it where it is needed' },
  { name: 'NCCL_PROTO', values: /^simple$/i, status: 'a workaround for aws-ofi-nccl 1.5 and older; today it forbids the low-latency protocols' },
  { name: 'FI_EFA_ENABLE_SHM_TRANSFER', isOfPlugin: true, status: 'without effect for NCCL, which does not use libfabric within a node' },
  { name: 'FI_EFA_SET_CUDA_SYNC_MEMOPS', values: /^0$/, status: 'a workaround for EFA installers before 1.29.1' },
  { name: 'NCCL_NET_GDR_LEVEL', values: /^LOC$/i, status: 'turns GPUDirect RDMA off: everything goes through host memory' },
];
