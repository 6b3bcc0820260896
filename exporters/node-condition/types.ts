import type { SourceName } from '../../agent/model.ts';

/**
 * The condition types that this program writes; there are no others. Those of AWS are not ours to write: with node repair
 * on, Karpenter ends a node ten minutes after one of them turns (karpenter-provider-aws, cloudprovider.go).
 */
export const CONDITION_TYPES = ['GpuFabricProblem', 'GpuProblem'] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** Which rules decide a condition, and the source without which the node has none of that hardware. */
export interface Subject {
  readonly type: ConditionType;
  readonly group: string;
  readonly hardware: SourceName;
  readonly words: string;
}

/** Rules of the host and of workloads set neither: a crashing pod is no fault of the node. They make Events. */
export const SUBJECTS: readonly Subject[] = [
  { type: 'GpuFabricProblem', group: 'fabric', hardware: 'infiniband', words: 'the fabric' },
  { type: 'GpuProblem', group: 'gpu', hardware: 'nvidia-smi', words: 'the GPUs' },
];
