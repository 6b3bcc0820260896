import { describe, expect, test } from 'vitest';
import { serverRunsAsJob as rule } from '../../../rules/manifest/server-runs-as-job.ts';
import { first, judgeText, said } from './manifests.ts';

const job = (script: string, rest = 'backoffLimit: 0', more = ''): string => `apiVersion: batch/v1
kind: Job
metadata: { name: serve }
spec:
  ${rest}
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: vllm
          image: nvcr.io/nvidia/pytorch:25.01-py3
          command: [bash, -c]
          args:
            - |
${script.split('\n').map((line) => `              ${line}`).join('\n')}
          resources: { limits: { nvidia.com/gpu: 1 } }
${more}`;

describe('silent', () => {
  test('for a Job that works with a server and ends', () => {
    expect(said(rule, job('vllm serve m --port 8000 &\nuntil curl -s localhost:8000/health; do sleep 5; done\nvllm bench serve --model m'))).toEqual([]);
    expect(said(rule, job("python3 - <<'EOF'\nfrom vllm import LLM\nLLM(model='m').generate(['a'])\nEOF"))).toEqual([]);
  });

  test('where another container works with it', () => {
    expect(said(rule, job('vllm serve m', 'backoffLimit: 0', '        - { name: client, image: "a:1", command: [python, evaluate.py] }\n'))).toEqual([]);
  });

  test('for a server of a training, and for what is no Job', () => {
    expect(said(rule, job('trl vllm-serve --model m &\naccelerate launch train_grpo.py'))).toEqual([]);
    expect(said(rule, job('vllm serve m').replace('batch/v1', 'apps/v1').replace('kind: Job', 'kind: Deployment'))).toEqual([]);
  });

  test('for a script that is not in the manifest', () => {
    expect(said(rule, job('bash /scripts/serve.sh'))).toEqual([]);
  });
});

describe('reports', () => {
  test("vLLM's server at the end of a script", () => {
    expect(first(judgeText(rule, job('set -e\nexport A=1\nexec vllm serve m --port 8000')))).toMatchObject({
      subject: 'Job/default/serve kind',
      message: 'container vllm is a server and runs as a Job with restartPolicy Never and backoffLimit 0: its first failure, or one failed liveness probe, ends it for good',
      evidence: { backoffLimit: 0, restartPolicy: 'Never' },
      place: { line: 2, found: 'kind: Job, restartPolicy: Never, backoffLimit: 0', expected: 'a Deployment, or a RayService for Ray Serve' },
    });
  });

  test('one in the background that is waited for', () => {
    expect(said(rule, job('vllm serve m &\nwait', 'completions: 1'))).toEqual(['2 kind: container vllm is a server and runs as a Job that gives up after 6 failures: then it stays down, and it has no rolling update']);
  });

  test('Ray Serve by hand', () => {
    expect(said(rule, job('ray start --head\nserve run app:deployment'))).toHaveLength(1);
    expect(said(rule, job("ray start --head\npython3 - <<'EOF'\nfrom ray import serve\nfrom vllm import AsyncLLMEngine, AsyncEngineArgs\nengine = AsyncLLMEngine.from_engine_args(AsyncEngineArgs(model='m'))\nserve.run(app)\nEOF\nsleep infinity"))).toHaveLength(1);
  });

  test('the image that starts the server by itself', () => {
    const plain = 'apiVersion: batch/v1\nkind: Job\nmetadata: { name: j }\nspec: { template: { spec: { restartPolicy: OnFailure, containers: [{ name: v, image: "vllm/vllm-openai:v0.20.0", args: [--model, m] }] } } }';
    expect(said(rule, plain)).toHaveLength(1);
  });
});
