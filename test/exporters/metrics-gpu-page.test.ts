import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { GPU_METRICS } from '../../exporters/prometheus/gpu-metrics.ts';
import { findPromtool } from '../promtool.ts';

const PAGE = join(import.meta.dirname, '../../docs/metrics-gpu.md');
const XIDS = '48|62|64|74|79|95|119|120';

/** Two nodes, two GPUs each; on the first, GPU 0 waits for a peer and GPU 1 met an Xid 79 and is hot. */
const SERIES: Readonly<Record<string, string>> = {
  'railmedic_gpu_info{instance="a",node="a",gpu="0",uuid="GPU-a0",name="NVIDIA H200"}': '1x20',
  'railmedic_gpu_info{instance="a",node="a",gpu="1",uuid="GPU-a1",name="NVIDIA H200"}': '1x20',
  'railmedic_gpu_info{instance="b",node="b",gpu="0",uuid="GPU-b0",name="NVIDIA H200"}': '1x20',
  'railmedic_gpu_info{instance="b",node="b",gpu="1",uuid="GPU-b1",name="NVIDIA H200"}': '1x20',
  'railmedic_gpu_sm_ratio{instance="a",node="a",gpu="0",uuid="GPU-a0"}': '1x20',
  'railmedic_gpu_sm_ratio{instance="a",node="a",gpu="1",uuid="GPU-a1"}': '1x20',
  'railmedic_gpu_memory_utilization_ratio{instance="a",node="a",gpu="0",uuid="GPU-a0"}': '0x20',
  'railmedic_gpu_memory_utilization_ratio{instance="a",node="a",gpu="1",uuid="GPU-a1"}': '0.3x20',
  'railmedic_gpu_temperature_celsius{instance="a",node="a",gpu="1",uuid="GPU-a1"}': '88x20',
  'railmedic_gpu_utilization_ratio{instance="a",node="a",gpu="0",uuid="GPU-a0"}': '1x20',
  'railmedic_gpu_utilization_ratio{instance="b",node="b",gpu="0",uuid="GPU-b0"}': '0.5x20',
  'railmedic_gpu_throttle_hw_thermal_slowdown_seconds_total{instance="a",node="a",gpu="1",uuid="GPU-a1"}': '0+15x20',
  'railmedic_gpu_throttle_sw_thermal_slowdown_seconds_total{instance="a",node="a",gpu="1",uuid="GPU-a1"}': '0x20',
  'railmedic_gpu_xid_last_timestamp_seconds{instance="a",node="a",gpu="1",uuid="GPU-a1",xid="79"}': '300x20',
  'railmedic_gpu_xid_last_timestamp_seconds{instance="b",node="b",gpu="1",uuid="GPU-b1",xid="31"}': '300x20',
  'DCGM_FI_DEV_GPU_TEMP{UUID="GPU-a0",exported_namespace="ml",exported_pod="grpo-0",Hostname="a"}': '60x20',
  'DCGM_FI_DEV_GPU_TEMP{UUID="GPU-b0",Hostname="b"}': '60x20',
  'kube_pod_container_resource_requests{node="a",namespace="ml",pod="grpo-0",container="c",resource="nvidia_com_gpu"}': '2x20',
  'kube_pod_container_resource_requests{node="b",namespace="ml",pod="grpo-1",container="c",resource="nvidia_com_gpu"}': '2x20',
  'kube_node_status_allocatable{node="a",resource="nvidia_com_gpu"}': '2x20',
  'kube_node_status_allocatable{node="b",resource="nvidia_com_gpu"}': '1x20',
};

/** What each expression of the page gives for them at ten minutes, in the order of the page. */
const ANSWERS = [
  [{ labels: '{instance="a",node="a",gpu="1",uuid="GPU-a1",xid="79"}', value: 300 }],
  [{ labels: 'railmedic_gpu_sm_ratio{instance="a",node="a",gpu="0",uuid="GPU-a0"}', value: 1 }],
  [{ labels: '{instance="a",node="a",gpu="1",uuid="GPU-a1"}', value: 0.25 }],
  [{ labels: '{instance="a",node="a",gpu="1",uuid="GPU-a1",name="NVIDIA H200"}', value: 88 }],
  [{ labels: '{instance="a",node="a",gpu="0",uuid="GPU-a0",exported_namespace="ml",exported_pod="grpo-0"}', value: 1 }],
  [{ labels: '{node="a",namespace="ml",pod="grpo-0"}', value: 2 }],
  [{ labels: '{node="b"}', value: 1 }],
];

test('every expression of the page answers what it says', { timeout: 300_000 }, async (context) => {
  const promtool = await findPromtool();
  context.skip(promtool.missing !== undefined, promtool.missing);
  const page = await readFile(PAGE, 'utf8');
  const expressions = [...page.matchAll(/```promql\n([^]*?)```/g)].map(([, text]) => text ?? '');
  expect(expressions).toHaveLength(ANSWERS.length);
  const samples = expressions.map((expr, index) => ({ expr, eval_time: '10m', exp_samples: ANSWERS[index] }));
  const input_series = Object.entries(SERIES).map(([series, values]) => ({ series, values }));
  const tests = { evaluation_interval: '1m', tests: [{ interval: '1m', input_series, promql_expr_test: samples }] };
  const directory = await mkdtemp(join(tmpdir(), 'railmedic-promql-'));
  context.onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'test.yaml');
  await writeFile(file, stringify(tests));
  const { stdout } = await promisify(execFile)(promtool.path, ['test', 'rules', file]);
  expect(stdout).toContain('SUCCESS');
});

test('the page names every metric', async () => {
  const page = await readFile(PAGE, 'utf8');
  expect(page).toContain(`xid=~"${XIDS}"`);
  const named = [...page.matchAll(/`([a-z_{},]+)`/g)].flatMap(([, name]) => spelt(name ?? ''));
  const withMax = [...named, ...named.map((name) => name.replace(/(_hertz)?$/, '_max$1'))];
  const known = GPU_METRICS.map(({ name }) => name.replace('railmedic_gpu_', ''));
  expect(known.filter((name) => !withMax.includes(name))).toEqual([]);
});

/** `a_{b,c}_d` as `a_b_d` and `a_c_d`. */
function spelt(name: string): readonly string[] {
  const [whole, before = '', choices = '', after = ''] = /^(.*?)\{([^}]*)\}(.*)$/.exec(name) ?? [];
  return whole === undefined ? [name] : choices.split(',').flatMap((choice) => spelt(before + choice + after));
}
