import type { Plan } from './plan.ts';
import type { Quantization } from './quantization.ts';

/** In what form the weights are counted, which key or option says so, and what is taken for granted of a quantised one. */
export function assumptions(plan: Plan): readonly string[] {
  const { dtype, dtypeFrom, quantization, mode } = plan;
  const plain = dtypeFrom === undefined ? dtype : `${dtype}, ${dtypeFrom}`;
  if (quantization === undefined) return [`weights in ${plain}`];
  const stored = `${quantization.label}, from ${quantization.from}`;
  if (mode === 'serve') return [`weights in ${stored}; ${exceptions(quantization)} in ${plain}`];
  return [`the checkpoint is in ${stored}`, trainerWords(plan, quantization)];
}

function exceptions({ attention, blocks, head }: Quantization): string {
  const parts = [...(attention.share < 1 ? ['attention'] : []), ...(blocks.share < 1 && attention.share === 1 ? ['some blocks'] : []), 'embeddings', ...(head.share < 1 ? ['lm_head'] : [])];
  return parts.length === 1 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

/** What transformers and PEFT do with one: https://huggingface.co/docs/transformers/quantization/overview, column "PEFT fine-tuning". */
function trainerWords({ mode, dtype, training }: Plan, { heldUnderAdapter }: Quantization): string {
  const beside = mode !== 'grpo' ? '' : training.sharedWeights ? ", and vLLM's copy is the same" : `; vLLM gets its weights in ${dtype}`;
  if (training.loraRank > 0 && heldUnderAdapter) return `assumed: its weights stay so, frozen under the adapter, which is trained in ${dtype} (QLoRA)${beside}`;
  return `assumed: the trainer loads it dequantised, in ${dtype}${beside}`;
}
