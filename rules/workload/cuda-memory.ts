/** PyTorch's allocator (c10/cuda/CUDACachingAllocator.cpp) begins like this in all its wordings; what follows are numbers. */
export const OUT_OF_MEMORY = /CUDA out of memory\. Tried to allocate ([\d.]{1,12} (?:bytes|[KMGT]?i?B))(.{0,700})/;

/** What the allocator says of one GPU, in bytes; undefined where its wording leaves it out. */
export interface OutOfMemory {
  readonly tried: number;
  /** As the process counts them (CUDA_VISIBLE_DEVICES), which is seldom nvidia-smi's number. */
  readonly gpu: number | undefined;
  readonly total: number | undefined;
  readonly free: number | undefined;
  /** By PyTorch in this process. */
  readonly allocated: number | undefined;
  /** Reserved by PyTorch and not in use: it did not fit, or it was in too small pieces. */
  readonly unallocated: number | undefined;
  /** Of other processes, or of whatever is neither free nor PyTorch's where no process is named. */
  readonly others: number | undefined;
  /** The cap of torch.cuda.set_per_process_memory_fraction. */
  readonly allowed: number | undefined;
}

/** The wordings: `total capacity` since 2.2, `total capacty` in 2.1, `(GPU 0; 15.78 GiB total capacity; …)` before. */
const AMOUNT = String.raw`([\d.]{1,12} (?:bytes|[KMGT]?i?B))`;
const GPU = /^[.\s]*\(?GPU (\d{1,3})\b/;
const TOTAL = new RegExp(`has a total capac(?:i)?ty of ${AMOUNT}|; ${AMOUNT} total capacity`);
const FREE = new RegExp(`of which ${AMOUNT} is free|; ${AMOUNT} free`);
const ALLOCATED = new RegExp(`${AMOUNT} is allocated by PyTorch|; ${AMOUNT} already allocated`);
const UNALLOCATED = new RegExp(`${AMOUNT} is reserved by PyTorch but unallocated`);
const RESERVED = new RegExp(`${AMOUNT} reserved in total by PyTorch`);
const ALLOWED = new RegExp(`${AMOUNT} allowed;`);
const THIS_PROCESS = /this process has/;
const PROCESS = new RegExp(`Process \\d{1,10} has ${AMOUNT} memory in use`, 'g');

/** The first such text of a line; undefined where there is none. */
export function outOfMemoryIn(line: string): OutOfMemory | undefined {
  const match = OUT_OF_MEMORY.exec(line);
  if (!match) return undefined;
  const [, tried = '', rest = ''] = match;
  const amount = (pattern: RegExp): number | undefined => {
    const found = pattern.exec(rest);
    return found ? bytesOf(found[1] ?? found[2] ?? '') : undefined;
  };
  const gpu = GPU.exec(rest)?.[1];
  const [total, free, allocated, reserved] = [amount(TOTAL), amount(FREE), amount(ALLOCATED), amount(RESERVED)];
  const unallocated = amount(UNALLOCATED) ?? (reserved !== undefined && allocated !== undefined ? Math.max(0, reserved - allocated) : undefined);
  const said = { total, free, allocated, unallocated };
  return { tried: bytesOf(tried), gpu: gpu === undefined ? undefined : Number(gpu), ...said, others: heldByOthers(rest, said), allowed: amount(ALLOWED) };
}

export type MemoryFault = 'shared' | 'fragmented' | 'capped' | 'full';

/**
 * Why the allocation failed. Memory of others or unused memory of PyTorch is to blame where it would have been enough, and is
 * at least `largeRatio` of the GPU: less is what contexts and the allocator's rounding take anyway.
 */
export function memoryFault({ tried, total, free = 0, unallocated = 0, others = 0, allowed }: OutOfMemory, largeRatio: number): MemoryFault {
  const large = largeRatio * (total ?? 0);
  const isShared = others > 0 && others >= large && others + free >= tried;
  const isFragmented = unallocated > 0 && unallocated >= large && unallocated >= tried;
  if (isShared && (!isFragmented || others >= unallocated)) return 'shared';
  if (isFragmented) return 'fragmented';
  return allowed !== undefined && free >= tried ? 'capped' : 'full';
}

/** `19.29 GiB`, `48.00 MiB`: as PyTorch writes it. */
export function memoryWords(bytes: number): string {
  if (bytes === 0) return '0 bytes';
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GiB` : `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}

/** NCCL and the CUDA context take memory beside PyTorch; above this share of the GPU it is somebody else's. */
const UNNAMED_RATIO = 0.2;

function heldByOthers(rest: string, { total, free, allocated, unallocated }: Pick<OutOfMemory, 'total' | 'free' | 'allocated' | 'unallocated'>): number | undefined {
  const processes = [...rest.matchAll(PROCESS)].map(([, held = '']) => bytesOf(held)).toSorted((a, b) => a - b);
  const sum = processes.reduce((all, held) => all + held, 0);
  if (THIS_PROCESS.test(rest)) return sum;
  const own = (allocated ?? 0) + (unallocated ?? 0);
  // In a pod PyTorch cannot tell its own process id from the host's and takes itself for another: the one that fits its memory.
  if (processes.length > 0) return sum - (processes.find((held) => held >= own) ?? processes.at(-1) ?? 0);
  if (total === undefined || free === undefined || allocated === undefined) return undefined;
  const unnamed = total - free - own;
  return unnamed >= UNNAMED_RATIO * total ? unnamed : 0;
}

function bytesOf(amount: string): number {
  const [number, unit = ''] = amount.split(' ');
  if (unit === 'bytes') return Number(number);
  return Number(number) * 1024 ** Math.max(0, ['', 'K', 'M', 'G', 'T'].indexOf(unit.replace(/i?B$/, '')));
}
