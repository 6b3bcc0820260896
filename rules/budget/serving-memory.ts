import type { Line } from './budget.ts';
import type { ModelShape } from './model-shape.ts';
import { totalParameters } from './parameters.ts';
import { DTYPE_BYTES, type Dtype, type Plan } from './plan.ts';

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
  // A sliding window keeps itself and what one step adds to it (vLLM kv_cache_interface.py, SlidingWindowSpec).
  const kept = model.slidingWindow === undefined ? Infinity : model.slidingWindow - 1 + serving.batchedTokens;
  const blocks = Math.ceil(Math.min(serving.maxModelLength, kept) / BLOCK_TOKENS);
  return blocks * BLOCK_TOKENS * kvBytesPerToken(model, serving.kvDtype, tensorParallel, pipelineParallel);
}

/** Weights on one GPU. Embeddings are split like the rest; what every rank copies (norms, small kv heads) is left out. */
export function weightBytes({ model, dtype, tensorParallel, pipelineParallel }: Plan): number {
  return (totalParameters(model) * DTYPE_BYTES[dtype]) / (tensorParallel * pipelineParallel);
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
  const { model, dtype, tensorParallel, pipelineParallel, serving } = plan;
  const split = tensorParallel * pipelineParallel;
  return [
    { what: 'weights', bytes: weightBytes(plan), how: `${billions(totalParameters(model))} parameters × ${DTYPE_BYTES[dtype]} B (${dtype})${split > 1 ? ` ÷ ${split}` : ''}` },
    { what: 'activations of one step', bytes: stepBytes(plan), how: `${serving.batchedTokens} batched tokens; an estimate, vLLM measures it` },
    { what: 'CUDA graphs', bytes: serving.enforceEager ? 0 : CUDA_GRAPH_BYTES, how: serving.enforceEager ? 'none: enforce_eager' : 'as vLLM estimates for a model of this class' },
    { what: 'CUDA, NCCL', bytes: plan.overheadBytes, how: 'context, driver and buffers outside torch' },
  ];
}

export function kvLine(plan: Plan): Line {
  const { model, serving, tensorParallel, pipelineParallel } = plan;
  const perToken = kvBytesPerToken(model, serving.kvDtype, tensorParallel, pipelineParallel);
  return {
    what: 'KV cache',
    bytes: serving.concurrency * kvBytesPerRequest(plan),
    how: `${serving.concurrency} requests × ${serving.maxModelLength} tokens × ${(perToken / 1024).toFixed(1)} KiB (${serving.kvDtype})`,
  };
}

function billions(parameters: number): string {
  return `${(parameters / 1e9).toFixed(2)} G`;
}
