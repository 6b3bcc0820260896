import type { Gpu, KernelLog, NvidiaQuery } from '../../agent/model.ts';

/** A GPU as findings call it. */
export interface WhichGpu {
  /** `GPU-<uuid>` as DCGM has it; the PCI address while the UUID is unknown. */
  readonly name: string;
  /** `GPU 3 (0000:3b:00.0)`, for a person. */
  readonly words: string;
  readonly pciAddress: string;
  readonly uuid: string | undefined;
  readonly index: number | undefined;
}

/** The GPU at a PCI address, by whatever source knows it: nvidia-smi now or earlier, or the kernel's own line. */
export function whichGpu(
  { pciAddress, uuid: told }: { readonly pciAddress: string; readonly uuid: string | undefined },
  log: KernelLog | undefined,
  ...queries: readonly (NvidiaQuery | undefined)[]
): WhichGpu {
  const gpu = queries.flatMap((query) => query?.gpus ?? []).find((candidate: Gpu) => candidate.pciAddress === pciAddress);
  // A GPU that does not answer may have a token in place of its UUID.
  const asked = gpu?.uuid.startsWith('GPU-') === true ? gpu.uuid : undefined;
  const uuid = asked ?? told ?? log?.gpuUuids?.[pciAddress];
  const words = gpu === undefined ? `the GPU at ${pciAddress}` : `GPU ${gpu.index} (${pciAddress})`;
  return { name: uuid ?? pciAddress, words, pciAddress, uuid, index: gpu?.index };
}
