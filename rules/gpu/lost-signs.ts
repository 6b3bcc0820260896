import type { Gpu, KernelLog, NvidiaQuery, NvidiaSmi, Pci, PciFunction } from '../../agent/model.ts';
import { whichGpu, type WhichGpu } from './which-gpu.ts';
import { isGpuClass } from './gpu-class.ts';

/** One thing that says that a GPU is lost. */
export interface LostSign {
  readonly gpu: WhichGpu;
  readonly sign: 'kernel-log' | 'nvidia-query' | 'nvidia-smi' | 'pci';
  readonly words: string;
  readonly happenedAt: string | undefined;
}
export interface LostView {
  readonly 'kernel-log': KernelLog | undefined;
  readonly 'nvidia-query': NvidiaQuery | undefined;
  readonly 'nvidia-smi': NvidiaSmi | undefined;
  readonly pci: Pci | undefined;
}

/** nvidia-smi prints it in brackets, some versions without. */
const LOST = /^\[?gpu is lost\]?$/i;
const XID_79 = 'the kernel logged Xid 79';
/** `Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot the system to recover this GPU`. */
const NO_HANDLE = /device handle for GPU\s*\d*:? ?((?:[0-9a-f]{4,8}:)[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]): GPU is lost/gi;

/** Everything that says so at this look; what the log said of such a GPU earlier in this boot is named along with it. */
export function lostSigns(now: LostView, before: LostView | undefined): readonly LostSign[] {
  const signs = [...signsOfThisLook(now, before)];
  const known = new Set(signs.filter(({ sign }) => sign === 'kernel-log').map(({ gpu }) => gpu.pciAddress));
  const earlier = now['kernel-log']?.xidTotals?.filter(({ xid, pciAddress }) => xid === 79 && !known.has(pciAddress)) ?? [];
  const recalled = earlier.flatMap(({ pciAddress, lastTime }): readonly LostSign[] => {
    const sign = signs.find(({ gpu }) => gpu.pciAddress === pciAddress);
    return sign ? [{ gpu: sign.gpu, sign: 'kernel-log', words: XID_79, happenedAt: lastTime }] : [];
  });
  return [...recalled, ...signs];
}

function* signsOfThisLook(now: LostView, before: LostView | undefined): Generator<LostSign> {
  const name = (pciAddress: string, uuid?: string) =>
    whichGpu({ pciAddress, uuid }, now['kernel-log'], now['nvidia-query'], before?.['nvidia-query']);
  for (const event of now['kernel-log']?.gpuEvents ?? []) {
    const isLost = event.kind === 'xid' ? event.xid === 79 : event.kind === 'fallen-off-the-bus';
    if (!isLost || event.pciAddress === undefined) continue;
    const words = event.kind === 'xid' ? XID_79 : 'the kernel logged that it has fallen off the bus';
    const uuid = event.kind === 'sxid' ? undefined : event.uuid;
    yield { gpu: name(event.pciAddress, uuid), sign: 'kernel-log', words, happenedAt: event.time };
  }
  for (const gpu of now['nvidia-query']?.gpus ?? []) {
    const fields = lostFields(gpu);
    if (fields === 0) continue;
    yield { gpu: asListed(gpu, name), sign: 'nvidia-query', words: `nvidia-smi answers [GPU is lost] for ${fields} fields`, happenedAt: undefined };
  }
  for (const [, address = ''] of now['nvidia-smi']?.failure?.text.matchAll(NO_HANDLE) ?? []) {
    const gpu = name(shortDomain(address.toLowerCase()));
    yield { gpu, sign: 'nvidia-smi', words: 'nvidia-smi says that it is lost', happenedAt: undefined };
  }
  const listed = now['nvidia-query']?.gpus.length ?? 0;
  for (const address of unlisted(now, before)) {
    yield { gpu: name(address), sign: 'pci', words: `PCI has it and it is not among the ${listed} GPUs of nvidia-smi`, happenedAt: undefined };
  }
}

function lostFields(gpu: Gpu): number {
  return Object.values(gpu.fields).filter((value) => value.kind === 'unknown' && LOST.test(value.reason)).length;
}

function asListed(gpu: Gpu, name: (pciAddress: string) => WhichGpu): WhichGpu {
  if (gpu.pciAddress !== undefined) return name(gpu.pciAddress);
  const uuid = gpu.uuid.startsWith('GPU-') ? gpu.uuid : undefined;
  return { name: uuid ?? `GPU ${gpu.index}`, words: `GPU ${gpu.index}`, pciAddress: '', uuid, index: gpu.index };
}

/**
 * GPUs on PCI that nvidia-smi did not list at two looks in a row: while a driver is loaded anew it lists them one by one.
 * Where it names no addresses, or lists none at all (no driver, or a container without GPUs), nothing can be said.
 */
function unlisted(now: LostView, before: LostView | undefined): readonly string[] {
  const missingBefore = new Set(before && missing(before));
  return missing(now).filter((address) => missingBefore.has(address));
}

function missing({ pci, 'nvidia-query': query }: LostView): readonly string[] {
  const listed = query?.gpus.map(({ pciAddress }) => pciAddress) ?? [];
  if (!pci || listed.length === 0 || listed.includes(undefined)) return [];
  const functions = pci.functions.filter(isGpu);
  // By number first: addresses may be spelt or virtualised in a way that does not join, and as many as there are is all.
  if (functions.length <= listed.length) return [];
  return functions.flatMap(({ address }) => (listed.includes(address) ? [] : [address]));
}

/** A VGA or 3D controller for the nvidia driver: one that vfio-pci holds was given away on purpose. */
function isGpu({ kind, class: pciClass, driver, address }: PciFunction): boolean {
  return kind === 'nvidia' && isGpuClass(pciClass) && address.endsWith('.0') && (driver === undefined || driver === 'nvidia');
}

/** nvidia-smi writes eight digits of domain, sysfs as many as are needed and at least four. */
function shortDomain(address: string): string {
  return address.replace(/^0{1,4}([0-9a-f]{4}:)/, '$1');
}
