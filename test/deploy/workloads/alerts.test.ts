import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPromtool } from '../../promtool.ts';
import { readObjects, WORKLOADS } from './kustomize.ts';
import { at } from './overlays.ts';

const promtool = await findPromtool();
const run = promisify(execFile);

interface Case {
  readonly alert: string;
  /** Scrapes 30 s apart, in promtool's notation. */
  readonly series: Readonly<Record<string, string>>;
  readonly silentAt?: string;
  readonly firesAt: string;
  readonly summary: string;
  readonly labels: Readonly<Record<string, string>>;
}

const engine = '{namespace="ml", pod="vllm-x", model_name="m"}';
const RAY: readonly Case[] = [
  {
    alert: 'ServingReplicaPending',
    series: { 'kube_pod_status_phase{phase="Pending", namespace="ml", pod="vllm-abcde-gpu-workers-worker-x"}': '1x60', 'kube_pod_status_phase{phase="Pending", namespace="ml", pod="other"}': '1x60' },
    silentAt: '14m',
    firesAt: '15m',
    summary: 'ml/vllm-abcde-gpu-workers-worker-x has been pending for 15 minutes: longer than a cold start',
    labels: { severity: 'warning', namespace: 'ml', pod: 'vllm-abcde-gpu-workers-worker-x' },
  },
  {
    alert: 'ServingDown',
    series: { 'kuberay_service_condition_ready{condition="false", name="vllm", namespace="ml", uid="1"}': '1x30', 'kuberay_service_condition_ready{condition="true", name="vllm", namespace="b", uid="2"}': '1x30' },
    silentAt: '4m',
    firesAt: '5m',
    summary: 'RayService ml/vllm has had no ready endpoint for 5 minutes',
    labels: { severity: 'critical', namespace: 'ml', name: 'vllm' },
  },
  {
    alert: 'ServingReplicaUnhealthy',
    series: { 'ray_serve_deployment_replica_healthy{namespace="ml", application="llm", deployment="LLMServer:m", replica="r1", pod="a"}': '0x30', 'ray_serve_deployment_replica_healthy{namespace="ml", application="llm", deployment="LLMServer:m", replica="r2", pod="a"}': '1x30' },
    silentAt: '1m',
    firesAt: '2m',
    summary: 'Replica r1 of LLMServer:m has failed its health check for 2 minutes',
    labels: { severity: 'warning', namespace: 'ml', application: 'llm', deployment: 'LLMServer:m', replica: 'r1' },
  },
  {
    alert: 'ServingProxyUnhealthy',
    series: { 'ray_serve_proxy_status{namespace="ml", pod="a"}': '3x30', 'ray_serve_proxy_status{namespace="ml", pod="b"}': '2x30', 'ray_serve_proxy_status{namespace="ml", pod="c"}': '4x30' },
    silentAt: '1m',
    firesAt: '2m',
    summary: 'The Serve proxy of ml/a is unhealthy: requests sent there fail',
    labels: { severity: 'warning', namespace: 'ml', pod: 'a' },
  },
  {
    alert: 'ServingRequestsQueue',
    series: { 'ray_serve_deployment_queued_queries{namespace="ml", application="llm", deployment="d", pod="a"}': '10x30', 'ray_serve_deployment_queued_queries{namespace="ml", application="llm", deployment="d", pod="b"}': '7x30' },
    silentAt: '4m',
    firesAt: '5m',
    summary: "17 requests wait for d: a replica's worth, for 5 minutes",
    labels: { severity: 'warning', namespace: 'ml', application: 'llm', deployment: 'd' },
  },
  {
    alert: 'ServingEngineStalled',
    series: { [`ray_vllm_num_requests_running${engine}`]: '3x30', [`ray_vllm_generation_tokens_total${engine}`]: '0+300x10 3000x20', [`ray_vllm_num_requests_running${engine.replace('vllm-x', 'busy')}`]: '3x30', [`ray_vllm_generation_tokens_total${engine.replace('vllm-x', 'busy')}`]: '0+300x30' },
    silentAt: '6m',
    firesAt: '9m30s',
    summary: 'The engine in ml/vllm-x has requests and has produced no token for 2 minutes',
    labels: { severity: 'critical', namespace: 'ml', pod: 'vllm-x', model_name: 'm' },
  },
  {
    alert: 'ServingCacheFull',
    series: { [`ray_vllm_kv_cache_usage_perc${engine}`]: '0.99x40', [`ray_vllm_num_requests_waiting${engine}`]: '2x40' },
    silentAt: '9m',
    firesAt: '10m',
    summary: 'The KV cache in ml/vllm-x has been full for 10 minutes, with requests waiting',
    labels: { severity: 'warning', namespace: 'ml', pod: 'vllm-x', model_name: 'm' },
  },
  {
    alert: 'ServingMetricsAbsent',
    series: { 'ray_serve_deployment_replica_healthy{deployment="OpenAiIngress"}': '1x60' },
    silentAt: '14m',
    firesAt: '15m',
    summary: 'No LLM replica has reported for 15 minutes: the alerts of this group are blind',
    labels: { severity: 'warning' },
  },
];
/** The same names where they mean the same, over a stand-alone vLLM's own series. */
const STANDALONE: readonly Case[] = RAY.flatMap((given): readonly Case[] => {
  const series = Object.fromEntries(Object.entries(given.series).map(([name, values]) => [name.replace('ray_vllm_', 'vllm:').replace('vllm-abcde-gpu-workers-worker-x', 'vllm-standalone-x'), values]));
  if (given.alert === 'ServingReplicaPending') return [{ ...given, series, summary: given.summary.replace('vllm-abcde-gpu-workers-worker-x', 'vllm-standalone-x'), labels: { ...given.labels, pod: 'vllm-standalone-x' } }];
  if (given.alert === 'ServingEngineStalled' || given.alert === 'ServingCacheFull') return [{ ...given, series }];
  if (given.alert === 'ServingRequestsQueue') return [{ ...given, series: { 'vllm:num_requests_waiting{namespace="ml", pod="a", model_name="m"}': '17x30' }, summary: "17 requests wait for m: a replica's worth, for 5 minutes", labels: { severity: 'warning', namespace: 'ml', model_name: 'm' } }];
  if (given.alert === 'ServingDown') {
    const down = { 'kube_deployment_status_replicas_available{namespace="ml", deployment="vllm-standalone"}': '0x30' };
    return [{ ...given, series: down, summary: 'Deployment ml/vllm-standalone has had no ready replica for 5 minutes', labels: { severity: 'critical', namespace: 'ml', deployment: 'vllm-standalone' } }];
  }
  return [];
});

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'railmedic-alerts-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Rule {
  readonly alert: string;
  readonly annotations: { readonly summary: string; readonly description: string };
}

async function groupsOf(workload: string): Promise<readonly { readonly rules: readonly Rule[] }[]> {
  const [object] = readObjects(await readFile(join(WORKLOADS, workload, 'monitoring/prometheus-rule.yaml'), 'utf8'));
  return at(object, 'spec.groups') as unknown as readonly { readonly rules: readonly Rule[] }[];
}

async function promtoolSays(workload: string, cases: readonly Case[]): Promise<string> {
  const groups = (await groupsOf(workload)).map((group) => ({ ...group, rules: group.rules.map((rule) => ({ ...rule, annotations: { summary: rule.annotations.summary } })) }));
  await writeFile(join(directory, 'rules.yaml'), stringify({ groups }));
  const tests = cases.map(({ alert, series, silentAt, firesAt, summary, labels }) => ({
    interval: '30s',
    input_series: Object.entries(series).map(([key, values]) => ({ series: key, values })),
    alert_rule_test: [
      ...(silentAt === undefined ? [] : [{ eval_time: silentAt, alertname: alert, exp_alerts: [] }]),
      { eval_time: firesAt, alertname: alert, exp_alerts: [{ exp_labels: labels, exp_annotations: { summary } }] },
    ],
  }));
  await writeFile(join(directory, 'test.yaml'), stringify({ rule_files: ['rules.yaml'], evaluation_interval: '30s', tests }));
  try {
    await run(promtool.path, ['test', 'rules', 'test.yaml'], { cwd: directory, timeout: 60_000 });
    return '';
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && 'stderr' in error) return `${String(error.stdout)}${String(error.stderr)}`;
    throw error;
  }
}

describe.each([
  { workload: 'vllm-rayservice', cases: RAY },
  { workload: 'vllm-deployment', cases: STANDALONE },
])('the alerts of $workload', ({ workload, cases }) => {
  test('each has a case here, a summary and what to do', async () => {
    const rules = (await groupsOf(workload)).flatMap((group) => group.rules);
    expect(rules.map(({ alert }) => alert)).toEqual(cases.map(({ alert }) => alert));
    for (const { annotations } of rules) expect([annotations.summary, annotations.description].every((text) => text.length > 30)).toBe(true);
  });

  test.skipIf(promtool.missing !== undefined)(`fire when they should and not before ${promtool.missing ?? ''}`, async () => {
    expect(await promtoolSays(workload, cases)).toBe('');
  });
});
