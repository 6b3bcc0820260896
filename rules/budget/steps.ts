import { budget } from './budget.ts';
import { GPUS } from './gpus.ts';
import type { Plan, ServingPlan, TrainingPlan } from './plan.ts';
import { tensorParallelSizes } from './serve-limits.ts';

/** One change of a plan, that can be made to any plan of the same model. */
export interface Change {
  /** What to do, in the imperative. */
  readonly text: string;
  readonly apply: (plan: Plan) => Plan;
}

export interface Step {
  /** What it costs whoever runs the job, against the other steps: 1 nothing, 3 throughput or quality, 5 hardware. */
  readonly cost: number;
  readonly kind: 'setting' | 'more GPUs' | 'larger GPU';
  /** The strongest change is not the one that helps most: a smaller share leaves vLLM too little. */
  readonly isTwoSided?: true;
  /** The changes that this plan leaves, the mildest first. */
  readonly changes: (plan: Plan) => readonly Change[];
}

const serving = (change: Partial<ServingPlan>) => (plan: Plan): Plan => ({ ...plan, serving: { ...plan.serving, ...change } });
const training = (change: Partial<TrainingPlan>) => (plan: Plan): Plan => ({ ...plan, training: { ...plan.training, ...change } });
const setting = (cost: number, changes: Step['changes']): Step => ({ cost, kind: 'setting', changes });

/** None of vLLM's fp8 kernels runs on Volta, not even those for weights alone: https://docs.vllm.ai/en/latest/features/quantization/ */
const NO_FP8: readonly string[] = ['V100 32GB'];
/** bf16 needs compute capability 8.0; nobody should move to one that has less. */
const NO_BF16: readonly string[] = ['T4', 'V100 32GB'];

const sleeps = setting(1, (plan) => (plan.mode !== 'grpo' || plan.training.sleep ? [] : [{ text: 'let vLLM sleep while the trainer works (sleep mode)', apply: training({ sleep: true }) }]));

const checkpoints = setting(1, (plan) => (plan.mode === 'serve' || plan.training.activationCheckpointing ? [] : [{ text: 'turn activation checkpointing on', apply: training({ activationCheckpointing: true }) }]));

const chunks = setting(1, ({ mode, training: { microBatch, sequenceLength, logitsTokens } }) => {
  if (mode === 'serve' || Math.min(logitsTokens, microBatch * sequenceLength) <= 1024) return [];
  return [{ text: 'compute the loss in chunks of 1024 tokens (fused or chunked cross entropy)', apply: training({ logitsTokens: 1024 }) }];
});

const lowerShare: Step = { ...setting(1, (plan) => (plan.mode !== 'grpo' ? [] : shares((share) => share < plan.serving.memoryUtilization).toReversed())), isTwoSided: true };

const higherShare = setting(1, (plan) => (plan.mode !== 'serve' ? [] : shares((share) => share > plan.serving.memoryUtilization)));

const offloads = setting(2, (plan) => (plan.mode !== 'grpo' || plan.training.offload ? [] : [{ text: "move the trainer's state to host memory while vLLM generates", apply: training({ offload: true }) }]));

const smallCache = setting(2, (plan) => (plan.mode === 'train' || plan.serving.kvDtype === 'fp8' || NO_FP8.includes(plan.gpuName) ? [] : [{ text: 'keep the KV cache in fp8 (--kv-cache-dtype fp8)', apply: serving({ kvDtype: 'fp8' }) }]));

const smallBatch = setting(2, (plan) => (plan.mode === 'serve' || plan.training.microBatch === 1 ? [] : [{ text: 'train with a micro-batch of 1, accumulate gradients', apply: training({ microBatch: 1 }) }]));

const smallOptimizer = setting(3, (plan) => (plan.mode === 'serve' || plan.training.optimizer !== 'adamw' ? [] : [{ text: 'keep the optimizer moments in 8 bits', apply: training({ optimizer: 'adamw-8bit' }) }]));

const adapter = setting(3, (plan) => (plan.mode === 'serve' || plan.training.loraRank > 0 ? [] : [{ text: 'train an adapter of rank 16 instead of all weights (LoRA)', apply: training({ loraRank: 16 }) }]));

const shards: Step = {
  cost: 5,
  kind: 'more GPUs',
  changes: (plan) => (plan.mode === 'serve' ? [] : [2, 4, 8, 16, 32].filter((count) => count > plan.training.shards).map((count) => ({ text: `shard the trainer over ${groups(count, plan)} (FSDP, ZeRO-3)`, apply: training({ shards: count }) }))),
};

const splits: Step = {
  cost: 5,
  kind: 'more GPUs',
  changes: (plan) => {
    const sizes = tensorParallelSizes(plan.model);
    return [2, 4, 8]
      .filter((count) => count > plan.tensorParallel && sizes.includes(count))
      .map((count) => ({ text: `split the model over ${count} GPUs (tensor parallel ${count})`, apply: (before) => ({ ...before, tensorParallel: count }) }));
  },
};

const smallWeights = setting(3, (plan) =>
  plan.mode !== 'serve' || !['bf16', 'fp16'].includes(plan.dtype) || plan.quantization !== undefined || NO_FP8.includes(plan.gpuName) ? [] : [{ text: 'serve weights quantised to fp8', apply: (before) => ({ ...before, dtype: 'fp8', quantization: undefined }) }],
);

const shorter = setting(4, (plan) => {
  const { maxModelLength } = plan.serving;
  const most = plan.model.maxPositions ?? Infinity;
  const lengths = [most, ...[2, 4, 8].map((part) => Math.floor(Math.min(maxModelLength, most) / part))].filter((length) => length < maxModelLength && length >= 1024);
  return plan.mode === 'train' ? [] : lengths.map((length) => ({ text: `serve at most ${length} tokens a request (--max-model-len ${length})`, apply: serving({ maxModelLength: length }) }));
});

/** After what changes the room for the cache: how many it holds is only known then. */
const fewerAtATime = setting(2, (plan) => {
  const most = budget(plan).concurrencyThatFits ?? 0;
  return most < 1 || most >= plan.serving.concurrency ? [] : [{ text: most === 1 ? 'serve one of them at a time, the others wait (--max-num-seqs 1)' : `serve ${most} of them at a time, the others wait (--max-num-seqs ${most})`, apply: serving({ concurrency: most }) }];
});

const largerGpu: Step = {
  cost: 7,
  kind: 'larger GPU',
  changes: (plan) =>
    GPUS.filter((gpu) => gpu.memoryMib * 2 ** 20 > plan.gpuBytes && !(plan.dtype === 'bf16' && NO_BF16.includes(gpu.name))).map((gpu) => ({
      text: `use ${gpu.name} (${Math.round(gpu.memoryMib / 1024)} GiB${gpu.instanceTypes[0] === undefined ? '' : `, ${gpu.instanceTypes[0]}`})`,
      apply: (before) => ({ ...before, gpuName: gpu.name, gpuBytes: gpu.memoryMib * 2 ** 20 }),
    })),
};

/** In the order in which they are made where several are. */
export const STEPS: readonly Step[] = [sleeps, checkpoints, chunks, lowerShare, higherShare, offloads, smallCache, smallBatch, smallOptimizer, adapter, smallWeights, shorter, splits, shards, largerGpu, fewerAtATime];

/** Sharding goes over the replicas of a split model: each shard is as many GPUs as that one has. */
function groups(count: number, { tensorParallel, pipelineParallel }: Plan): string {
  const size = tensorParallel * pipelineParallel;
  return size === 1 ? `${count} GPUs` : `${count} groups of ${size} GPUs, ${count * size} in all`;
}

function shares(isWanted: (share: number) => boolean): readonly Change[] {
  return [0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95].filter(isWanted).map((share) => ({ text: `set gpu_memory_utilization to ${share}`, apply: serving({ memoryUtilization: share }) }));
}
