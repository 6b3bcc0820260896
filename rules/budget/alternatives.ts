import { budget, type Budget } from './budget.ts';
import { GPUS } from './gpus.ts';
import type { Plan, ServingPlan, TrainingPlan } from './plan.ts';

/** A change of the plan that makes it fit, and what it would then need. */
export interface Alternative {
  /** What to do, one line. */
  readonly change: string;
  readonly budget: Budget;
}

interface Change {
  readonly text: string;
  readonly plan: Plan;
}

/** In the order in which one would try them: free ones first, then those that cost throughput, quality, GPUs. */
type Step = (plan: Plan) => readonly Change[];

const serving = (plan: Plan, change: Partial<ServingPlan>): Plan => ({ ...plan, serving: { ...plan.serving, ...change } });
const training = (plan: Plan, change: Partial<TrainingPlan>): Plan => ({ ...plan, training: { ...plan.training, ...change } });

const sleeps: Step = (plan) => (plan.mode !== 'grpo' || plan.training.sleep ? [] : [{ text: 'let vLLM sleep while the trainer works (sleep mode)', plan: training(plan, { sleep: true }) }]);
const checkpoints: Step = (plan) =>
  plan.mode === 'serve' || plan.training.activationCheckpointing ? [] : [{ text: 'turn activation checkpointing on', plan: training(plan, { activationCheckpointing: true }) }];
const chunks: Step = (plan) => {
  const tokens = plan.training.microBatch * plan.training.sequenceLength;
  if (plan.mode === 'serve' || Math.min(plan.training.logitsTokens, tokens) <= 1024) return [];
  return [{ text: 'compute the loss in chunks of 1024 tokens (fused or chunked cross entropy)', plan: training(plan, { logitsTokens: 1024 }) }];
};
const lowerShare: Step = (plan) => (plan.mode !== 'grpo' ? [] : shares(plan, (share) => share < plan.serving.memoryUtilization).toReversed());
const higherShare: Step = (plan) => (plan.mode !== 'serve' ? [] : shares(plan, (share) => share > plan.serving.memoryUtilization));
const fewerAtATime: Step = (plan) => {
  const most = budget(plan).concurrencyThatFits ?? 0;
  return most < 1 || most >= plan.serving.concurrency ? [] : [{ text: `serve ${most} of them at a time, the others wait (--max-num-seqs ${most})`, plan: serving(plan, { concurrency: most }) }];
};
const offloads: Step = (plan) =>
  plan.mode !== 'grpo' || plan.training.offload ? [] : [{ text: "move the trainer's state to host memory while vLLM generates", plan: training(plan, { offload: true }) }];
const smallCache: Step = (plan) =>
  plan.mode === 'train' || plan.serving.kvDtype === 'fp8' ? [] : [{ text: 'keep the KV cache in fp8 (--kv-cache-dtype fp8)', plan: serving(plan, { kvDtype: 'fp8' }) }];
const smallBatch: Step = (plan) =>
  plan.mode === 'serve' || plan.training.microBatch === 1 ? [] : [{ text: 'train with a micro-batch of 1, accumulate gradients', plan: training(plan, { microBatch: 1 }) }];
const adapter: Step = (plan) => (plan.mode === 'serve' || plan.training.loraRank > 0 ? [] : [{ text: 'train an adapter of rank 16 instead of all weights (LoRA)', plan: training(plan, { loraRank: 16 }) }]);
const smallOptimizer: Step = (plan) =>
  plan.mode === 'serve' || plan.training.optimizer !== 'adamw' ? [] : [{ text: 'keep the optimizer moments in 8 bits', plan: training(plan, { optimizer: 'adamw-8bit' }) }];
const shards: Step = (plan) =>
  plan.mode === 'serve' ? [] : [2, 4, 8, 16, 32].filter((count) => count > plan.training.shards).map((count) => ({ text: `shard the trainer over ${count} GPUs (FSDP, ZeRO-3)`, plan: training(plan, { shards: count }) }));
const splits: Step = (plan) =>
  [2, 4, 8]
    .filter((count) => count > plan.tensorParallel && plan.model.heads % count === 0)
    .map((count) => ({ text: `split the model over ${count} GPUs (tensor parallel ${count})`, plan: { ...plan, tensorParallel: count } }));
const smallWeights: Step = (plan) => (plan.mode !== 'serve' || !['bf16', 'fp16'].includes(plan.dtype) ? [] : [{ text: 'serve weights quantised to fp8', plan: { ...plan, dtype: 'fp8' } }]);
const shorter: Step = (plan) =>
  plan.mode === 'train' ? [] : [2, 4, 8].map((part) => Math.floor(plan.serving.maxModelLength / part)).filter((length) => length >= 1024).map((length) => ({ text: `serve at most ${length} tokens a request (--max-model-len ${length})`, plan: serving(plan, { maxModelLength: length }) }));
const largerGpu: Step = (plan) =>
  GPUS.filter((gpu) => gpu.memoryMib * 1024 ** 2 > plan.gpuBytes).map((gpu) => ({
    text: `use ${gpu.name} (${Math.round(gpu.memoryMib / 1024)} GiB${gpu.instanceTypes[0] === undefined ? '' : `, ${gpu.instanceTypes[0]}`})`,
    plan: { ...plan, gpuName: gpu.name, gpuBytes: gpu.memoryMib * 1024 ** 2 },
  }));

const STEPS: readonly Step[] = [sleeps, checkpoints, chunks, lowerShare, higherShare, fewerAtATime, offloads, smallCache, smallBatch, adapter, smallOptimizer, shards, splits, smallWeights, shorter, largerGpu];

/**
 * Each single change that makes the plan fit, best first, the smallest of its kind. Where none does alone, the shortest row of
 * changes in that order that does, as one alternative; empty if even that does not.
 */
export function alternatives(plan: Plan): readonly Alternative[] {
  const single = STEPS.flatMap((step) => {
    const fitting = step(plan).map(({ text, plan: changed }) => ({ change: text, budget: budget(changed) })).find((candidate) => candidate.budget.fits);
    return fitting === undefined ? [] : [fitting];
  });
  return single.length > 0 ? single : together(plan);
}

function together(plan: Plan): readonly Alternative[] {
  let row: readonly Change[] = [];
  for (const step of STEPS.filter((candidate) => candidate !== largerGpu)) {
    const current = row.at(-1)?.plan ?? plan;
    const changes = step(current);
    const fitting = changes.find((change) => budget(change.plan).fits);
    const next = fitting ?? changes.at(-1);
    if (next === undefined) continue;
    row = [...row, next];
    if (fitting !== undefined) return [{ change: row.map(({ text }) => text).join('; '), budget: budget(fitting.plan) }];
  }
  return [];
}

function shares(plan: Plan, wanted: (share: number) => boolean): readonly Change[] {
  return [0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
    .filter(wanted)
    .map((share) => ({ text: `set gpu_memory_utilization to ${share}`, plan: serving(plan, { memoryUtilization: share }) }));
}
