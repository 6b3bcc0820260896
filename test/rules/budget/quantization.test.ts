import { describe, expect, test } from 'vitest';
import { assumptions } from '../../../rules/budget/assumptions.ts';
import { budget } from '../../../rules/budget/budget.ts';
import { knownModel } from '../../../rules/budget/known-models.ts';
import { parseModelConfig, type ModelShape } from '../../../rules/budget/model-shape.ts';
import { OVERHEAD_BYTES, SERVING_DEFAULTS, TRAINING_DEFAULTS, type Mode, type Plan, type TrainingPlan } from '../../../rules/budget/plan.ts';
import { servedWeights, trainedWeights } from '../../../rules/budget/weights.ts';

/** Per layer 4 · 1024² of attention and 3 · 1024 · 4096 of the block; embeddings and head of 1000 · 1024 each. */
const CONFIG = { hidden_size: 1024, num_hidden_layers: 2, num_attention_heads: 8, vocab_size: 1000, intermediate_size: 4096, torch_dtype: 'bfloat16' };
const ATTENTION = 2 * 4 * 1024 * 1024;
const BLOCKS = 2 * 3 * 1024 * 4096;
const VOCABULARY = 1000 * 1024;

const shape = (quantization: unknown, more: object = {}): ModelShape => parseModelConfig({ ...CONFIG, ...more, ...(quantization !== undefined && { quantization_config: quantization }) }, 'c.json');
const planOf = (model: ModelShape, mode: Mode = 'serve', training: Partial<TrainingPlan> = {}): Plan => ({
  mode,
  model,
  gpuName: 'H100',
  gpuBytes: 80 * 2 ** 30,
  tensorParallel: 1,
  pipelineParallel: 1,
  dtype: model.stored.dtype,
  dtypeFrom: model.stored.dtypeFrom,
  quantization: model.stored.quantization,
  overheadBytes: OVERHEAD_BYTES,
  serving: SERVING_DEFAULTS,
  training: { ...TRAINING_DEFAULTS, ...training },
});
const linear = { config_groups: { group_0: { targets: ['Linear'], weights: { num_bits: 8, type: 'float' } } } };

describe('bytes of the linear layers; embeddings and head stay in bf16', () => {
  test.each<[string, object, number]>([
    ['fp8', { quant_method: 'fp8', weight_block_size: [128, 128] }, 1],
    ['fbgemm_fp8', { quant_method: 'fbgemm_fp8' }, 1],
    ['awq', { quant_method: 'awq', bits: 4, group_size: 128 }, 0.5 + 20 / 8 / 128],
    ['gptq, 8 bits', { quant_method: 'gptq', bits: 8, group_size: -1 }, 1],
    ['gptq, 4 bits in small groups', { quant_method: 'gptq', bits: 4, group_size: 32 }, 0.5 + 20 / 8 / 32],
    ['compressed-tensors, fp8', { quant_method: 'compressed-tensors', ignore: ['lm_head'], ...linear }, 1],
    ['compressed-tensors, w4a16', { quant_method: 'compressed-tensors', ignore: ['lm_head'], config_groups: { a: { targets: ['Linear'], weights: { num_bits: 4, type: 'int', group_size: 128 } } } }, 0.5 + 20 / 8 / 128],
    ['nvfp4', { quant_method: 'compressed-tensors', ignore: ['lm_head'], config_groups: { a: { targets: ['Linear'], weights: { num_bits: 4, type: 'float', group_size: 16 } } } }, 0.5625],
    ['modelopt', { quant_method: 'modelopt', quant_algo: 'NVFP4' }, 0.5625],
    ['bitsandbytes, 4 bits', { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4' }, 0.5625],
    ['bitsandbytes, 8 bits', { quant_method: 'bitsandbytes', load_in_8bit: true }, 1],
  ])('%s', (_, quantization, bytes) => {
    expect(servedWeights(planOf(shape(quantization))).bytes).toBeCloseTo((ATTENTION + BLOCKS) * bytes + 2 * VOCABULARY * 2, 0);
  });

  test('what a list of exceptions names stays too, in whole or layer by layer', () => {
    const bytes = (ignore: readonly string[]): number => servedWeights(planOf(shape({ quant_method: 'compressed-tensors', ...linear, ignore }))).bytes;
    const none = ATTENTION + BLOCKS + VOCABULARY + VOCABULARY * 2;
    expect(bytes([])).toBe(none);
    expect(bytes(['lm_head'])).toBe(none + VOCABULARY);
    expect(bytes(['re:.*self_attn.*'])).toBe(none + ATTENTION);
    expect(bytes(['model.layers.*.self_attn'])).toBe(none + ATTENTION);
    expect(bytes(['model.layers.1.mlp'])).toBe(none + BLOCKS / 2);
    expect(bytes(['re:('])).toBe(none);
  });

  test('mxfp4 holds the experts only: gpt-oss-20b has 12.8 GiB on its card', () => {
    const model = knownModel('openai/gpt-oss-20b') ?? shape(undefined);
    expect((servedWeights(planOf(model)).bytes / 2 ** 30).toFixed(1)).toBe('12.8');
    expect(servedWeights(planOf(model)).how).toBe('19.11 G weights in mxfp4, 1.80 G in bf16');
  });

  test('DeepSeek-R1 in its own fp8 fits on eight H200', () => {
    const model = knownModel('deepseek-ai/DeepSeek-R1') ?? shape(undefined);
    const given = { ...planOf(model), gpuBytes: 144_384 * 2 ** 20, tensorParallel: 8, serving: { ...SERVING_DEFAULTS, maxModelLength: 8192 } };
    expect(budget(given).fits).toBe(true);
    expect(budget({ ...given, quantization: undefined }).fits).toBe(false);
  });
});

describe('the dtype of the rest', () => {
  test.each<[object, string, string]>([
    [{ torch_dtype: 'float16' }, 'fp16', 'from torch_dtype'],
    [{ dtype: 'bfloat16', torch_dtype: 'float16' }, 'bf16', 'from dtype'],
    [{ torch_dtype: 'float32' }, 'bf16', "as vLLM's --dtype auto serves a torch_dtype of float32"],
    [{ torch_dtype: 'float64' }, 'bf16', 'assumed: its torch_dtype is "float64"'],
    [{ torch_dtype: undefined }, 'bf16', 'assumed: its config names no dtype'],
  ])('%j', (more, dtype, dtypeFrom) => {
    expect(shape(undefined, more).stored).toMatchObject({ dtype, dtypeFrom, quantization: undefined });
  });
});

describe('a quantisation that is not understood says what was found and what was expected', () => {
  test.each<[unknown, string]>([
    [{ quant_method: 'hqq' }, 'quant_method is "hqq", expected fp8, fbgemm_fp8, awq, gptq, compressed-tensors, bitsandbytes, mxfp4 or modelopt'],
    [{}, 'quant_method is missing, expected fp8'],
    ['fp8', 'got "fp8", expected an object'],
    [{ quant_method: 'awq', bits: 5 }, 'bits is 5, expected 2, 3, 4 or 8'],
    [{ quant_method: 'bitsandbytes' }, 'bitsandbytes with neither load_in_4bit nor load_in_8bit'],
    [{ quant_method: 'compressed-tensors' }, 'compressed-tensors without config_groups that quantise weights'],
    [{ quant_method: 'compressed-tensors', config_groups: { g: { weights: { num_bits: 'x' } } } }, 'config_groups.g.weights.num_bits is "x"'],
    [{ quant_method: 'modelopt', quant_algo: 'W4A8' }, 'quant_algo is "W4A8", expected FP8 or NVFP4'],
  ])('%j', (quantization, text) => {
    const { unreadable, quantization: read } = shape(quantization).stored;
    expect(read).toBeUndefined();
    expect(unreadable).toContain(`c.json: quantization_config: ${text}`);
    expect(unreadable).toContain('--dtype says it instead');
  });

  test('an absurd number of layers costs no time', () => {
    expect(shape({ quant_method: 'fp8', modules_to_not_convert: ['lm_head'] }, { num_hidden_layers: 100_000_000 }).stored.quantization?.attention).toEqual({ share: 1, bytes: 1 });
  });
});

describe('training from a quantised checkpoint', () => {
  const nf4 = shape({ quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4' });
  const fp8 = shape({ quant_method: 'fp8' });
  const all = (ATTENTION + BLOCKS + 2 * VOCABULARY) * 2;

  test('all weights are trained as the dtype says', () => {
    expect(trainedWeights(planOf(nf4, 'train')).bytes).toBe(all);
    expect(assumptions(planOf(fp8, 'train'))).toEqual(['the checkpoint is in fp8, from quantization_config.quant_method "fp8"', 'assumed: the trainer loads it dequantised, in bf16']);
  });

  test('under an adapter the frozen ones stay small where the library can', () => {
    expect(trainedWeights(planOf(nf4, 'train', { loraRank: 8 })).bytes).toBe((ATTENTION + BLOCKS) * 0.5625 + 2 * VOCABULARY * 2);
    expect(trainedWeights(planOf(fp8, 'train', { loraRank: 8 })).bytes).toBe(all);
    expect(assumptions(planOf(nf4, 'train', { loraRank: 8 }))[1]).toBe('assumed: its weights stay so, frozen under the adapter, which is trained in bf16 (QLoRA)');
  });

  test('vLLM beside a trainer gets what that one has, unless both use one copy', () => {
    expect(servedWeights(planOf(nf4, 'grpo', { loraRank: 8 })).bytes).toBe(all);
    expect(servedWeights(planOf(nf4, 'grpo', { loraRank: 8, sharedWeights: true })).bytes).toBeLessThan(all);
    expect(assumptions(planOf(nf4, 'grpo', { loraRank: 8 }))[1]).toBe('assumed: its weights stay so, frozen under the adapter, which is trained in bf16 (QLoRA); vLLM gets its weights in bf16');
  });
});

test('what is said of served weights', () => {
  expect(assumptions(planOf(shape(undefined)))).toEqual(['weights in bf16, from torch_dtype']);
  expect(assumptions(planOf(shape({ quant_method: 'awq', bits: 4, group_size: 128 })))).toEqual(['weights in int4 (awq), from quantization_config.quant_method "awq"; embeddings and lm_head in bf16, from torch_dtype']);
  expect(assumptions(planOf(knownModel('gpt-oss-120b') ?? shape(undefined)))[0]).toContain('; attention, embeddings and lm_head in bf16');
});
