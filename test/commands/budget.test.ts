import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withBudgetOptions } from '../../agent/budget-options.ts';
import { runBudget, type BudgetOptions } from '../../agent/commands/budget.ts';
import type { Mode } from '../../rules/budget/plan.ts';

const DEEPSEEK = {
  hidden_size: 7168, num_hidden_layers: 61, num_attention_heads: 128, num_key_value_heads: 128, vocab_size: 129_280, intermediate_size: 18_432,
  moe_intermediate_size: 2048, n_routed_experts: 256, n_shared_experts: 1, first_k_dense_replace: 3, kv_lora_rank: 512, q_lora_rank: 1536,
  qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128, torch_dtype: 'bfloat16', max_position_embeddings: 163_840,
  quantization_config: { quant_method: 'fp8', fmt: 'e4m3', weight_block_size: [128, 128] },
};

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'railmedic-'));
  writeFileSync(join(directory, 'deepseek.json'), JSON.stringify(DEEPSEEK));
  writeFileSync(join(directory, 'hqq.json'), JSON.stringify({ ...DEEPSEEK, quantization_config: { quant_method: 'hqq' } }));
  writeFileSync(join(directory, 'broken.json'), '{"hidden_size": ');
  writeFileSync(join(directory, 'list.json'), '[]');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function run(args: string, width = 80): Promise<Answer> {
  let parsed: { mode: Mode; options: BudgetOptions } | undefined;
  const command = withBudgetOptions(new Command('budget').exitOverride()).action((mode: Mode, options: BudgetOptions) => void (parsed = { mode, options }));
  await command.parseAsync(args.split(' '), { from: 'user' });
  if (parsed === undefined) throw new Error(`not parsed: ${args}`);
  let text = '';
  const status = await runBudget(parsed.mode, parsed.options, { width, colour: false, print: (part) => void (text += part), progress: () => undefined });
  return { status, text };
}

describe('it fits: status 0', () => {
  test('the whole answer', async () => {
    expect(await run('serve --model qwen2.5-7b --gpu A100-40GB')).toEqual({
      status: 0,
      text: `railmedic budget  serve  Qwen/Qwen2.5-7B  on 1 × A100 40GB                  FITS
weights in bf16, from torch_dtype

serving
  weights                    14.2 GiB  7.62 G parameters × 2 B (bf16)
  activations of one step     1.1 GiB  8192 batched tokens, an estimate
  CUDA graphs                 1.1 GiB  vLLM's own estimate for this class
  CUDA, NCCL                  2.0 GiB  context and buffers outside torch
  KV cache                    1.8 GiB  8 requests × 4096 tokens × 56.0 KiB
                                       (bf16)
  needed                     20.1 GiB
  there                      36.0 GiB  0.9 of the GPU (gpu_memory_utilization)
  left                       15.9 GiB

The cache holds 80 requests of 4096 tokens at a time; more wait or are
preempted.

Figures are for each GPU. Formulas and sources: docs/budget.md`,
    });
  });

  test('a checkpoint in fp8 is counted in fp8, and it is said where that comes from', async () => {
    const { status, text } = await run(`serve --model ${directory}/deepseek.json --gpu p5en.48xlarge --tensor-parallel 8 --max-model-len 8192`, 120);
    expect(status).toBe(0);
    expect(text).toContain('weights in fp8, from quantization_config.quant_method "fp8"; embeddings and lm_head in bf16, from torch_dtype');
    expect(text).toContain('  weights                    78.3 GiB  669.07 G weights in fp8, 1.96 G in bf16, ÷ 8');
  });

  test('rope scaling by --hf-overrides lengthens what the model has', async () => {
    const scaling = '{"rope_scaling":{"rope_type":"yarn","factor":4,"original_max_position_embeddings":32768}}';
    expect((await run(`serve --model qwen2.5-7b-instruct --gpu H100 --max-model-len 100000 --hf-overrides ${scaling}`)).status).toBe(0);
  });

  test('one request', async () => {
    const { text } = await run('serve --model llama-3.1-8b --gpu L4 --concurrency 1 --max-model-len 9000');
    expect(text).toContain('1 request × 9000 tokens');
    expect(text).toContain('The cache holds 1 request of 9000 tokens at a time');
  });
});

describe('it does not: status 2', () => {
  test('the least that would', async () => {
    const { status, text } = await run('grpo --model qwen2.5-7b --gpu A100-40GB', 120);
    expect(status).toBe(2);
    expect(text).toContain('DOES NOT FIT');
    expect(text).toContain(`It would fit, best first:
  1.  set gpu_memory_utilization to 0.55; train an adapter of rank 16 instead of all weights (LoRA): 1.3 GiB left`);
  });

  test('--dtype wins over the checkpoint', async () => {
    const { status, text } = await run(`serve --model ${directory}/deepseek.json --gpu p5en.48xlarge --tensor-parallel 8 --dtype bf16`);
    expect(status).toBe(2);
    expect(text).toContain('weights in bf16, as --dtype says');
  });

  test('more tokens than positions, though the memory suffices', async () => {
    const { status, text } = await run('serve --model qwen2.5-7b-instruct --gpu H100 --max-model-len 100000');
    expect(status).toBe(2);
    expect(text).toContain('WILL NOT START');
    expect(text).toContain(`refused   Qwen/Qwen2.5-7B-Instruct has 32768 positions and is asked to serve
          100000 tokens: vLLM refuses more than the model has
          expected --max-model-len of 32768 or less, or rope scaling that the
          model allows (--hf-overrides '{"rope_scaling":{…}}')`);
    expect(text).toContain(`It would start, best first:
  1.  serve at most 32768 tokens a request (--max-model-len 32768): 39.6 GiB
      left`);
  });

  test('heads that do not split', async () => {
    const { status, text } = await run('serve --model qwen2.5-7b --gpu H100 --tensor-parallel 3');
    expect(status).toBe(2);
    expect(text).toContain('refused   Qwen/Qwen2.5-7B has 28 attention heads');
  });

  test('a trainer has no positions, but heads', async () => {
    expect((await run('train --model qwen2.5-7b-instruct --gpu B200 --lora 8 --sequence-length 40000')).text).not.toContain('refused');
    expect((await run('train --model qwen2.5-7b --gpu B200 --lora 8 --tensor-parallel 3')).status).toBe(2);
  });

  test('all GPUs of a sharded trainer are counted', async () => {
    expect((await run('train --model qwen2.5-7b --gpu p4d --shards 8 --tensor-parallel 2')).text).toContain('on 16 × A100 40GB');
  });
});

test('no line is longer than the terminal, commands and names aside', async () => {
  for (const width of [80, 120]) {
    for (const args of ['grpo --model qwen2.5-7b --gpu p4d --lora 16', 'grpo --model gpt-oss-20b --gpu 24GB', 'serve --model deepseek-r1 --gpu T4 --max-model-len 200000', 'train --model llama-3.3-70b --gpu H100']) {
      for (const line of (await run(args, width)).text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width);
    }
  }
});

describe('--json', () => {
  const json = async (args: string): Promise<Record<string, unknown>> => JSON.parse((await run(`${args} --json`)).text) as Record<string, unknown>;

  test('what fits', async () => {
    const answer = await json('serve --model qwen2.5-7b --gpu 24GB --concurrency 1');
    expect(answer).toMatchObject({ version: 1, mode: 'serve', model: 'Qwen/Qwen2.5-7B', gpu: 'GPU of 22.4 GiB', gpuBytes: 24e9, fits: true, refusals: [], assumptions: ['weights in bf16, from torch_dtype'], alternatives: [] });
    expect(answer['phases']).toMatchObject([{ name: 'serving', fits: true, limitBytes: 21_600_000_000 }]);
  });

  test('what vLLM refuses, and what would fit', async () => {
    const answer = await json('serve --model qwen2.5-7b-instruct --gpu H100 --max-model-len 100000');
    expect(answer).toMatchObject({ fits: true, refusals: [{ found: 'a model length of 100000' }], alternatives: [{ change: 'serve at most 32768 tokens a request (--max-model-len 32768)' }] });
  });
});

describe('what cannot be answered says what was given and what was expected', () => {
  test.each([
    ['serve --model qwen2.5-7b --gpu a100', '--gpu a100: got a name that 2 GPUs have, expected one of them: A100 40GB, A100 80GB'],
    ['serve --model qwen2.5-7b --gpu 24XB', '--gpu 24XB: got no GPU of ours, expected T4, A10G,'],
    ['serve --model qwen2.5-7b-gptq --gpu H100', '--model qwen2.5-7b-gptq: got a name that is none of ours, expected one of the 46 in docs/budget.md; nearest are Qwen/Qwen2.5-7B,'],
    ['serve --model xyzzy --gpu H100', 'expected one of the 46 in docs/budget.md, such as Qwen/Qwen2.5-0.5B'],
    ['serve --model qwen2.5-7b --gpu H100 --pipeline-parallel 29', '--pipeline-parallel 29: Qwen/Qwen2.5-7B has 28 layers, expected that many or fewer'],
    ['serve --model DIR/absent.json --gpu H100', 'absent.json'],
    ['serve --model DIR/broken.json --gpu H100', 'broken.json: not JSON: '],
    ['serve --model DIR/list.json --gpu H100', 'list.json: got a list, expected the object of a config.json'],
    ['serve --model DIR/hqq.json --gpu H100', 'hqq.json: quantization_config: quant_method is "hqq", expected fp8,'],
    ['serve --model qwen2.5-7b --gpu H100 --hf-overrides {"hidden_size":-1}', 'Qwen/Qwen2.5-7B: hidden_size is -1, expected a whole number'],
  ])('%s', async (args, message) => {
    await expect(run(args.replace('DIR', directory))).rejects.toThrow(message);
  });

  test('a quantisation that is not understood is no matter where --dtype says it', async () => {
    expect((await run(`serve --model ${directory}/hqq.json --gpu H200 --tensor-parallel 8 --dtype int4`)).status).toBe(0);
  });
});

test.each<[string, number]>([
  ['serve --model qwen2.5-7b --gpu H100', 0],
  ['train --model qwen2.5-7b --gpu T4', 2],
  ['serve --model qwen2.5-7b --gpu nothing', 3],
  ['serve --model qwen2.5-7b --gpu H100 --lora 8', 3],
])('the exit status of %s is %i', async (args, status) => {
  const main = join(import.meta.dirname, '../../agent/main.ts');
  const ended = await promisify(execFile)(process.execPath, [main, 'budget', ...args.split(' ')]).then(
    () => 0,
    (error: { code?: number }) => error.code,
  );
  expect(ended).toBe(status);
});
