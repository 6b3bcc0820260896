import { isGpuResource } from '../parse/device-resources.ts';
import { pciAddressIn } from '../parse/pci-address.ts';
import type { KnownGpu } from './known-gpus.ts';

interface Gpus {
  readonly gpus: readonly KnownGpu[];
  /** Undefined where the bus was not read. */
  readonly gpusOnPci: number | undefined;
}

/**
 * The UUID behind what a device plugin or driver calls a GPU: NVIDIA's plugin has it by UUID or by index, a MIG slice
 * `MIG-…` (older: with the GPU's UUID in it). Undefined rather than another GPU's.
 */
export function gpuByIdentifier(id: string, resource: string, known: Gpus): string | undefined {
  const uuid = /GPU-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(id)?.[0];
  if (uuid !== undefined) return uuid;
  if (id.startsWith('MIG-')) return id;
  if (isGpuResource(resource) && /^\d+$/.test(id)) return theOnly(known.gpus.filter(({ indices }) => indices.includes(Number(id))));
  const minor = resource === 'gpu.nvidia.com' ? claimedMinor(id) : undefined;
  if (minor !== undefined) return byMinor(minor, known);
  const address = pciAddressIn(id);
  return address === undefined ? undefined : known.gpus.find(({ pciAddress }) => pciAddress === address)?.uuid;
}

/**
 * NVIDIA's DRA driver calls a GPU `gpu-<minor>` and a MIG slice `gpu-<minor>-mig-…` (CanonicalName in cmd/gpu-kubelet-plugin of
 * kubernetes-sigs/dra-driver-nvidia-gpu). Before release 25.8 it was the index (its pull request 428).
 */
function claimedMinor(name: string): number | undefined {
  const [, minor] = /^gpu-(\d+)(?:-mig-.+)?$/.exec(name) ?? [];
  return minor === undefined ? undefined : Number(minor);
}

/** Where minors are not to be seen, the only GPU of the node is the one that is meant; among several nobody knows. */
function byMinor(minor: number, { gpus, gpusOnPci }: Gpus): string | undefined {
  const found = theOnly(gpus.filter((gpu) => gpu.minor === minor));
  if (found !== undefined) return found;
  const [first] = gpus;
  return first?.minor === undefined && (gpusOnPci ?? gpus.length) === 1 ? theOnly(gpus) : undefined;
}

function theOnly(gpus: readonly KnownGpu[]): string | undefined {
  const uuids = new Set(gpus.map(({ uuid }) => uuid));
  return uuids.size === 1 ? [...uuids][0] : undefined;
}
