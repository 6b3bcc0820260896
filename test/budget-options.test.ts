import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { withBudgetOptions } from '../agent/budget-options.ts';

/** The options as they are read, or the error as it is printed. */
function read(...args: readonly string[]): Record<string, unknown> | string {
  let options: Record<string, unknown> = {};
  let errors = '';
  const command = withBudgetOptions(new Command('budget').exitOverride().configureOutput({ writeErr: (text) => void (errors += text) }));
  command.action((mode: string, given: Record<string, unknown>) => void (options = { mode, ...given }));
  try {
    command.parse(['--model', 'm', '--gpu', 'g', ...args], { from: 'user' });
  } catch (error) {
    if (errors === '') throw error;
    return errors.trim();
  }
  return options;
}

test('nothing is said of the dtype unless it is asked for', () => {
  expect(read('serve')).toMatchObject({ mode: 'serve', tensorParallel: 1, gpuMemoryUtilization: 0.9, concurrency: 8, lora: 0, sleep: true });
  expect(read('serve')).not.toHaveProperty('dtype');
  expect(read('serve', '--dtype', 'fp8')).toMatchObject({ dtype: 'fp8' });
});

describe('an option of another mode is refused, and the modes are named that it belongs to', () => {
  test.each([
    [['serve', '--lora', '8'], 'error: mode serve takes no --lora (of train and grpo)'],
    [['serve', '--lora', '8', '--optimizer', 'adamw', '--shards', '8'], 'error: mode serve takes no --lora (of train and grpo), no --optimizer (of train and grpo), no --shards (of train and grpo)'],
    [['serve', '--no-sleep'], 'error: mode serve takes no --no-sleep (of grpo)'],
    [['train', '--max-model-len', '4096'], 'error: mode train takes no --max-model-len (of serve and grpo)'],
    [['train', '--kv-cache-dtype', 'bf16'], 'error: mode train takes no --kv-cache-dtype (of serve and grpo)'],
    [['train', '--shared-weights'], 'error: mode train takes no --shared-weights (of grpo)'],
  ])('%j', (args, message) => {
    expect(read(...args)).toBe(message);
  });

  test('grpo takes all', () => {
    expect(read('grpo', '--lora', '8', '--max-model-len', '2048', '--no-sleep', '--no-activation-checkpointing')).toMatchObject({ lora: 8, maxModelLen: 2048, sleep: false, activationCheckpointing: false });
  });
});

describe('a value that cannot be says what was given and what was expected', () => {
  test.each([
    [['serve', '--tensor-parallel', '0'], "option '--tensor-parallel <n>' argument '0' is invalid. expected a whole number from 1 to 100000000"],
    [['serve', '--concurrency', '-3'], "'-3' is invalid. expected a whole number from 1 to 100000000"],
    [['serve', '--max-model-len', '1e99'], "'1e99' is invalid. expected a whole number"],
    [['serve', '--gpu-memory-utilization', '1.5'], "'1.5' is invalid. expected a share above 0 and at most 1, such as 0.9"],
    [['serve', '--dtype', 'nf4'], "'nf4' is invalid. Allowed choices are fp32, bf16, fp16, fp8, int4"],
    [['serve', '--hf-overrides', '{'], "argument '{' is invalid. expected a JSON object of config.json fields"],
    [['serve', '--hf-overrides', '[]'], "argument '[]' is invalid. expected a JSON object of config.json fields"],
    [['infer'], "'infer' is invalid for argument 'mode'. Allowed choices are serve, train, grpo"],
  ])('%j', (args, message) => {
    expect(read(...args)).toContain(message);
  });
});
