import { describe, expect, test } from 'vitest';
import { gpuMemoryOverBudget as rule } from '../../../rules/manifest/gpu-memory-over-budget.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const server = (args: string, { type = 'g5.2xlarge', gpus = 1, selector = '' } = {}): string =>
  pod(`image: vllm/vllm-openai:v0.11.0\nargs: [${args}]\nresources: { limits: { nvidia.com/gpu: ${gpus} } }`, `nodeSelector: { ${selector === '' ? `node.kubernetes.io/instance-type: ${type}` : selector} }`);
const training = (command: string, type = 'p4d.24xlarge', gpus = 8): string => pod(`image: a:1\ncommand: [bash, -c, "${command}"]\nresources: { limits: { nvidia.com/gpu: ${gpus} } }`, `nodeSelector: { node.kubernetes.io/instance-type: ${type} }`);
const large = '--model, Qwen/Qwen2.5-14B-Instruct, --max-model-len, "4096"';

describe('silent', () => {
  test('where it fits', () => {
    expect(said(rule, server('--model, Qwen/Qwen2.5-7B-Instruct, --max-model-len, "4096"'))).toEqual([]);
    expect(said(rule, server(`${large}, --tensor-parallel-size=2`, { type: 'g5.12xlarge', gpus: 4 }))).toEqual([]);
    expect(said(rule, server('--model, meta-llama/Llama-3.1-70B-Instruct, --tensor-parallel-size, "8"', { type: 'p5.48xlarge', gpus: 8 }))).toEqual([]);
    expect(said(rule, server(`${large}, --quantization=awq`))).toEqual([]);
  });

  test('where model or GPU is not known', () => {
    expect(said(rule, server('--model, example/seven-7b'))).toEqual([]);
    expect(said(rule, server('--model, Qwen/Qwen2.5-14B-Instruct-AWQ'))).toEqual([]);
    expect(said(rule, server(large, { type: 'unknown.type' }))).toEqual([]);
    expect(said(rule, server(large, { selector: 'karpenter.k8s.aws/instance-gpu-name: a100' })), 'an A100 of 40 or 80 GB').toEqual([]);
    expect(said(rule, server(large, { selector: 'nvidia.com/gpu.product: NVIDIA-GH200-480GB' }))).toEqual([]);
  });

  test('where a setting that counts is not known, or not modelled', () => {
    expect(said(rule, server(`${large}, --tensor-parallel-size, $TP`))).toEqual([]);
    expect(said(rule, server(`${large}, --config=/etc/vllm.yaml`))).toEqual([]);
    expect(said(rule, server(`${large}, --cpu-offload-gb=20`))).toEqual([]);
    expect(said(rule, server(`${large}, --quantization=experts_int8`))).toEqual([]);
  });

  test('for a checkpoint that is quantised as it is published', () => {
    expect(said(rule, server('--model, openai/gpt-oss-20b, --max-model-len, "8192"')), '38.9 GiB in bf16, 12.8 in mxfp4').toEqual([]);
    expect(said(rule, server('--model, deepseek-ai/DeepSeek-R1, --tensor-parallel-size=8', { type: 'p5en.48xlarge', gpus: 8 }))).toEqual([]);
    expect(said(rule, training('python examples/run_grpo.py policy.model_name=openai/gpt-oss-120b policy.generation.vllm_cfg.gpu_memory_utilization=0.6')), 'what the trainer makes of it is not known').toEqual([]);
  });

  test("for the guide's colocated run, also at the share that its own sum rejects", () => {
    const run = (share: number): string => training(`python examples/run_grpo.py policy.model_name=Qwen/Qwen2.5-7B policy.dtensor_cfg.lora_cfg.enabled=true policy.generation.vllm_cfg.gpu_memory_utilization=${share}`);
    expect(said(rule, run(0.6))).toEqual([]);
    expect(said(rule, run(0.85))).toEqual([]);
  });
});

describe('reports', () => {
  test('weights that no share can hold, and what would fit', () => {
    expect(first(judgeText(rule, server(large)))).toMatchObject({
      message: 'container main: Qwen/Qwen2.5-14B-Instruct on A10G: vLLM needs at least 30.6 GiB on each GPU (weights 27.5, CUDA graphs 1.1, CUDA and NCCL 1.0) and has 20.1, 0.9 of the GPU (gpu_memory_utilization): vLLM will not start',
      place: { found: '30.6 GiB needed on each GPU, 20.1 there', snippet: '- --tensor-parallel-size=2' },
      evidence: { model: 'Qwen/Qwen2.5-14B-Instruct', gpu: 'A10G', phase: 'serving' },
    });
    expect(first(judgeText(rule, server(large))).place?.expected).toContain('split the model over 2 GPUs (tensor parallel 2)');
  });

  test('a quantised checkpoint that is too large even so', () => {
    expect(said(rule, server('--model, openai/gpt-oss-120b'))[0]).toContain('weights 60.');
  });

  test("a cache for one request of the model's own length", () => {
    expect(said(rule, server('--model, meta-llama/Llama-3.1-8B-Instruct'))[0]).toContain('KV cache 16.0');
    expect(said(rule, server('--model, meta-llama/Llama-3.1-8B-Instruct, --max-model-len=8192'))).toEqual([]);
  });

  test('a GPU by its label or by the accelerator type of ray.serve.llm', () => {
    expect(said(rule, server(large, { selector: 'nvidia.com/gpu.product: NVIDIA-A10G' }))).toHaveLength(1);
    expect(said(rule, server(large, { selector: 'cloud.google.com/gke-accelerator: nvidia-l4' }))).toHaveLength(1);
    const service = `
apiVersion: ray.io/v1
kind: RayService
metadata: { name: llm }
spec:
  serveConfigV2: |
    applications:
      - name: llm
        import_path: ray.serve.llm:build_openai_app
        args:
          llm_configs:
            - model_loading_config: { model_id: q, model_source: Qwen/Qwen2.5-14B-Instruct }
              accelerator_type: L4
              engine_kwargs: { max_model_len: 4096 }
  rayClusterConfig:
    headGroupSpec: { rayStartParams: {}, template: { spec: { containers: [{ name: head, image: "a:1" }] } } }
`;
    expect(first(judgeText(rule, service)).place?.snippet).toBe('engine_kwargs:\n  tensor_parallel_size: 2');
  });

  test('full training beside vLLM on one node', () => {
    const found = first(judgeText(rule, training('python examples/run_grpo.py policy.model_name=Qwen/Qwen2.5-32B policy.generation.vllm_cfg.gpu_memory_utilization=0.6 policy.generation.vllm_cfg.tensor_parallel_size=8')));
    expect(found.evidence).toMatchObject({ phase: 'training', framework: 'nemo-rl' });
    expect(found.message).toContain('8 × A100 40GB: the trainer needs at least');
  });

  test('within the slack nothing', () => {
    expect(said(rule, server(large), { slackRatio: 0.6 })).toEqual([]);
  });
});
