import { describe, expect, test } from 'vitest';
import { probesMissing as rule } from '../../../rules/manifest/probes-missing.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const probe = 'httpGet: { path: /health, port: 8000 }';
const server = (probes: string, command = '[vllm, serve, Qwen/Qwen2.5-7B]'): string => pod(`image: vllm/vllm-openai:v0.20.0\ncommand: ${command}\n${probes}`);
const all = `startupProbe: { ${probe} }\nreadinessProbe: { ${probe} }\nlivenessProbe: { ${probe} }`;

describe('silent', () => {
  test('with all three, of whatever kind', () => {
    expect(said(rule, server(all))).toEqual([]);
    expect(said(rule, server('startupProbe: { tcpSocket: { port: 8000 } }\nreadinessProbe: { exec: { command: [check] } }\nlivenessProbe: { grpc: { port: 1 } }'))).toEqual([]);
  });

  test('for what is no server of vLLM', () => {
    expect(said(rule, pod('image: trainer:1\ncommand: [torchrun, train.py]'))).toEqual([]);
    expect(said(rule, pod('image: ${IMAGE}\nargs: [--model, m]'))).toEqual([]);
    expect(said(rule, server('', '[python, -c, "from vllm import LLM; LLM(model=1)"]'))).toEqual([]);
  });

  test('for ranks that answer nobody, or may be such', () => {
    expect(said(rule, server('', '[vllm, serve, m, --headless]'))).toEqual([]);
    expect(said(rule, server('', '[vllm, serve, m, --nnodes, "2", --node-rank, "1"]'))).toEqual([]);
    expect(said(rule, server('', '[sh, -c, "vllm serve m --nnodes 2 --node-rank $RANK"]'))).toEqual([]);
  });

  test('on a Ray pod, whose probes KubeRay injects', () => {
    expect(
      said(
        rule,
        'apiVersion: ray.io/v1\nkind: RayService\nmetadata: { name: r }\nspec: { rayClusterConfig: { headGroupSpec: { rayStartParams: {}, template: { spec: { containers: [{ name: head, image: "a:1", command: [sh, -c, "vllm serve m"] }] } } } } }',
      ),
    ).toEqual([]);
  });

  test('in a Job, of which ServerRunsAsJob speaks', () => {
    expect(said(rule, 'apiVersion: batch/v1\nkind: Job\nmetadata: { name: j }\nspec: { template: { spec: { restartPolicy: Never, containers: [{ name: v, image: "a:1", command: [vllm, serve, m] }] } } }')).toEqual([]);
  });
});

describe('reports', () => {
  test('all that is missing, with the port that the server has', () => {
    expect(first(judgeText(rule, server('', '[vllm, serve, m, --port, "8200"]')))).toMatchObject({
      subject: 'Pod/default/test spec.containers[0]',
      message: 'container main runs a vLLM server without startupProbe, readinessProbe and livenessProbe: nothing tells a long load from a hang; requests arrive while the model still loads; a dead engine stays up and answers 503',
      evidence: { missing: ['startupProbe', 'readinessProbe', 'livenessProbe'] },
      place: {
        found: 'no startupProbe, readinessProbe and livenessProbe',
        snippet: expect.stringContaining('startupProbe:\n  httpGet:\n    path: /health\n    port: 8200\n  periodSeconds: 10\n  failureThreshold: 90   # 15 minutes to load the model\nreadinessProbe:') as string,
      },
    });
  });

  test('one that is missing', () => {
    expect(said(rule, server(`startupProbe: { ${probe} }\nreadinessProbe: { ${probe} }`))).toEqual(['7 spec.containers[0]: container main runs a vLLM server without livenessProbe: a dead engine stays up and answers 503']);
  });

  test('a start-up that only a patient livenessProbe covers, as a hint', () => {
    const patient = (delay: number): string => server(`readinessProbe: { ${probe} }\nlivenessProbe: { ${probe}, initialDelaySeconds: ${delay}, periodSeconds: 60, failureThreshold: 5 }`);
    expect(judgeText(rule, patient(1800))).toMatchObject([
      { severity: 'info', message: 'container main runs a vLLM server without startupProbe: its livenessProbe waits 2100 s in its place, so a server that hangs in its first 2100 s is not restarted' },
    ]);
    expect(judgeText(rule, patient(60))[0]).not.toHaveProperty('severity');
  });

  test("the image's own server", () => {
    expect(said(rule, pod('image: vllm/vllm-openai:v0.20.0\nargs: [--model, Qwen/Qwen2.5-7B]'))).toHaveLength(1);
  });
});
