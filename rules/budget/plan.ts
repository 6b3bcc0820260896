import type { ModelShape } from './model-shape.ts';
import type { Quantization } from './quantization.ts';

export type Dtype = 'fp32' | 'bf16' | 'fp16' | 'fp8' | 'int4';
export type Optimizer = 'adamw' | 'adamw-bf16' | 'adamw-8bit';
export type Mode = 'serve' | 'train' | 'grpo';

/** Bytes a weight takes. int4 with its scales and zero points is 0.5 to 0.6; the dearer end is assumed. */
export const DTYPE_BYTES: Readonly<Record<Dtype, number>> = { fp32: 4, bf16: 2, fp16: 2, fp8: 1, int4: 0.6 };

/** What is asked to fit on each GPU. */
export interface Plan {
  readonly mode: Mode;
  readonly model: ModelShape;
  readonly gpuName: string;
  readonly gpuBytes: number;
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  /** Of the weights; of a quantised checkpoint, of what is not quantised and of what is trained. */
  readonly dtype: Dtype;
  /** Where it comes from: `--dtype`, `from torch_dtype`. */
  readonly dtypeFrom?: string;
  /** The checkpoint's, where its weights are loaded as they are stored. */
  readonly quantization?: Quantization | undefined;
  readonly serving: ServingPlan;
  readonly training: TrainingPlan;
  /** CUDA context, driver, NCCL buffers: what no allocator of torch sees. */
  readonly overheadBytes: number;
}

export interface ServingPlan {
  /** vLLM's --gpu-memory-utilization: the share of the GPU that it takes, whether it needs it or not. */
  readonly memoryUtilization: number;
  readonly kvDtype: Dtype;
  readonly maxModelLength: number;
  /** Requests of the full length at a time. */
  readonly concurrency: number;
  /** vLLM's --max-num-batched-tokens: what one step computes, and so its peak of activations. */
  readonly batchedTokens: number;
  readonly enforceEager: boolean;
}

export interface TrainingPlan {
  /** Rank of the adapter; 0 trains all weights. */
  readonly loraRank: number;
  readonly optimizer: Optimizer;
  readonly microBatch: number;
  readonly sequenceLength: number;
  readonly activationCheckpointing: boolean;
  /** How many tokens' logits are held at a time; Infinity: the whole micro-batch. */
  readonly logitsTokens: number;
  /** GPUs over which weights, gradients and optimizer state are spread (FSDP full shard, ZeRO-3). */
  readonly shards: number;
  /** Colocated: vLLM gives its memory back while the trainer works (sleep mode). */
  readonly sleep: boolean;
  /** Colocated: the trainer's state moves to host memory while vLLM generates. */
  readonly offload: boolean;
  /** Colocated: trainer and vLLM use one copy of the weights. Most frameworks keep two. */
  readonly sharedWeights: boolean;
}

const GIB = 1024 ** 3;

/** vLLM's default since 0.11 was 0.9, later 0.92; the batched tokens are those of its server on a large GPU. */
export const SERVING_DEFAULTS: ServingPlan = { memoryUtilization: 0.9, kvDtype: 'bf16', maxModelLength: 4096, concurrency: 8, batchedTokens: 8192, enforceEager: false };
export const TRAINING_DEFAULTS: TrainingPlan = {
  loraRank: 0,
  optimizer: 'adamw',
  microBatch: 1,
  sequenceLength: 4096,
  activationCheckpointing: true,
  logitsTokens: Infinity,
  shards: 1,
  sleep: true,
  offload: false,
  sharedWeights: false,
};
/** What the production guide that this automates allows for "CUDA, NCCL". */
export const OVERHEAD_BYTES = 2 * GIB;
