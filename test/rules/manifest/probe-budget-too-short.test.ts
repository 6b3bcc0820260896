import { describe, expect, test } from 'vitest';
import { probeBudgetTooShort as rule } from '../../../rules/manifest/probe-budget-too-short.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const http = 'httpGet: { path: /health, port: 8000 }';
const server = (probes: string, rest = '', volumes = ''): string => pod(`image: vllm/vllm-openai:v0.20.0\ncommand: [vllm, serve, Qwen/Qwen2.5-7B]\n${probes}\n${rest}`, volumes === '' ? '' : `volumes: [{ name: w, ${volumes} }]`);
/** The source document's: 30 + 30 × 10. */
const source = `startupProbe: { ${http}, initialDelaySeconds: 30, periodSeconds: 10, failureThreshold: 30 }\nlivenessProbe: { ${http}, initialDelaySeconds: 120, periodSeconds: 30, failureThreshold: 3 }`;
const fsx = 'persistentVolumeClaim: { claimName: fsx }';
const at = (path: string): string => `volumeMounts: [{ name: w, mountPath: ${path} }]`;

describe('silent', () => {
  test('for 15 minutes and more', () => {
    expect(said(rule, server(`startupProbe: { ${http}, periodSeconds: 10, failureThreshold: 90 }`))).toEqual([]);
    expect(said(rule, server(`livenessProbe: { ${http}, initialDelaySeconds: 1800 }`))).toEqual([]);
  });

  test('without a probe that kills', () => {
    expect(said(rule, server(`readinessProbe: { ${http} }`))).toEqual([]);
  });

  test("for the source document's 330 s with weights on a volume", () => {
    expect(said(rule, server(source, at('/home/vllm/.cache/huggingface'), fsx))).toEqual([]);
    expect(said(rule, server(source, `${at('/shared')}\nenv: [{ name: HF_HOME, value: /shared/hf }]`, fsx))).toEqual([]);
    expect(said(rule, server(source, at('/models'), fsx).replace('Qwen/Qwen2.5-7B', '/models/qwen'))).toEqual([]);
    expect(said(rule, server(source).replace('Qwen/Qwen2.5-7B', '/opt/models/qwen')), 'in the image').toEqual([]);
  });

  test('where it cannot be seen whence the weights come', () => {
    expect(said(rule, server(source, 'env: [{ name: HF_HOME, valueFrom: { configMapKeyRef: { name: c, key: k } } }]'))).toEqual([]);
    expect(said(rule, server(source).replace('Qwen/Qwen2.5-7B', '$MODEL'))).toEqual([]);
  });

  test('on Ray pods and for other programs', () => {
    expect(said(rule, pod(`image: web:1\nlivenessProbe: { ${http} }`))).toEqual([]);
  });
});

describe('reports', () => {
  test("the source document's 330 s for a first download", () => {
    expect(first(judgeText(rule, server(source)))).toMatchObject({
      subject: 'Pod/default/test spec.containers[0].startupProbe',
      message: 'the startupProbe of container main kills the server after 330 s (30 + 30 × 10); a first start that downloads the weights takes up to 900 s, and the kill makes it begin again',
      evidence: { budgetSeconds: 330, neededSeconds: 900, weightsCached: false },
      place: { found: '330 s', expected: '900 s or more', snippet: 'startupProbe:\n  httpGet:\n    path: /health\n    port: 8000\n  periodSeconds: 10\n  failureThreshold: 90' },
    });
  });

  test('a volume that ends with the pod', () => {
    expect(said(rule, server(source, `${at('/cache')}\nenv: [{ name: HF_HOME, value: /cache }]`, 'emptyDir: {}'))).toHaveLength(1);
  });

  test('a livenessProbe that kills because no startupProbe is there, even with cached weights', () => {
    expect(said(rule, server(`livenessProbe: { ${http}, initialDelaySeconds: 60 }`, at('/home/vllm/.cache/huggingface'), fsx))).toEqual([
      '11 spec.containers[0].livenessProbe: the livenessProbe of container main kills the server after 90 s (60 + 3 × 10); loading from a volume, compiling and capturing take up to 180 s',
    ]);
  });

  test('by the seconds that the configuration asks for', () => {
    expect(said(rule, server(source), { startupSeconds: 300, cachedStartupSeconds: 60 })).toEqual([]);
  });

  test('nothing absurd of periods that nobody can mean', () => {
    const absurd = `startupProbe: { ${http}, periodSeconds: -1, failureThreshold: 1000000000000 }`;
    expect(said(rule, server(absurd))).toEqual([]);
    expect(first(judgeText(rule, server(`livenessProbe: { ${http}, periodSeconds: -1, failureThreshold: -5 }`))).place).toMatchObject({ found: '30 s', snippet: expect.stringContaining('periodSeconds: 10\n') });
  });
});
