import type { DmonGpu, Gpu, KernelLog, NvidiaDmon, XidTotal } from '../agent/model.ts';

/** A GPU with what dmon measured of it as a whole since the last look. */
export interface GpuView {
  readonly gpu: Gpu;
  readonly dmon: DmonGpu | undefined;
}

/** Rows of MIG instances are left out: a GPU is what nvidia-smi gives an index. */
export function gpuViews(gpus: readonly Gpu[], dmon: NvidiaDmon | undefined): readonly GpuView[] {
  const rows = new Map(dmon?.gpus.filter(({ instance }) => instance === undefined).map((row) => [row.index, row]));
  return gpus.map((gpu) => ({ gpu, dmon: rows.get(gpu.index) }));
}

/** The first of these fields that is a number, as nvidia-smi means it (MiB, W, MHz, %). */
export function fieldNumber({ fields }: Gpu, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const field = fields[name];
    if (field?.kind === 'number') return field.value;
  }
  return undefined;
}

export function fieldText({ fields }: Gpu, name: string): string | undefined {
  const field = fields[name];
  return field?.kind === 'text' ? field.value : undefined;
}

/** Of a `Yes`/`No`, `Enabled`/`Disabled` or `Active`/`Not Active` field; undefined for anything else. */
export function fieldFlag(gpu: Gpu, name: string): boolean | undefined {
  const text = fieldText(gpu, name)?.toLowerCase();
  if (text === 'yes' || text === 'enabled' || text === 'active') return true;
  return text === 'no' || text === 'disabled' || text === 'not active' ? false : undefined;
}

/** The newest Xid of this GPU in this boot, joined by PCI address: captures can have all UUIDs masked alike. */
export function lastXid({ pciAddress }: Gpu, log: KernelLog): XidTotal | undefined {
  return log.xidTotals
    ?.filter((total) => total.pciAddress === pciAddress)
    .toSorted((a, b) => b.lastTime.localeCompare(a.lastTime))[0];
}

/** A list of bare UUIDs is for programs that read the JSON; people find the same GPUs by index beside it. */
export function areUuids(items: readonly string[]): boolean {
  return items.every((item) => /^GPU-[\w-]+$/.test(item));
}
