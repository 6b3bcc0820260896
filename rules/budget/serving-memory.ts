import type { Line } from './budget.ts';
import type { ModelShape } from './model-shape.ts';
import { DTYPE_BYTES, type Dtype, type Plan } from './plan.ts';
import { servedWeights } from './weights.ts';
import { counted } from '../words.ts';

/** Tokens in one block of vLLM's paged cache. */
const BLOCK_TOKENS = 16;
/** vLLM's own estimate at start-up reads `Estimated CUDA graph memory: 1.10 GiB total` for a model of this class. */
const CUDA_GRAPH_BYTES = 1.1 * 1024 ** 3;

/**
 * Bytes of cache that one token takes on one GPU: 2 · layers · kv heads · head dim · bytes (vLLM kv_cache_interface.py).
 * A rank holds at least one kv head: beyond as many ranks as kv heads, they are copied. Latent attention holds one vector,
 * on every rank.
 */
export function kvBytesPerToken(model: ModelShape, kvDtype: Dtype, tensorParallel: number, pipelineParallel: number): number {
  const layers = Math.ceil(model.layers / pipelineParallel);
  if (model.latent !== undefined) return layers * (model.latent.kvRank + model.latent.ropeDim) * DTYPE_BYTES[kvDtype];
  return 2 * layers * Math.ceil(model.kvHeads / tensorParallel) * model.headDim * DTYPE_BYTES[kvDtype];
}

/** Bytes of cache that one request of the full length takes on one GPU, in whole blocks. */
export function kvBytesPerRequest({ model, serving, tensorParallel, pipelineParallel }: Plan): number {
  const perToken = kvBytesPerToken(model, serving.kvDtype, tensorParallel, pipelineParallel);
  const tokens = (length: number): number => Math.ceil(length / BLOCK_TOKENS) * BLOCK_TOKENS;
  // A sliding window keeps itself and what one step adds to it (vLLM kv_cache_interface.py, SlidingWindowSpec).
  const kept = model.slidingWindow === undefined ? Infinity : model.slidingWindow - 1 + serving.batchedTokens;
  const windowed = model.windowLayers / model.layers;
  return perToken * ((1 - windowed) * tokens(serving.maxModelLength) + windowed * tokens(Math.min(serving.maxModelLength, kept)));
}

/** Weights on one GPU. Embeddings are split like the rest; what every rank copies (norms, small kv heads) is left out. */
export function weightBytes(plan: Plan): number {
  return servedWeights(plan).bytes / (plan.tensorParallel * plan.pipelineParallel);
}

/**
 * The peak of one step, as vLLM's profile run meets it: for every token of the batch the residual stream, attention's input
 * and output and the gated block (bf16), or the logits of the sampler, whichever is more. An estimate: vLLM measures it.
 */
function stepBytes({ model, serving, tensorParallel }: Plan): number {
  const width = 4 * model.hidden + (3 * (model.experts?.intermediate ?? model.intermediate)) / tensorParallel;
  const layer = serving.batchedTokens * width * 2;
  const logits = SAMPLED_SEQUENCES * model.vocabulary * 4 * 2;
  return Math.max(layer, logits);
}

/** vLLM's --max-num-seqs: so many rows of logits are sampled in the profile run. */
const SAMPLED_SEQUENCES = 256;

/** What vLLM needs on one GPU besides the cache. */
export function servingLines(plan: Plan): readonly Line[] {
  const { tensorParallel, pipelineParallel, serving } = plan;
  const split = tensorParallel * pipelineParallel;
  return [
    { what: 'weights', bytes: weightBytes(plan), how: `${servedWeights(plan).how}${split > 1 ? `, ÷ ${split}` : ''}` },
    { what: 'activations of one step', bytes: stepBytes(plan), how: `${serving.batchedTokens} batched tokens, an estimate` },
    { what: 'CUDA graphs', bytes: serving.enforceEager ? 0 : CUDA_GRAPH_BYTES, how: serving.enforceEager ? 'none: enforce_eager' : "vLLM's own estimate for this class" },
    { what: 'CUDA, NCCL', bytes: plan.overheadBytes, how: 'context and buffers outside torch' },
  ];
}

export function kvLine(plan: Plan): Line {
  const { model, serving, tensorParallel, pipelineParallel } = plan;
  const perToken = kvBytesPerToken(model, serving.kvDtype, tensorParallel, pipelineParallel);
  return {
    what: 'KV cache',
    bytes: serving.concurrency * kvBytesPerRequest(plan),
    how: `${counted(serving.concurrency, 'request')} × ${serving.maxModelLength} tokens × ${(perToken / 1024).toFixed(1)} KiB (${serving.kvDtype})${windowWords(plan)}`,
  };
}

function windowWords({ model: { layers, slidingWindow, windowLayers }, serving }: Plan): string {
  return slidingWindow === undefined || slidingWindow >= serving.maxModelLength ? '' : `; ${windowLayers} of ${layers} layers keep a window of ${slidingWindow}`;
}
