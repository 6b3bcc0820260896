import type { ModelShape } from './model-shape.ts';
import { totalParameters, weightParts } from './parameters.ts';
import { DTYPE_BYTES, type Plan } from './plan.ts';
import type { PartBytes, Quantization } from './quantization.ts';

/** All weights of a model in the form in which they are held, before they are split over GPUs. */
export interface HeldWeights {
  readonly bytes: number;
  /** `7.62 G parameters × 2 B (bf16)` */
  readonly how: string;
}

/**
 * What vLLM holds: the checkpoint as it is stored. Beside a trainer it gets that one's weights, which are not quantised,
 * unless both use one copy.
 */
export function servedWeights(plan: Plan): HeldWeights {
  return held(plan, plan.mode === 'serve' || plan.training.sharedWeights ? frozenQuantization(plan) : undefined);
}

/** What the trainer holds: quantised only where the weights are frozen under an adapter and its library can (QLoRA). */
export function trainedWeights(plan: Plan): HeldWeights {
  return held(plan, frozenQuantization(plan));
}

function frozenQuantization({ mode, quantization, training }: Plan): Quantization | undefined {
  return mode === 'serve' || (training.loraRank > 0 && quantization?.heldUnderAdapter === true) ? quantization : undefined;
}

/** What a download brings: the checkpoint as it is published. */
export function storedWeights(model: ModelShape): HeldWeights {
  return held({ model, dtype: model.stored.dtype }, model.stored.quantization);
}

function held({ model, dtype }: Pick<Plan, 'model' | 'dtype'>, quantization: Quantization | undefined): HeldWeights {
  const all = totalParameters(model);
  const plain = DTYPE_BYTES[dtype];
  if (quantization === undefined) return { bytes: all * plain, how: `${billions(all)} parameters × ${plain} B (${dtype})` };
  const parts = weightParts(model);
  const quantised = ([['attention', parts.attention], ['blocks', parts.blocks], ['experts', parts.experts], ['head', parts.head]] as const).map(([name, count]) => ({ part: quantization[name], count }));
  const packed = quantised.reduce((sum, { part, count }) => sum + part.share * count, 0);
  const bytes = quantised.reduce((sum, { part, count }) => sum + packedBytes(part, count), 0) + (all - packed) * plain;
  return { bytes, how: `${billions(packed)} weights in ${quantization.label}, ${billions(all - packed)} in ${dtype}` };
}

function packedBytes({ share, bytes }: PartBytes, count: number): number {
  return share * count * bytes;
}

function billions(parameters: number): string {
  return `${(parameters / 1e9).toFixed(2)} G`;
}
