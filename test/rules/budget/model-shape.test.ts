import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { knownModel, KNOWN_MODELS, nearestModels } from '../../../rules/budget/known-models.ts';
import { parseModelConfig } from '../../../rules/budget/model-shape.ts';
import { adapterParameters, totalParameters } from '../../../rules/budget/parameters.ts';

/** As the model cards give them, in thousand millions. */
const PUBLISHED: Readonly<Record<string, number>> = {
  'Qwen/Qwen2.5-0.5B': 0.494,
  'Qwen/Qwen2.5-1.5B': 1.54,
  'Qwen/Qwen2.5-3B': 3.09,
  'Qwen/Qwen2.5-7B': 7.61,
  'Qwen/Qwen2.5-72B': 72.7,
  'Qwen/Qwen2.5-Math-1.5B': 1.54,
  'Qwen/Qwen2.5-Math-7B': 7.61,
  'Qwen/Qwen2.5-Coder-7B': 7.61,
  'Qwen/Qwen2.5-Coder-14B': 14.7,
  'Qwen/Qwen2.5-Coder-32B': 32.5,
  'Qwen/Qwen3-0.6B': 0.596,
  'Qwen/Qwen3-1.7B': 1.72,
  'Qwen/Qwen3-4B-Instruct-2507': 4.0,
  'Qwen/Qwen3-30B-A3B-Instruct-2507': 30.5,
  'Qwen/Qwen3-235B-A22B': 235,
  'Qwen/Qwen3-235B-A22B-Instruct-2507': 235,
  'Qwen/Qwen2.5-14B': 14.7,
  'Qwen/Qwen2.5-32B': 32.5,
  'Qwen/Qwen3-4B': 4.0,
  'Qwen/Qwen3-8B': 8.2,
  'Qwen/Qwen3-14B': 14.8,
  'Qwen/Qwen3-32B': 32.8,
  'Qwen/Qwen3-30B-A3B': 30.5,
  'meta-llama/Llama-3.2-1B': 1.24,
  'meta-llama/Llama-3.2-3B': 3.21,
  'meta-llama/Llama-3.3-70B-Instruct': 70.6,
  'meta-llama/Llama-3.1-405B': 406,
  'meta-llama/Meta-Llama-3-8B': 8.03,
  'meta-llama/Meta-Llama-3-70B': 70.6,
  'mistralai/Mistral-7B-Instruct-v0.2': 7.24,
  'mistralai/Mistral-7B-v0.3': 7.25,
  'mistralai/Mistral-Nemo-Base-2407': 12.2,
  'mistralai/Mixtral-8x22B-v0.1': 141,
  'deepseek-ai/DeepSeek-V3': 671,
  'deepseek-ai/DeepSeek-R1': 671,
  'deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B': 1.78,
  'deepseek-ai/DeepSeek-R1-Distill-Qwen-7B': 7.62,
  'deepseek-ai/DeepSeek-R1-Distill-Qwen-14B': 14.8,
  'deepseek-ai/DeepSeek-R1-Distill-Qwen-32B': 32.8,
  'deepseek-ai/DeepSeek-R1-Distill-Llama-8B': 8.03,
  'deepseek-ai/DeepSeek-R1-Distill-Llama-70B': 70.6,
  'openai/gpt-oss-20b': 20.9,
  'openai/gpt-oss-120b': 117,
  'meta-llama/Llama-3.1-8B': 8.03,
  'meta-llama/Llama-3.1-70B': 70.6,
  'mistralai/Mixtral-8x7B-v0.1': 46.7,
};

const smallest = { hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, vocab_size: 100, intermediate_size: 128 };

test.each(KNOWN_MODELS)('%s has the parameters that its card gives, within one per cent', (name) => {
  const published = PUBLISHED[name] ?? Number.NaN;
  const counted = totalParameters(knownModel(name) ?? parseModelConfig(undefined, name)) / 1e9;
  expect(Math.abs(counted / published - 1)).toBeLessThan(0.01);
});

test('DeepSeek-V3: latent attention, 256 experts and three dense layers make 671 thousand million', () => {
  const shape = parseModelConfig(
    {
      hidden_size: 7168, num_hidden_layers: 61, num_attention_heads: 128, num_key_value_heads: 128, vocab_size: 129_280, intermediate_size: 18_432,
      moe_intermediate_size: 2048, n_routed_experts: 256, n_shared_experts: 1, first_k_dense_replace: 3, kv_lora_rank: 512, q_lora_rank: 1536,
      qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128,
    },
    'config.json',
  );
  expect(Math.round(totalParameters(shape) / 1e9)).toBe(671);
});

test('an adapter of rank 8 on Qwen2.5-7B has 20.2 million weights', () => {
  const shape = knownModel('qwen2.5-7b-instruct');
  expect(shape && adapterParameters(shape, 8)).toBe(28 * 8 * (2 * 3584 + 2 * (3584 + 512) + 2 * 3584 + 3 * (3584 + 18_944)));
});

describe('a name', () => {
  test.each([
    ['Qwen/Qwen2.5-7B', 'Qwen/Qwen2.5-7B'],
    ['qwen2.5-7b-instruct', 'Qwen/Qwen2.5-7B-Instruct'],
    ['Qwen/Qwen2.5-Coder-7B-Instruct', 'Qwen/Qwen2.5-Coder-7B'],
    ['Qwen/Qwen2.5-14B-Instruct-AWQ', undefined],
    ['Qwen/Qwen2.5-7B-Instruct-1M', undefined],
    ['Qwen/Qwen3-4B-Thinking-2507', 'Qwen/Qwen3-4B-Instruct-2507'],
    ['Qwen/Qwen3-8B-Base', 'Qwen/Qwen3-8B'],
    ['llama-3.3-70b', 'meta-llama/Llama-3.3-70B-Instruct'],
    ['meta-llama/Meta-Llama-3.1-8B-Instruct', 'meta-llama/Llama-3.1-8B'],
    ['meta-llama/Llama-3-8B', 'meta-llama/Meta-Llama-3-8B'],
    ['mistralai/Mistral-7B-Instruct-v0.3', 'mistralai/Mistral-7B-v0.3'],
    ['meta-llama/Llama-3.1-8B-Instruct', 'meta-llama/Llama-3.1-8B'],
    ['mistralai/Mixtral-8x7B-Instruct-v0.1', 'mistralai/Mixtral-8x7B-v0.1'],
    ['somebody/else', undefined],
  ])('%s', (name, found) => {
    expect(knownModel(name)?.name).toBe(found);
  });
});

describe('a config.json that cannot be used says which key, what it holds and what was expected', () => {
  test.each([
    [undefined, 'c.json: got undefined, expected the object of a config.json'],
    [null, 'c.json: got null, expected the object of a config.json'],
    [[1], 'c.json: got a list, expected the object of a config.json'],
    [{}, 'c.json: num_attention_heads is missing, expected a whole number of 1 or more; is this the config.json of a transformer?'],
    [{ ...smallest, hidden_size: undefined }, 'c.json: hidden_size is missing, expected a whole number of 1 or more; is this the config.json of a transformer?'],
    [{ ...smallest, hidden_size: -1 }, 'c.json: hidden_size is -1, expected a whole number from 1 to 100000000'],
    [{ ...smallest, hidden_size: '4096' }, 'c.json: hidden_size is "4096", expected a whole number from 1 to 100000000'],
    [{ ...smallest, num_hidden_layers: 1.5 }, 'c.json: num_hidden_layers is 1.5, expected a whole number from 1 to 100000000'],
    [{ ...smallest, vocab_size: 1e300 }, 'c.json: vocab_size is 1e+300, expected a whole number from 1 to 100000000'],
    [{ ...smallest, num_attention_heads: 0 }, 'c.json: num_attention_heads is 0, expected a whole number from 1 to 100000000'],
  ])('%j', (config, message) => {
    expect(() => parseModelConfig(config, 'c.json')).toThrow(message);
  });
});

test('what is missing has the default that the library gives it', () => {
  expect(parseModelConfig(smallest, 'c')).toMatchObject({ kvHeads: 4, headDim: 16, intermediate: 128, slidingWindow: undefined, experts: undefined });
});

test('the language model of one that also sees lies one level down', () => {
  expect(parseModelConfig({ model_type: 'x', text_config: smallest }, 'c').hidden).toBe(64);
});

test.each([
  ['qwen2.5-7b', 131_072],
  ['qwen2.5-7b-instruct', 32_768],
  ['qwen2.5-3b', 32_768],
  ['Qwen/Qwen2.5-Math-7B-Instruct', 4096],
  ['qwen3-8b', 40_960],
  ['mistralai/Mistral-Nemo-Base-2407', undefined],
])('%s has %s positions', (name, positions) => {
  expect(knownModel(name)?.maxPositions).toBe(positions);
});

test('names nearest to one that is not known', () => {
  expect(nearestModels('qwen2.5-14b-instruct-gptq', 2)).toEqual(['Qwen/Qwen2.5-14B', 'Qwen/Qwen2.5-Coder-14B']);
  expect(nearestModels('xyzzy', 2)).toEqual([]);
});

describe('positions are those that vLLM derives from the rope scaling', () => {
  const long = (scaling: unknown, key = 'rope_scaling') => parseModelConfig({ ...smallest, max_position_embeddings: 32_768, [key]: scaling }, 'c').maxPositions;
  test.each([
    [null, 32_768],
    [{ rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32_768 }, 131_072],
    [{ type: 'yarn', factor: 4, original_max_position_embeddings: 4096 }, 16_384],
    [{ rope_type: 'linear', factor: 2 }, 65_536],
    [{ rope_type: 'llama3', factor: 8, original_max_position_embeddings: 8192 }, 32_768],
    [{ rope_type: 'default' }, 32_768],
    [{ rope_type: 'linear', factor: null }, 32_768],
    [{ rope_type: 'linear', factor: -1 }, 32_768],
  ])('%j: %i', (scaling, positions) => {
    expect(long(scaling)).toBe(positions);
    expect(long(scaling, 'rope_parameters')).toBe(positions);
  });
});

test('layers that look back no further than a window are counted one by one', () => {
  const windows = (more: object): number => parseModelConfig({ ...smallest, num_hidden_layers: 6, sliding_window: 128, ...more }, 'c').windowLayers;
  expect(windows({})).toBe(6);
  expect(windows({ layer_types: ['sliding_attention', 'full_attention', 'sliding_attention', 'full_attention', 'sliding_attention', 'full_attention'] })).toBe(3);
  expect(windows({ sliding_window_pattern: 6 })).toBe(5);
  expect(windows({ sliding_window: null })).toBe(0);
});

test('docs/budget.md lists every model that is known by name, as the error for another one promises', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/budget.md'), 'utf8');
  for (const name of KNOWN_MODELS) expect(page).toMatch(new RegExp(`[| ]${(name.split('/')[1] ?? name).replaceAll('.', String.raw`\.`)}[, ]`));
});
