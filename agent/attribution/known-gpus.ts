import type { Gpu, Snapshot } from '../model.ts';
import { valueOf } from './value-of.ts';

/** A GPU that this boot has shown, whether or not nvidia-smi lists it at this look. */
export interface KnownGpu {
  readonly uuid: string;
  /** As sysfs writes it. */
  readonly pciAddress: string | undefined;
  readonly minor: number | undefined;
  /**
   * Every index by which nvidia-smi has listed it: those behind a GPU that goes away move up. Empty where only the kernel
   * log has named it.
   */
  readonly indices: readonly number[];
}
export interface KnownGpus {
  readonly bootId: string | undefined;
  readonly gpus: readonly KnownGpu[];
}

/**
 * The GPUs of this look over those of the looks before it. nvidia-smi fails, or lists one GPU less, just when a GPU is lost:
 * which pod holds it must be known then. What is of another boot is forgotten.
 */
export function knownGpus(snapshot: Snapshot, before?: KnownGpus): KnownGpus {
  const bootId = valueOf(snapshot.host)?.bootId ?? before?.bootId;
  const isSameBoot = before?.bootId === undefined || before.bootId === bootId;
  const byPlace = new Map((isSameBoot ? (before?.gpus ?? []) : []).map((gpu) => [placeOf(gpu), gpu]));
  for (const gpu of valueOf(snapshot['nvidia-query'])?.gpus ?? []) {
    const place = placeOf(gpu);
    byPlace.set(place, listed(gpu, byPlace.get(place)));
  }
  for (const [pciAddress, uuid] of Object.entries(valueOf(snapshot['kernel-log'])?.gpuUuids ?? {})) {
    const known = byPlace.get(pciAddress);
    if (!known || isNameless(known)) byPlace.set(pciAddress, { minor: undefined, indices: [], ...known, pciAddress, uuid });
  }
  return { bootId, gpus: [...byPlace.values()] };
}

/** A GPU does not move within a boot; another one in its slot takes its place. */
function placeOf({ pciAddress, uuid }: Pick<KnownGpu, 'pciAddress' | 'uuid'>): string {
  return pciAddress ?? uuid;
}

/** Listed when it was too far gone to say its UUID: by its address. */
function isNameless({ uuid, pciAddress }: Pick<KnownGpu, 'pciAddress' | 'uuid'>): boolean {
  return uuid === pciAddress;
}

function listed(gpu: Gpu, before: KnownGpu | undefined): KnownGpu {
  const same = before && (isNameless(gpu) || isNameless(before) || before.uuid === gpu.uuid) ? before : undefined;
  return {
    uuid: isNameless(gpu) ? (same?.uuid ?? gpu.uuid) : gpu.uuid,
    pciAddress: gpu.pciAddress,
    minor: gpu.minor ?? same?.minor,
    indices: [...new Set([...(same?.indices ?? []), gpu.index])],
  };
}
