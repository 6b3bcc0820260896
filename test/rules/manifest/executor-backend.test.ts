import { describe, expect, test } from 'vitest';
import { executorBackend as rule } from '../../../rules/manifest/executor-backend.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const serve = (args: string, { image = 'vllm/vllm-openai:v0.11.0', deployment = '@serve.deployment', gpus = 2 } = {}): string =>
  pod(`image: ${image}\ncommand:\n  - python3\n  - -c\n  - |\n    from ray import serve\n    from vllm import AsyncEngineArgs\n    ${deployment}\n    class A:\n        args = AsyncEngineArgs(model="a/b", ${args})\nresources: { limits: { nvidia.com/gpu: ${gpus} } }`);

describe('silent', () => {
  test('with mp, one GPU, or a value that only the run knows', () => {
    expect(said(rule, serve('tensor_parallel_size=2, distributed_executor_backend="mp"'))).toEqual([]);
    expect(said(rule, serve('tensor_parallel_size=1'))).toEqual([]);
    expect(said(rule, serve('tensor_parallel_size=tp'))).toEqual([]);
  });

  test('from vLLM 0.20 on, and where the version cannot be told', () => {
    expect(said(rule, serve('tensor_parallel_size=2', { image: 'vllm/vllm-openai:v0.20.1' }))).toEqual([]);
    expect(said(rule, serve('tensor_parallel_size=2', { image: 'rayproject/ray-llm:2.52.0' }))).toEqual([]);
  });

  test('outside of Ray Serve, and for vLLM\'s own server', () => {
    expect(said(rule, serve('tensor_parallel_size=2', { deployment: '# plain' }))).toEqual([]);
    expect(said(rule, pod('image: vllm/vllm-openai:v0.11.0\nargs: [--model, a/b, --tensor-parallel-size, "2"]\nresources: { limits: { nvidia.com/gpu: 2 } }'))).toEqual([]);
  });
});

describe('reports', () => {
  test('no executor', () => {
    expect(first(judgeText(rule, serve('tensor_parallel_size=2')))).toMatchObject({
      message: 'container main builds vLLM 0.11 with tensor_parallel_size 2 inside of Ray Serve and names no executor: vLLM then asks Ray for GPUs that the replica already holds, and may wait for ever',
      place: { found: 'no distributed_executor_backend', snippet: 'distributed_executor_backend="mp",' },
    });
  });

  test('another executor, and no "mp" where one pod has too few GPUs', () => {
    expect(first(judgeText(rule, serve('tensor_parallel_size=2, distributed_executor_backend="ray"'))).place?.found).toBe('distributed_executor_backend "ray"');
    expect(first(judgeText(rule, serve('tensor_parallel_size=16', { gpus: 8 }))).place?.snippet).toBeUndefined();
  });
});
