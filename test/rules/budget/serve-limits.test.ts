import { describe, expect, test } from 'vitest';
import { knownModel } from '../../../rules/budget/known-models.ts';
import { parseModelConfig, type ModelShape } from '../../../rules/budget/model-shape.ts';
import { serveLimits, tensorParallelSizes } from '../../../rules/budget/serve-limits.ts';

const model = (name: string): ModelShape => knownModel(name) ?? parseModelConfig(undefined, name);

describe('vLLM takes', () => {
  test.each([
    ['qwen2.5-7b', 131_072, 4],
    ['qwen2.5-7b', undefined, 28],
    // More ranks than key-value heads: each is copied twice.
    ['llama-3.1-70b', 131_072, 16],
    // No positions in the sources: nothing is said of them.
    ['mistral-nemo-base-2407', 1_000_000, 1],
    ['deepseek-r1', 163_840, 16],
  ])('%s, length %s, tensor parallel %i', (name, maxModelLen, tensorParallel) => {
    expect(serveLimits(model(name), { maxModelLen, tensorParallel })).toEqual([]);
  });
});

describe('vLLM refuses', () => {
  test('more tokens than positions', () => {
    expect(serveLimits(model('qwen2.5-7b-instruct'), { maxModelLen: 32_769, tensorParallel: 1 })).toEqual([
      {
        kind: 'positions',
        message: 'Qwen/Qwen2.5-7B-Instruct has 32768 positions and is asked to serve 32769 tokens: vLLM refuses more than the model has',
        found: 'a model length of 32769',
        expected: `--max-model-len of 32768 or less, or rope scaling that the model allows (--hf-overrides '{"rope_scaling":{…}}')`,
      },
    ]);
  });

  test('heads that do not split', () => {
    expect(serveLimits(model('qwen2.5-7b'), { tensorParallel: 3 })).toEqual([
      { kind: 'heads', message: 'Qwen/Qwen2.5-7B has 28 attention heads, which do not split evenly over tensor parallel 3', found: 'tensor parallel 3', expected: 'tensor parallel of 1, 2, 4, 28' },
    ]);
  });

  test('key-value heads that neither split nor are copied evenly', () => {
    expect(serveLimits(model('qwen2.5-7b'), { tensorParallel: 14 })).toMatchObject([{ kind: 'kv-heads', message: 'Qwen/Qwen2.5-7B has 4 key-value heads: over tensor parallel 14 they neither split nor are copied evenly' }]);
  });

  test('both', () => {
    expect(serveLimits(model('qwen3-8b'), { maxModelLen: 50_000, tensorParallel: 5 }).map(({ kind }) => kind)).toEqual(['positions', 'heads']);
  });
});

test('sizes of tensor parallelism', () => {
  expect(tensorParallelSizes(model('llama-3.1-70b'))).toEqual([1, 2, 4, 8, 16, 32]);
});
