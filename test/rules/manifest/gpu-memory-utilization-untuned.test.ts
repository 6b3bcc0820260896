import { describe, expect, test } from 'vitest';
import { gpuMemoryUtilizationUntuned as rule } from '../../../rules/manifest/gpu-memory-utilization-untuned.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const server = (rest = '', gpus = 1): string => pod(`image: vllm/vllm-openai:v0.11.0\nargs: [--model, a/b${rest}]\nresources: { limits: { nvidia.com/gpu: ${gpus} } }`);
const training = (command: string): string => pod(`image: a:1\ncommand: [bash, -c, "${command}"]\nresources: { limits: { nvidia.com/gpu: 8 } }`);

describe('silent', () => {
  test('for a share that was chosen, and for other ways to choose it', () => {
    expect(said(rule, server(', --gpu-memory-utilization=0.95'))).toEqual([]);
    expect(said(rule, server(', --gpu-memory-utilization, $SHARE'))).toEqual([]);
    expect(said(rule, server(', --kv-cache-memory-bytes=10G'))).toEqual([]);
    expect(said(rule, server(', --config=/etc/vllm.yaml'))).toEqual([]);
  });

  test('without GPUs', () => {
    expect(said(rule, server('', 0))).toEqual([]);
  });

  test("for TRL's server, whose default is TRL's", () => {
    expect(said(rule, training('trl vllm-serve --model a/b --tensor-parallel-size 8'))).toEqual([]);
    const both = pod('image: a:1\ncommand: [bash, -c]\nargs:\n  - |\n    trl vllm-serve --model a/b &\n    vllm serve c/d\nresources: { limits: { nvidia.com/gpu: 8 } }');
    expect(said(rule, both).map((text) => text.split(' ')[0])).toEqual(['13']);
  });

  test("for rollouts: the framework's default, at most 0.7, or GPUs of their own", () => {
    expect(said(rule, training('python examples/run_grpo.py'))).toEqual([]);
    expect(said(rule, training('python examples/run_grpo.py policy.generation.vllm_cfg.gpu_memory_utilization=0.7'))).toEqual([]);
    expect(said(rule, training('python examples/run_grpo.py policy.generation.colocated.enabled=false policy.generation.vllm_cfg.gpu_memory_utilization=0.9'))).toEqual([]);
  });
});

describe('reports', () => {
  test('the default of a server', () => {
    expect(first(judgeText(rule, server()))).toMatchObject({
      message: 'container main leaves gpu_memory_utilization at its default, 0.92 today and 0.9 before: with a new version the cache and the concurrency change, and so does what is left for NCCL and CUDA graphs',
      place: { found: 'no gpu_memory_utilization', snippet: '- --gpu-memory-utilization=0.9' },
    });
  });

  test('too much beside a trainer, with a warning', () => {
    expect(first(judgeText(rule, training('python examples/run_grpo.py policy.generation.vllm_cfg.gpu_memory_utilization=0.85')))).toMatchObject({
      severity: 'warning',
      message: 'container main gives vLLM 85 % of GPUs that it shares with the trainer: 15 % is left for weights, gradients and optimizer, unless all of these leave the GPU while vLLM generates',
      place: { snippet: 'policy.generation.vllm_cfg.gpu_memory_utilization=0.6' },
    });
    expect(first(judgeText(rule, training('python -m verl.trainer.main_ppo actor_rollout_ref.rollout.gpu_memory_utilization=0.8'))).place?.snippet).toBe('actor_rollout_ref.rollout.gpu_memory_utilization=0.6');
    expect(said(rule, training('python examples/run_grpo.py policy.generation.vllm_cfg.gpu_memory_utilization=0.85'), { colocatedShare: 0.9 })).toEqual([]);
  });

  test('what is no share', () => {
    expect(first(judgeText(rule, server(', --gpu-memory-utilization=90')))).toMatchObject({ severity: 'warning', message: 'container main sets gpu_memory_utilization to 90, which is no share of a GPU: vLLM stops at start-up', place: { snippet: '- --gpu-memory-utilization=0.9' } });
  });
});
