import { objectOf } from './json-value.ts';
import { parseQuantity } from './quantity.ts';

/**
 * Extended resources that are GPUs (whole, MIG slices, shares) or fabric devices: NVIDIA's and AMD's device plugins, AWS's EFA
 * plugin, the RDMA shared-device and SR-IOV plugins.
 */
const GPU = /^(nvidia\.com\/(gpu(\.shared)?|mig-[\w.]+)|amd\.com\/gpu)$/;
const FABRIC = /^(vpc\.amazonaws\.com\/efa|rdma\/.+|mellanox\.com\/.+|nvidia\.com\/(rdma|hostdev|sriov|res?ib|roce)\w*|.+\/(roce|rdma|ib)[\w-]*)$/i;

export function isGpuResource(resource: string): boolean {
  return GPU.test(resource);
}

export function isFabricResource(resource: string): boolean {
  return !isGpuResource(resource) && FABRIC.test(resource);
}

/** The GPU and fabric entries of a resource list (`requests`, `allocatable`), as numbers; zeros are kept. */
export function deviceAmounts(list: unknown): Readonly<Record<string, number>> {
  const amounts: Record<string, number> = {};
  for (const [resource, quantity] of Object.entries(objectOf(list))) {
    const amount = isGpuResource(resource) || isFabricResource(resource) ? parseQuantity(quantity) : undefined;
    if (amount !== undefined && amount >= 0) amounts[resource] = amount;
  }
  return amounts;
}
