import { expect, test } from 'vitest';
import { commandOptions } from '../../agent/parse/command-options.ts';

const options = (line: string) => commandOptions(line.split(' ').map((text) => ({ text: text.replace('~', ''), isDynamic: text.startsWith('~') })), { tp: 'tensor_parallel_size' }).map(({ name, value }) => [name, value]);

test('flags in every spelling', () => {
  expect(options('--max-model-len 4096 --gpu-memory-utilization=0.9 -tp 8 --enforce-eager --no-enable-prefix-caching --seed -1 model')).toEqual([
    ['max_model_len', 4096],
    ['gpu_memory_utilization', 0.9],
    ['tensor_parallel_size', 8],
    ['enforce_eager', true],
    ['enable_prefix_caching', false],
    ['seed', -1],
  ]);
});

test('overrides of Hydra, and what is only known at run time', () => {
  expect(options('run.py policy.lora.enabled=True +x=1e-6 ++path=/a/b=c --n ~$N')).toEqual([
    ['policy.lora.enabled', true],
    ['x', 0.000001],
    ['path', '/a/b=c'],
    ['n', undefined],
  ]);
});
