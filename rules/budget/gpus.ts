export interface Gpu {
  readonly name: string;
  readonly memoryMib: number;
  /** The instance types that carry it and EFA, as an orientation; empty for one that only serves. */
  readonly instanceTypes: readonly string[];
}

/** Memory as the instance types list it (Karpenter's instance type table, August 2026), smallest first. */
export const GPUS: readonly Gpu[] = [
  { name: 'T4', memoryMib: 16_384, instanceTypes: ['g4dn'] },
  { name: 'A10G', memoryMib: 22_888, instanceTypes: ['g5'] },
  { name: 'L4', memoryMib: 22_888, instanceTypes: ['g6'] },
  { name: 'V100 32GB', memoryMib: 32_768, instanceTypes: ['p3dn.24xlarge'] },
  { name: 'A100 40GB', memoryMib: 40_960, instanceTypes: ['p4d.24xlarge'] },
  { name: 'L40S', memoryMib: 45_776, instanceTypes: ['g6e'] },
  { name: 'A100 80GB', memoryMib: 81_920, instanceTypes: ['p4de.24xlarge'] },
  { name: 'H100', memoryMib: 81_920, instanceTypes: ['p5.48xlarge', 'p5.4xlarge'] },
  { name: 'H200', memoryMib: 144_384, instanceTypes: ['p5e.48xlarge', 'p5en.48xlarge'] },
  { name: 'B200', memoryMib: 183_359, instanceTypes: ['p6-b200.48xlarge'] },
  { name: 'B300', memoryMib: 275_040, instanceTypes: ['p6-b300.48xlarge'] },
];

/** By its name (`a100-40gb`, `H100 80GB`), or by an instance type or family that carries it; undefined if unknown. */
export function gpuNamed(text: string): Gpu | undefined {
  const wanted = plain(text);
  return (
    GPUS.find((gpu) => plain(gpu.name) === wanted) ??
    GPUS.find((gpu) => gpu.instanceTypes.some((type) => text === type || text.startsWith(`${type}.`))) ??
    GPUS.find((gpu) => wanted.startsWith(plain(gpu.name)) && /^\d+gb$/.test(wanted.slice(plain(gpu.name).length))) ??
    ofFamily(text)
  );
}

/** `p5` for all of p5.48xlarge and p5.4xlarge: where every type of the family has the same GPU. */
function ofFamily(text: string): Gpu | undefined {
  const found = GPUS.filter((gpu) => gpu.instanceTypes.some((type) => type.split('.')[0] === text.toLowerCase()));
  return found.length === 1 ? found[0] : undefined;
}

/** Those that a name which is too short may mean: `a100`. */
export function gpusLike(text: string): readonly Gpu[] {
  const wanted = plain(text);
  return wanted === '' ? [] : GPUS.filter((gpu) => plain(gpu.name).startsWith(wanted));
}

const BYTES: Readonly<Record<string, number>> = { '': 2 ** 30, gib: 2 ** 30, gi: 2 ** 30, gb: 1e9, g: 1e9, mib: 2 ** 20, mb: 1e6 };

/** A GPU by its memory: `80GiB`, `24GB` (10⁹, as data sheets count), `81559MiB` (as nvidia-smi), `80` (GiB); undefined if it is none. */
export function memoryBytes(text: string): number | undefined {
  const [, figure, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const bytes = Number(figure) * (BYTES[unit.toLowerCase()] ?? Number.NaN);
  return bytes >= 2 ** 28 && bytes < 10_000 * 2 ** 30 ? bytes : undefined;
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[\s_-]|nvidia/g, '');
}
