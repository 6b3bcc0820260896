import { describe, expect, test } from 'vitest';
import { loraDisabled as rule } from '../../../rules/manifest/lora-disabled.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const run = (command: string, type = 'p4d.24xlarge'): string => pod(`image: a:1\ncommand: [bash, -c, "${command}"]\nresources: { limits: { nvidia.com/gpu: 8 } }`, `nodeSelector: { node.kubernetes.io/instance-type: ${type} }`);
const nemo = (rest = '', model = 'Qwen/Qwen2.5-7B'): string => `python examples/run_grpo.py policy.model_name=${model} ${rest}`;

describe('silent', () => {
  test('with LoRA', () => {
    expect(said(rule, run(nemo('policy.dtensor_cfg.lora_cfg.enabled=true')))).toEqual([]);
    expect(said(rule, run('python -m verl.trainer.main_ppo actor_rollout_ref.model.lora_rank=8'))).toEqual([]);
    expect(said(rule, run('accelerate launch train_grpo.py --vllm_mode colocate --use_peft'))).toEqual([]);
  });

  test('where a file or a variable may turn it on', () => {
    expect(said(rule, run(nemo('--config mine.yaml')))).toEqual([]);
    expect(said(rule, run(nemo('policy.dtensor_cfg.lora_cfg.enabled=$LORA')))).toEqual([]);
  });

  test('on large or unknown GPUs, apart from vLLM, for a small model, without reinforcement', () => {
    expect(said(rule, run(nemo(), 'p5.48xlarge'))).toEqual([]);
    expect(said(rule, run(nemo(), 'unknown.type'))).toEqual([]);
    expect(said(rule, run(nemo('policy.generation.colocated.enabled=false')))).toEqual([]);
    expect(said(rule, run(nemo('', 'Qwen/Qwen2.5-1.5B')))).toEqual([]);
    expect(said(rule, run('python examples/run_sft.py'))).toEqual([]);
  });
});

test('reports full training on small GPUs that vLLM shares', () => {
  expect(first(judgeText(rule, run(nemo())))).toMatchObject({
    message: 'Qwen/Qwen2.5-7B is trained in full on A100 40GB with 40 GiB that vLLM shares: gradients and AdamW state take 14 bytes a parameter, 98 GB in all, an adapter of rank 8 less than 1 % of that',
    place: { snippet: 'policy.dtensor_cfg.lora_cfg.enabled=true policy.dtensor_cfg.lora_cfg.dim=8' },
  });
  expect(said(rule, run(nemo('--config mine.yaml policy.dtensor_cfg.lora_cfg.enabled=false')))).toHaveLength(1);
  expect(said(rule, run('python -m verl.trainer.main_ppo actor_rollout_ref.model.path=Qwen/Qwen3-8B actor_rollout_ref.model.lora_rank=0'))).toHaveLength(1);
});
