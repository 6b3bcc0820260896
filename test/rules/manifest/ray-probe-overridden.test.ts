import { describe, expect, test } from 'vitest';
import { rayProbeOverridden as rule } from '../../../rules/manifest/ray-probe-overridden.ts';
import { pod, said } from './manifests.ts';

const ray = (worker: string, head = ''): string => `apiVersion: ray.io/v1
kind: RayService
metadata: { name: llm }
spec:
  rayClusterConfig:
    headGroupSpec: { rayStartParams: {}, template: { spec: { containers: [{ name: head, image: "ray:1"${head} }] } } }
    workerGroupSpecs:
      - groupName: gpu
        rayStartParams: {}
        template: { spec: { containers: [{ name: worker, image: "ray:1"${worker} }, { name: sidecar, image: "a:1", livenessProbe: { httpGet: { path: /health, port: 8000 } } }] } }
`;
const health = 'httpGet: { path: /health, port: 8000 }';

describe('silent', () => {
  test('without probes, and with those that ask Ray', () => {
    expect(said(rule, ray(''))).toEqual([]);
    expect(said(rule, ray(', livenessProbe: { httpGet: { path: /api/local_raylet_healthz, port: 52365 } }'))).toEqual([]);
    expect(said(rule, ray(', readinessProbe: { httpGet: { path: /-/healthz, port: 8000 } }'))).toEqual([]);
    expect(said(rule, ray(', readinessProbe: { exec: { command: [bash, -c, "wget -q -O- http://localhost:8000/-/healthz"] } }'))).toEqual([]);
  });

  test('for another port, which something of the user may serve', () => {
    expect(said(rule, ray(', livenessProbe: { httpGet: { path: /health, port: 9000 } }'))).toEqual([]);
  });

  test('where vLLM runs on the pod, or may', () => {
    expect(said(rule, ray('', `, command: [sh, -c, "ray start --head; vllm serve m"], livenessProbe: { ${health} }`))).toEqual([]);
    expect(said(rule, ray('', `, command: [/start.sh], livenessProbe: { ${health} }`))).toEqual([]);
  });

  test('on a server that stands alone', () => {
    expect(said(rule, pod(`image: vllm/vllm-openai:v0.20.0\ncommand: [vllm, serve, m]\nlivenessProbe: { ${health} }`))).toEqual([]);
  });
});

describe('reports', () => {
  test('each of them with what follows', () => {
    const field = 'spec.rayClusterConfig.workerGroupSpecs[0].template.spec.containers[0]';
    const why = "asks for vLLM's /health on port 8000; on a Ray pod nothing answers there unless a Serve proxy and a replica happen to run on it, so";
    expect(said(rule, ray(`, livenessProbe: { ${health} }, readinessProbe: { ${health} }`))).toEqual([
      `10 ${field}.readinessProbe: the readinessProbe of container worker ${why} the pod never becomes ready (pods of gpu)`,
      `10 ${field}.livenessProbe: the livenessProbe of container worker ${why} the kubelet kills the pod again and again (pods of gpu)`,
    ]);
  });

  test('on the head, by the name of a port, and by curl', () => {
    expect(said(rule, ray('', ', ports: [{ name: serve, containerPort: 8000 }], startupProbe: { httpGet: { path: /health, port: serve } }'))[0]).toContain('the startupProbe of container head');
    expect(said(rule, ray(', livenessProbe: { exec: { command: [curl, -f, "http://localhost:8000/health"] } }'))).toHaveLength(1);
  });
});
