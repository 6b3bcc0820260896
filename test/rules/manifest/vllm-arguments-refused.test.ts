import { describe, expect, test } from 'vitest';
import { vllmArgumentsRefused as rule } from '../../../rules/manifest/vllm-arguments-refused.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const server = (args: string, model = 'Qwen/Qwen2.5-7B-Instruct', rest = ''): string => pod(`image: vllm/vllm-openai:v0.20.0\nargs: [--model, ${model}, ${args}]\nresources: { limits: { nvidia.com/gpu: 8 } }\n${rest}`);

describe('silent', () => {
  test('for what the model has, and for base models with more', () => {
    expect(said(rule, server('--max-model-len=32768, --tensor-parallel-size=4'))).toEqual([]);
    expect(said(rule, server('--max-model-len=131072', 'Qwen/Qwen2.5-7B'))).toEqual([]);
    expect(said(rule, server('--gpu-memory-utilization=0.9'))).toEqual([]);
  });

  test('for models and values that are not known, and paths', () => {
    expect(said(rule, server('--max-model-len=999999', 'acme/own-model'))).toEqual([]);
    expect(said(rule, server('--max-model-len=131072', '/models/Qwen2.5-7B-Instruct'))).toEqual([]);
    expect(said(rule, server('--max-model-len=$LENGTH, --tensor-parallel-size=$TP'))).toEqual([]);
  });

  test('where somebody changed the model, or the check', () => {
    expect(said(rule, server(`--max-model-len=131072, --hf-overrides, '{"rope_scaling":{"rope_type":"yarn","factor":4.0}}'`))).toEqual([]);
    expect(said(rule, server('--max-model-len=131072', undefined, 'env: [{ name: VLLM_ALLOW_LONG_MAX_MODEL_LEN, value: "1" }]'))).toEqual([]);
  });
});

describe('reports', () => {
  test('more tokens than the model has positions', () => {
    expect(first(judgeText(rule, server('--max-model-len=131072')))).toMatchObject({
      subject: 'Pod/default/test spec.containers[0].args[2]',
      message: 'container main: Qwen/Qwen2.5-7B-Instruct has 32768 positions and is asked to serve 131072 tokens: vLLM refuses more than the model has; it stops before it loads a weight, and starts over for ever',
      place: { found: 'a model length of 131072', snippet: '- --max-model-len=32768' },
    });
    expect(said(rule, server('--max-model-len=131072', undefined, 'env: [{ name: VLLM_ALLOW_LONG_MAX_MODEL_LEN, value: "0" }]'))).toHaveLength(1);
  });

  test('heads that do not split, with the size that uses the GPUs', () => {
    expect(first(judgeText(rule, server('--tensor-parallel-size=3')))).toMatchObject({
      message: 'container main: Qwen/Qwen2.5-7B-Instruct has 28 attention heads, which do not split evenly over tensor parallel 3; it stops before it loads a weight, and starts over for ever',
      place: { field: 'spec.containers[0].args[2]', expected: 'tensor parallel of 1, 2, 4, 28', snippet: '- --tensor-parallel-size=4' },
    });
    expect(first(judgeText(rule, server('--tensor-parallel-size=3').replace('gpu: 8', 'gpu: 3')))).toMatchObject({ place: { snippet: '- --tensor-parallel-size=2' } });
  });

  test('both, of ray.serve.llm', () => {
    const text = `apiVersion: ray.io/v1
kind: RayService
metadata: { name: llm }
spec:
  serveConfigV2: |
    applications:
      - import_path: ray.serve.llm:build_openai_app
        args:
          llm_configs:
            - model_loading_config: { model_id: q, model_source: Qwen/Qwen2.5-7B-Instruct }
              engine_kwargs: { tensor_parallel_size: 8, max_model_len: 65536 }
  rayClusterConfig: { headGroupSpec: { template: { spec: { containers: [{ name: ray, image: "ray:1" }] } } } }
`;
    expect(judgeText(rule, text).map((judgement) => ('undecided' in judgement ? '' : [judgement.place?.line, judgement.place?.snippet]))).toEqual([
      [11, 'engine_kwargs:\n  max_model_len: 32768'],
      [11, 'engine_kwargs:\n  tensor_parallel_size: 4'],
    ]);
  });
});
