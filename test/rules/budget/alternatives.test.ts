import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alternatives } from '../../../rules/budget/alternatives.ts';
import { budget } from '../../../rules/budget/budget.ts';
import { knownModel } from '../../../rules/budget/known-models.ts';
import { parseModelConfig, type ModelShape } from '../../../rules/budget/model-shape.ts';
import { OVERHEAD_BYTES, SERVING_DEFAULTS, TRAINING_DEFAULTS, type Mode, type Plan, type ServingPlan, type TrainingPlan } from '../../../rules/budget/plan.ts';
import { serveLimits } from '../../../rules/budget/serve-limits.ts';

const GIB = 2 ** 30;
const model = (name: string): ModelShape => knownModel(name) ?? parseModelConfig(undefined, name);
const plan = (mode: Mode, name: string, gpuBytes: number, serving: Partial<ServingPlan> = {}, training: Partial<TrainingPlan> = {}, tensorParallel = 1): Plan => ({
  mode,
  model: model(name),
  gpuName: 'a GPU',
  gpuBytes,
  tensorParallel,
  pipelineParallel: 1,
  dtype: 'bf16',
  quantization: model(name).stored.quantization,
  overheadBytes: OVERHEAD_BYTES,
  serving: { ...SERVING_DEFAULTS, ...serving },
  training: { ...TRAINING_DEFAULTS, ...training },
});
const texts = (given: Plan): readonly string[] => alternatives(given).map(({ change }) => change);
const works = (given: Plan): boolean => budget(given).fits && serveLimits(given.model, { maxModelLen: given.mode === 'train' ? undefined : given.serving.maxModelLength, tensorParallel: given.tensorParallel }).length === 0;

describe('rows of two changes', () => {
  test('7B GRPO on an A100 with 40 GB: an adapter and a smaller share, not eight changes', () => {
    expect(texts(plan('grpo', 'qwen2.5-7b', 40 * GIB))[0]).toBe('set gpu_memory_utilization to 0.55; train an adapter of rank 16 instead of all weights (LoRA)');
  });

  test('8B with the full length on a T4: before a GPU of 179 GiB, fewer requests on four', () => {
    expect(texts(plan('serve', 'llama-3.1-8b', 16 * GIB, { maxModelLength: 131_072 }))).toEqual([
      'split the model over 4 GPUs (tensor parallel 4); serve one of them at a time, the others wait (--max-num-seqs 1)',
      'keep the KV cache in fp8 (--kv-cache-dtype fp8); split the model over 8 GPUs (tensor parallel 8)',
      'use B200 (179 GiB, p6-b200.48xlarge)',
    ]);
  });

  test('all weights of 70B on an H100: before 32 shards, an adapter over fewer GPUs', () => {
    expect(texts(plan('train', 'llama-3.1-70b', 80 * GIB))).toEqual([
      'train an adapter of rank 16 instead of all weights (LoRA); split the model over 2 GPUs (tensor parallel 2)',
      'train an adapter of rank 16 instead of all weights (LoRA); shard the trainer over 4 GPUs (FSDP, ZeRO-3)',
      'shard the trainer over 32 GPUs (FSDP, ZeRO-3)',
    ]);
  });

  test('none where one setting is enough', () => {
    expect(texts(plan('serve', 'qwen2.5-14b', 30 * GIB))).toEqual([
      'serve weights quantised to fp8',
      'split the model over 2 GPUs (tensor parallel 2)',
      'use L40S (45 GiB, g6e)',
    ]);
  });

  test('shards of a split model are groups of GPUs, and all are counted', () => {
    expect(texts(plan('grpo', 'qwen2.5-32b', 80 * GIB, {}, {}, 4)).at(-1)).toBe('shard the trainer over 32 groups of 4 GPUs, 128 in all (FSDP, ZeRO-3)');
  });

  test('three, where two would take more than a node: 70B GRPO on H100, 4 GPUs and not 256', () => {
    expect(texts(plan('grpo', 'llama-3.1-70b', 80 * GIB))[0]).toBe('set gpu_memory_utilization to 0.55; train an adapter of rank 16 instead of all weights (LoRA); split the model over 4 GPUs (tensor parallel 4)');
  });
});

describe('what vLLM refuses is not offered, and its own limits are', () => {
  test('a length that the model has', () => {
    expect(texts(plan('serve', 'qwen2.5-7b-instruct', 80 * GIB, { maxModelLength: 100_000 }))).toEqual(['serve at most 32768 tokens a request (--max-model-len 32768)']);
  });

  test('tensor parallelism that the heads allow', () => {
    expect(texts(plan('serve', 'qwen2.5-7b', 80 * GIB, {}, {}, 3))).toEqual(['split the model over 4 GPUs (tensor parallel 4)']);
    // 28 heads and 4 key-value heads: eight do not split them.
    for (const text of texts(plan('serve', 'qwen2.5-7b', 6 * GIB))) expect(text).not.toContain('tensor parallel 8');
  });

  test('no GPU without bf16', () => {
    expect(texts(plan('serve', 'llama-3.1-8b', 22 * GIB, { maxModelLength: 9000, concurrency: 2 }))).toContain('use A100 40GB (40 GiB, p4d.24xlarge)');
  });

  test('fp8 not on Volta', () => {
    const given = plan('serve', 'qwen2.5-14b', 32 * GIB);
    expect(texts(given)).toContain('serve weights quantised to fp8');
    expect(texts({ ...given, gpuName: 'V100 32GB' })).not.toContain('serve weights quantised to fp8');
  });

  test('no smaller weights of a checkpoint that is quantised', () => {
    for (const text of texts(plan('serve', 'gpt-oss-120b', 40 * GIB))) expect(text).not.toContain('quantised to fp8');
  });
});

test('more than three changes where nothing less does', () => {
  const huge = plan('grpo', 'qwen3-235b-a22b', 80 * GIB, { maxModelLength: 40_960, concurrency: 256 }, { microBatch: 16, sequenceLength: 40_960, activationCheckpointing: false });
  const [only, ...others] = alternatives(huge);
  expect(others).toEqual([]);
  expect(only?.changes).toHaveLength(8);
  expect(only?.budget.fits).toBe(true);
});

test('nothing where nothing does', () => {
  expect(texts(plan('train', 'llama-3.1-405b', 4 * GIB, {}, { sequenceLength: 100_000_000 }))).toEqual([]);
});

describe('properties', () => {
  const plans = fc
    .record({
      mode: fc.constantFrom<Mode>('serve', 'train', 'grpo'),
      name: fc.constantFrom('qwen2.5-7b', 'qwen3-30b-a3b', 'llama-3.1-70b', 'gpt-oss-20b'),
      memory: fc.constantFrom(16, 24, 40, 80, 141),
      length: fc.integer({ min: 16, max: 262_144 }),
      concurrency: fc.integer({ min: 1, max: 256 }),
      rank: fc.constantFrom(0, 16),
      batch: fc.integer({ min: 1, max: 16 }),
      shards: fc.constantFrom(1, 4),
      sleep: fc.boolean(),
      tensorParallel: fc.constantFrom(1, 2, 3),
    })
    .map((it) =>
      plan(it.mode, it.name, it.memory * GIB, { maxModelLength: it.length, concurrency: it.concurrency }, { loraRank: it.rank, microBatch: it.batch, shards: it.shards, sleep: it.sleep }, it.tensorParallel),
    )
    .filter((given) => !works(given));

  test('every row that is offered works, and no part of it does', () => {
    fc.assert(
      fc.property(plans, (given) => {
        for (const { changes, budget: after } of alternatives(given)) {
          const made = (part: typeof changes): Plan => part.reduce((current, { apply }) => apply(current), given);
          expect(works(made(changes))).toBe(true);
          expect(after.plan).toEqual(made(changes));
          for (let bits = 0; bits < 2 ** changes.length - 1; bits += 1) expect(works(made(changes.filter((_, index) => (bits >> index) % 2 === 1)))).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });
});
