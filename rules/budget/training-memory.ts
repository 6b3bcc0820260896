import type { Line } from './budget.ts';
import { adapterParameters, layerParameters, totalParameters } from './parameters.ts';
import { DTYPE_BYTES, type Optimizer, type Plan } from './plan.ts';
import { trainedWeights } from './weights.ts';

/**
 * Bytes of optimizer state for each trained weight, besides the weight and its gradient (2 + 2 in bf16). AdamW in mixed
 * precision: a master copy and two moments in fp32, 4 + 4 + 4 = 12 (ZeRO, arXiv 1910.02054). In pure bf16: two moments, 4.
 * With 8-bit moments: 1 + 1, and the master copy, 4.
 */
export const STATE_BYTES: Readonly<Record<Optimizer, number>> = { adamw: 12, 'adamw-bf16': 4, 'adamw-8bit': 6 };
const GRADIENT_BYTES = 2;

/** What the trainer holds between steps (weights, optimizer) and what a step adds (gradients, activations, logits). */
export function trainerLines(plan: Plan): { readonly resident: readonly Line[]; readonly step: readonly Line[] } {
  const { model, training } = plan;
  const held = trainedWeights(plan);
  const split = plan.tensorParallel * plan.pipelineParallel * training.shards;
  const all = totalParameters(model);
  const trained = training.loraRank > 0 ? adapterParameters(model, training.loraRank) : all;
  const over = split > 1 ? `, ÷ ${split}` : '';
  const base = training.loraRank > 0 ? held.bytes + trained * 2 : held.bytes;
  const adapter = training.loraRank > 0 ? `, frozen, and an adapter of rank ${training.loraRank} (${millions(trained)})` : '';
  return {
    resident: [
      { what: "trainer's weights", bytes: base / split, how: `${held.how}${over}${adapter}` },
      { what: 'optimizer state', bytes: (trained * STATE_BYTES[training.optimizer]) / split, how: `${millions(trained)} trained × ${STATE_BYTES[training.optimizer]} B (${training.optimizer})${over}` },
    ],
    step: [
      { what: 'gradients', bytes: (trained * GRADIENT_BYTES) / split, how: `${millions(trained)} trained × ${GRADIENT_BYTES} B${over}` },
      ...gatherLine(plan),
      activationLine(plan),
      logitsLine(plan),
    ],
  };
}

/** A sharded layer is gathered before it is used, the next one meanwhile (FSDP's prefetch). */
function gatherLine({ model, training, tensorParallel, dtype }: Plan): readonly Line[] {
  if (training.shards === 1) return [];
  return [{ what: 'gathered layers', bytes: (2 * layerParameters(model) * DTYPE_BYTES[dtype]) / tensorParallel, how: 'two whole layers at a time (FSDP, ZeRO-3)' }];
}

/**
 * Bytes that one token leaves in one layer for the backward pass, bf16, attention not materialised (FlashAttention): the
 * inputs of both norms and of both blocks (4 · 2h), query, key, value, attention's output, and gate, up, activation and
 * product of the feed-forward block. The count of arXiv 2205.05198 §4, redone for gated blocks without dropout; only
 * what lies within a head or the block is split by tensor parallelism.
 */
function layerBytesPerToken({ model, tensorParallel }: Plan): number {
  const heads = (2 * model.heads + 2 * model.kvHeads) * model.headDim;
  const block = model.experts === undefined ? model.intermediate : Math.min(model.experts.active, model.experts.count) * model.experts.intermediate + model.experts.sharedIntermediate;
  return 2 * (4 * model.hidden + (heads + 4 * block) / tensorParallel);
}

function activationLine(plan: Plan): Line {
  const { model, training, pipelineParallel } = plan;
  const tokens = training.microBatch * training.sequenceLength;
  const layers = Math.ceil(model.layers / pipelineParallel);
  const whole = tokens * layerBytesPerToken(plan);
  if (!training.activationCheckpointing) return { what: 'activations', bytes: layers * whole, how: `${tokens} tokens × ${layers} layers, all kept` };
  return { what: 'activations', bytes: layers * tokens * model.hidden * 2 + whole, how: `${tokens} tokens: the input of each of ${layers} layers, and one layer recomputed` };
}

/** fp32 logits and their gradient: tokens · vocabulary · 4 B, twice. Often the true cause of running out. */
function logitsLine({ model, training, tensorParallel }: Plan): Line {
  const tokens = Math.min(training.logitsTokens, training.microBatch * training.sequenceLength);
  return { what: 'logits', bytes: (tokens * model.vocabulary * 8) / tensorParallel, how: `${tokens} tokens × ${model.vocabulary} words × 4 B, and their gradient` };
}

function millions(parameters: number): string {
  return parameters >= 1e9 ? `${(parameters / 1e9).toFixed(2)} G` : `${(parameters / 1e6).toFixed(1)} M`;
}
