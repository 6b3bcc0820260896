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

/** By its name (`a100-40gb`, `H100 80GB`), or by an instance type that carries it; undefined if unknown. */
export function gpuNamed(text: string): Gpu | undefined {
  const wanted = plain(text);
  return (
    GPUS.find((gpu) => plain(gpu.name) === wanted) ??
    GPUS.find((gpu) => gpu.instanceTypes.some((type) => text === type || text.startsWith(`${type}.`))) ??
    GPUS.find((gpu) => wanted.startsWith(plain(gpu.name)) && /^\d+gb$/.test(wanted.slice(plain(gpu.name).length)))
  );
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[\s_-]|nvidia/g, '');
}
