import { describe, expect, test } from 'vitest';
import { ncclTimeoutIneffective as rule } from '../../../rules/manifest/nccl-timeout-ineffective.ts';
import { first, judgeText, said } from './manifests.ts';

const job = (command: string, { env = '{ name: NCCL_TIMEOUT, value: "7200" }', pods = 2, image = 'a:1' } = {}): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: train }
spec:
  completionMode: Indexed
  completions: ${pods}
  parallelism: ${pods}
  template:
    spec:
      containers:
        - name: trainer
          image: ${image}
          command: [bash, -c, "${command}"]
          env: [${env}]
          resources: { limits: { nvidia.com/gpu: 8 } }
`;

describe('silent', () => {
  test('with a timeout that the framework reads', () => {
    expect(said(rule, job('python -m verl.trainer.main_ppo actor_rollout_ref.nccl_timeout=7200'))).toEqual([]);
    expect(said(rule, job('accelerate launch train_grpo.py --ddp_timeout 7200'))).toEqual([]);
    expect(said(rule, job('torchrun pretrain_gpt.py --distributed-timeout-minutes 60'))).toEqual([]);
    expect(said(rule, job('deepspeed train.py', { env: '{ name: NCCL_TIMEOUT, value: "7200" }, { name: DEEPSPEED_TIMEOUT, value: "60" }' }))).toEqual([]);
    expect(said(rule, job('python mine.py --nccl_timeout_seconds=60'))).toEqual([]);
  });

  test('for one pod, for a server with one GPU, and without the variable', () => {
    expect(said(rule, job('python examples/run_grpo.py', { pods: 1 }))).toEqual([]);
    expect(said(rule, job('vllm serve a/b', { pods: 1 }).replace('gpu: 8', 'gpu: 1'))).toEqual([]);
    expect(said(rule, job('vllm serve a/b', { env: '' }))).toEqual([]);
    expect(said(rule, job('python examples/run_grpo.py', { env: '{ name: TORCH_NCCL_HEARTBEAT_TIMEOUT_SEC, value: "7200" }' }))).toEqual([]);
  });
});

describe('reports', () => {
  test('a framework that reads nothing', () => {
    expect(first(judgeText(rule, job('python examples/run_grpo.py')))).toMatchObject({
      message: "container trainer sets NCCL_TIMEOUT=7200, which neither NCCL nor PyTorch reads (NeMo RL passes no timeout either): collectives still time out after PyTorch's 10 minutes",
      place: { line: 15, field: 'spec.template.spec.containers[0].env[0]', found: 'NCCL_TIMEOUT=7200' },
    });
    expect(first(judgeText(rule, job('bash /shared/run.sh', { image: 'registry.example/nemo-rl-workshop:1' }))).severity, 'by its image').toBeUndefined();
  });

  test('a framework that reads another setting, with that setting', () => {
    expect(first(judgeText(rule, job('python -m verl.trainer.main_ppo'))).place?.snippet).toContain('actor_rollout_ref.nccl_timeout=7200');
  });

  test("with less weight where a script of one's own may read it", () => {
    expect(first(judgeText(rule, job('torchrun train.py')))).toMatchObject({ severity: 'info', message: expect.stringContaining('unless the script reads it itself') });
  });

  test('a vLLM server, as a remark', () => {
    expect(first(judgeText(rule, job('vllm serve a/b', { pods: 1 })))).toMatchObject({
      severity: 'info',
      message: 'container trainer sets NCCL_TIMEOUT=7200, which neither NCCL nor PyTorch nor vLLM reads: it changes nothing',
      place: { line: 15, field: 'spec.template.spec.containers[0].env[0]', expected: 'NCCL_TIMEOUT not set' },
    });
  });

  test('what a script exports, and a value from elsewhere', () => {
    expect(said(rule, job('export NCCL_TIMEOUT=1800; python examples/run_grpo.py', { env: '' }))[0]).toContain('sets NCCL_TIMEOUT=1800');
    expect(said(rule, job('python examples/run_grpo.py', { env: '{ name: NCCL_TIMEOUT, valueFrom: { secretKeyRef: { name: a, key: b } } }' }))[0]).toContain('sets NCCL_TIMEOUT, which');
  });
});
