import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alternatives } from '../../../rules/budget/alternatives.ts';
import { budget, type Budget } from '../../../rules/budget/budget.ts';
import { gpuNamed, gpusLike, memoryBytes } from '../../../rules/budget/gpus.ts';
import { knownModel } from '../../../rules/budget/known-models.ts';
import { parseModelConfig, type ModelShape } from '../../../rules/budget/model-shape.ts';
import { OVERHEAD_BYTES, SERVING_DEFAULTS, TRAINING_DEFAULTS, type Mode, type Plan, type ServingPlan, type TrainingPlan } from '../../../rules/budget/plan.ts';
import { kvBytesPerToken } from '../../../rules/budget/serving-memory.ts';

const GIB = 1024 ** 3;
const model = (name: string): ModelShape => knownModel(name) ?? parseModelConfig(undefined, name);
const plan = (mode: Mode, change: Partial<Plan> = {}, serving: Partial<ServingPlan> = {}, training: Partial<TrainingPlan> = {}): Plan => ({
  mode,
  model: model('qwen2.5-7b'),
  gpuName: 'A100 40GB',
  gpuBytes: 40 * GIB,
  tensorParallel: 1,
  pipelineParallel: 1,
  dtype: 'bf16',
  overheadBytes: OVERHEAD_BYTES,
  ...change,
  serving: { ...SERVING_DEFAULTS, ...serving },
  training: { ...TRAINING_DEFAULTS, ...training },
});
const need = (result: Budget): number => Math.max(...result.phases.map((phase) => phase.needBytes));
const gib = (result: Budget): Record<string, Record<string, number>> =>
  Object.fromEntries(result.phases.map((phase) => [phase.name, Object.fromEntries(phase.lines.map(({ what, bytes }) => [what, Math.round((bytes / GIB) * 10) / 10]))]));

describe('the cache of one token', () => {
  test.each([
    ['meta-llama/Llama-3.1-8B', 1, 128],
    ['meta-llama/Llama-3.1-70B', 1, 320],
    ['meta-llama/Llama-3.1-70B', 8, 40],
    ['meta-llama/Llama-3.1-70B', 16, 40],
  ])('%s over %i GPUs: %i KiB on each', (name, ranks, kibibytes) => {
    expect(kvBytesPerToken(model(name), 'bf16', ranks, 1)).toBe(kibibytes * 1024);
  });

  test('latent attention keeps one vector, on every rank', () => {
    const shape = { ...model('qwen2.5-7b'), layers: 61, latent: { kvRank: 512, queryRank: 1536, ropeDim: 64, keyDim: 128, valueDim: 128 } };
    expect(kvBytesPerToken(shape, 'bf16', 8, 1)).toBe(61 * 576 * 2);
  });
});

describe('7B on an A100 with 40 GB, as the production guide has it: 14 + 20 + 4 + 2 + 2 = 42 GB, does not fit', () => {
  const guide = plan('grpo', {}, { memoryUtilization: 0.85 }, { loraRank: 8, sleep: false, sharedWeights: true });

  test('with one copy of the weights and a vLLM that never sleeps it comes to 42.5 GiB', () => {
    const result = budget(guide);
    expect(result.fits).toBe(false);
    expect(gib(result)['training']).toEqual({
      "trainer's weights": 14.2,
      'optimizer state': 0.2,
      gradients: 0,
      activations: 1.5,
      logits: 4.6,
      'CUDA, NCCL': 2,
      "vLLM's share": 34,
      'weights held once': -14.2,
    });
    expect((need(result) / GIB).toFixed(1)).toBe('42.5');
  });

  test("the guide's options make it fit, and sleep mode, which it does not name, comes first", () => {
    const changes = alternatives(guide).map(({ change }) => change);
    expect(changes[0]).toBe('let vLLM sleep while the trainer works (sleep mode)');
    expect(changes).toContain('set gpu_memory_utilization to 0.75');
    expect(changes).toContain('split the model over 2 GPUs (tensor parallel 2)');
  });

  test('without the adapter the optimizer alone is 85 GiB, not 28', () => {
    expect(gib(budget(plan('train')))['training']?.['optimizer state']).toBe(85.1);
  });

  test('with two copies of the weights, which most frameworks keep, 0.85 never fits beside the trainer', () => {
    const result = budget(plan('grpo', {}, { memoryUtilization: 0.85 }, { loraRank: 8 }));
    expect(result.phases.map((phase) => [phase.name, phase.fits])).toEqual([
      ['vLLM within its share', true],
      ['generating', false],
      ['training', true],
    ]);
  });
});

describe('properties', () => {
  const plans = fc
    .record({
      mode: fc.constantFrom<Mode>('serve', 'train', 'grpo'),
      name: fc.constantFrom('qwen2.5-7b', 'qwen3-30b-a3b', 'llama-3.1-70b'),
      length: fc.integer({ min: 16, max: 131_072 }),
      concurrency: fc.integer({ min: 1, max: 512 }),
      batched: fc.integer({ min: 256, max: 65_536 }),
      rank: fc.integer({ min: 1, max: 256 }),
      batch: fc.integer({ min: 1, max: 64 }),
      sequence: fc.integer({ min: 16, max: 32_768 }),
      shards: fc.constantFrom(1, 2, 8),
      sleep: fc.boolean(),
    })
    .map((it) =>
      plan(
        it.mode,
        { model: model(it.name), gpuBytes: 80 * GIB },
        { maxModelLength: it.length, concurrency: it.concurrency, batchedTokens: it.batched },
        { loraRank: it.rank, microBatch: it.batch, sequenceLength: it.sequence, shards: it.shards, sleep: it.sleep },
      ),
    );

  test('the lines of a phase add up to what it needs, and what fits is below its limit', () => {
    fc.assert(
      fc.property(plans, (given) => {
        for (const phase of budget(given).phases) {
          expect(phase.lines.reduce((sum, line) => sum + line.bytes, 0)).toBe(phase.needBytes);
          expect(phase.fits).toBe(phase.needBytes <= phase.limitBytes);
        }
      }),
    );
  });

  test.each<[string, (given: Plan) => Plan]>([
    ['a longer model length', (it) => ({ ...it, serving: { ...it.serving, maxModelLength: it.serving.maxModelLength + 4096 } })],
    ['more concurrency', (it) => ({ ...it, serving: { ...it.serving, concurrency: it.serving.concurrency + 1 } })],
    ['more batched tokens', (it) => ({ ...it, serving: { ...it.serving, batchedTokens: it.serving.batchedTokens * 2 } })],
    ['a larger adapter', (it) => ({ ...it, training: { ...it.training, loraRank: it.training.loraRank + 8 } })],
    ['a larger micro-batch', (it) => ({ ...it, training: { ...it.training, microBatch: it.training.microBatch + 1 } })],
    ['a longer sequence', (it) => ({ ...it, training: { ...it.training, sequenceLength: it.training.sequenceLength + 512 } })],
    ['all weights instead of an adapter', (it) => ({ ...it, training: { ...it.training, loraRank: 0 } })],
    ['no activation checkpointing', (it) => ({ ...it, training: { ...it.training, activationCheckpointing: false } })],
    ['a vLLM that does not sleep', (it) => ({ ...it, training: { ...it.training, sleep: false } })],
    ['wider weights', (it) => ({ ...it, dtype: 'fp32' })],
    ['more overhead', (it) => ({ ...it, overheadBytes: it.overheadBytes * 2 })],
  ])('%s never needs less, in any phase', (_, more) => {
    fc.assert(
      fc.property(plans, (given) => {
        const before = budget(given).phases;
        for (const [index, phase] of budget(more(given)).phases.entries()) expect(phase.needBytes).toBeGreaterThanOrEqual(before[index]?.needBytes ?? Infinity);
      }),
    );
  });

  test.each<[string, (given: Plan) => Plan]>([
    ['tensor parallel', (it) => ({ ...it, tensorParallel: it.tensorParallel * 2 })],
    ['pipeline parallel', (it) => ({ ...it, pipelineParallel: it.pipelineParallel * 2 })],
    ['fp8 in the cache', (it) => ({ ...it, serving: { ...it.serving, kvDtype: 'fp8' } })],
    ['the loss in chunks', (it) => ({ ...it, training: { ...it.training, logitsTokens: 1024 } })],
    ['the smaller optimizer', (it) => ({ ...it, training: { ...it.training, optimizer: 'adamw-8bit' } })],
    ['offload', (it) => ({ ...it, training: { ...it.training, offload: true } })],
  ])('%s never needs more', (_, less) => {
    fc.assert(
      fc.property(plans, (given) => {
        expect(need(budget(less(given)))).toBeLessThanOrEqual(need(budget(given)));
      }),
    );
  });

  test('what is offered as fitting fits', () => {
    fc.assert(fc.property(plans, (given) => alternatives(given).every((one) => one.budget.fits)));
  });
});

test('concurrency that fits is the largest that does', () => {
  const given = plan('serve', { model: model('llama-3.1-70b'), gpuBytes: 80 * GIB, tensorParallel: 4 }, { maxModelLength: 32_768 });
  const most = budget(given).concurrencyThatFits ?? 0;
  expect(most).toBe(14);
  expect(budget({ ...given, serving: { ...given.serving, concurrency: most } }).fits).toBe(true);
  expect(budget({ ...given, serving: { ...given.serving, concurrency: most + 1 } }).fits).toBe(false);
});

test('weights that fill the GPU leave no request: vLLM would not start', () => {
  expect(budget(plan('serve', { model: model('llama-3.1-70b') })).concurrencyThatFits).toBe(0);
});

test.each([
  ['a100-40gb', 'A100 40GB'],
  ['H100 80GB', 'H100'],
  ['NVIDIA H200', 'H200'],
  ['p5en.48xlarge', 'H200'],
  ['g6e.12xlarge', 'L40S'],
  ['p4d.24xlarge', 'A100 40GB'],
  ['p4d', 'A100 40GB'],
  ['p5', 'H100'],
  ['p5en', 'H200'],
  ['P6-B200', 'B200'],
  ['g4dn', 'T4'],
  ['p9', undefined],
  ['a100', undefined],
  ['quadro', undefined],
])('the GPU %s is %s', (text, found) => {
  expect(gpuNamed(text)?.name).toBe(found);
});

test.each([
  ['80GiB', 80 * GIB],
  ['80', 80 * GIB],
  ['139.80GiB', 139.8 * GIB],
  ['24GB', 24e9],
  ['24 gb', 24e9],
  ['81559MiB', 81_559 * 2 ** 20],
  ['0', undefined],
  ['-4', undefined],
  ['1e9', undefined],
  ['100000GiB', undefined],
  ['24XB', undefined],
  ['GiB', undefined],
])('the memory %s is %s bytes', (text, bytes) => {
  expect(memoryBytes(text)).toBe(bytes);
});

test('a name that two GPUs have', () => {
  expect(gpusLike('a100').map(({ name }) => name)).toEqual(['A100 40GB', 'A100 80GB']);
  expect(gpusLike('')).toEqual([]);
});

test('a window keeps what it looks back and one step, in the layers that have it', () => {
  const given = plan('serve', { model: model('gpt-oss-20b') }, { maxModelLength: 131_072, concurrency: 1 });
  // 12 layers of all tokens, 12 of 127 + 8192; 2 · 8 heads · 64 · 2 B each.
  expect(gib(budget(given))['serving']?.['KV cache']).toBe(Math.round(((12 * 131_072 + 12 * 8320) * 2048 * 10) / GIB) / 10);
});

test('only as many experts as a token passes leave activations', () => {
  const activations = (name: string): number => budget(plan('train', { model: model(name) })).phases[0]?.lines.find(({ what }) => what === 'activations')?.bytes ?? 0;
  // Two of Mixtral's eight: 4096 tokens × (32 layers × 4096 × 2 B + one layer of 2 · (4 · 4096 + 80 · 128 + 4 · 2 · 14336)).
  expect(activations('mixtral-8x7b-v0.1')).toBe(4096 * (32 * 4096 * 2 + 2 * (4 * 4096 + (2 * 32 + 2 * 8) * 128 + 4 * 2 * 14_336)));
});
