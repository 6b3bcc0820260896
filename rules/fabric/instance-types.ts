import { GPU_TYPES } from './instance-types-gpu.ts';
import { OTHER_TYPES } from './instance-types-other.ts';

export interface InstanceType {
  readonly name: string;
  /** 0 for types without GPUs and for those that have a share of one (g6f, gr6f). */
  readonly gpus: number;
  readonly gpu: string | undefined;
  /** A GPU's memory as EC2 reports it; nvidia-smi shows a slightly smaller number. */
  readonly gpuMebibytes: number | undefined;
  /** `16 trainium`: accelerators that are not GPUs. */
  readonly accelerators: string | undefined;
  /** The most EFA interfaces that can be attached; how many are is for the launch template to say. */
  readonly maxEfa: number;
  readonly gigabitsPerSecond: number;
}

/**
 * Every EC2 instance type with a GPU, an accelerator or EFA: 338 types, 297 of them with EFA.
 *
 * Source: the instance type reference of aws/karpenter-provider-aws, which is generated from the EC2 API, at commit 1d92708
 * of 21 August 2026. Left out because no primary source gives their number: p6e-gb200 and p6e-gb300r. A type that is not
 * here is unknown, not without EFA.
 */
export const instanceTypes: readonly InstanceType[] = [
  ...GPU_TYPES.map(([name, gpus, gpu, gpuMebibytes, maxEfa, gigabitsPerSecond]) => ({
    name,
    gpus,
    gpu,
    gpuMebibytes,
    accelerators: undefined,
    maxEfa,
    gigabitsPerSecond,
  })),
  ...OTHER_TYPES.map(([name, maxEfa, gigabitsPerSecond, accelerators]) => ({
    name,
    gpus: 0,
    gpu: undefined,
    gpuMebibytes: undefined,
    accelerators,
    maxEfa,
    gigabitsPerSecond,
  })),
];

/** By the name that EC2 gives it; SageMaker HyperPod writes `ml.` before that. */
export function instanceTypeCalled(name: string): InstanceType | undefined {
  const plain = name.replace(/^ml\./, '');
  return instanceTypes.find((type) => type.name === plain);
}
