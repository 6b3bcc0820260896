import type { ModelShape } from './model-shape.ts';

/** A reason why vLLM refuses a plan whatever the memory: the numbers do not go with the model. */
export interface ServeLimit {
  readonly kind: 'positions' | 'heads' | 'kv-heads';
  /** One sentence, without a stop. */
  readonly message: string;
  readonly found: string;
  readonly expected: string;
}

export interface Wanted {
  readonly maxModelLen?: number | undefined;
  readonly tensorParallel: number;
}

/**
 * What vLLM checks before it loads a weight: the length against the positions (`_get_and_verify_max_len`), attention heads
 * divisible by tensor parallel (`verify_with_parallel_config`, both in vllm/config/model.py), and key-value heads that
 * divide, or are copied evenly (QKVParallelLinear). Empty where it takes the plan.
 */
export function serveLimits(model: ModelShape, { maxModelLen, tensorParallel }: Wanted): readonly ServeLimit[] {
  const limits: ServeLimit[] = [];
  const { name, maxPositions, heads, kvHeads } = model;
  if (maxModelLen !== undefined && maxPositions !== undefined && maxModelLen > maxPositions) {
    limits.push({
      kind: 'positions',
      message: `${name} has ${maxPositions} positions and is asked to serve ${maxModelLen} tokens: vLLM refuses more than the model has`,
      found: `a model length of ${maxModelLen}`,
      expected: `--max-model-len of ${maxPositions} or less, or rope scaling that the model allows (--hf-overrides '{"rope_scaling":{…}}')`,
    });
  }
  const sizes = tensorParallelSizes(model).join(', ');
  if (heads % tensorParallel !== 0) {
    limits.push({
      kind: 'heads',
      message: `${name} has ${heads} attention heads, which do not split evenly over tensor parallel ${tensorParallel}`,
      found: `tensor parallel ${tensorParallel}`,
      expected: `tensor parallel of ${sizes}`,
    });
  } else if (!splitsKeys(model, tensorParallel)) {
    limits.push({
      kind: 'kv-heads',
      message: `${name} has ${kvHeads} key-value heads: over tensor parallel ${tensorParallel} they neither split nor are copied evenly`,
      found: `tensor parallel ${tensorParallel}`,
      expected: `tensor parallel of ${sizes}`,
    });
  }
  return limits;
}

/** The sizes of tensor parallelism that the heads allow, up to four nodes of eight GPUs. */
export function tensorParallelSizes(model: ModelShape): readonly number[] {
  return Array.from({ length: 32 }, (_, index) => index + 1).filter((size) => model.heads % size === 0 && splitsKeys(model, size));
}

/** Latent attention has one vector instead of key-value heads; every rank holds it. */
function splitsKeys({ kvHeads, latent }: ModelShape, size: number): boolean {
  return latent !== undefined || (kvHeads >= size ? kvHeads % size === 0 : size % kvHeads === 0);
}
