import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { findPromtool } from '../../promtool.ts';
import { panelExpressions, variableExpressions } from './dashboards.ts';
import { INTERVAL_SECONDS, recordedSeries, rolledOut, type Series } from './recorded-series.ts';

const run = promisify(execFile);
const SECONDS = 300;
/** Early enough for the Xids and the link that went down, late enough for the longest windows of the rules. */
const MOMENTS = [30, 60, SECONDS];
/** Nodes with what the panels are to show: one-way traffic, Xids, a busy GPU, link errors, a card and a source that do not answer. */
const CAPTURES = ['efa-one-way', 'efa-healthy', 'h200-580-xid', 'recorded-h200-580-load', 'rdma-lab-link-down', 'rdma-lab-efa-card-errors'];

/** Panels that stay empty on these nodes, since nothing of the kind is wrong there. */
const EMPTY: readonly RegExp[] = [
  /^node, Not read, not delivered, [CE]$/,
  /^node, Clocks held down, share of time, [ABC]$/,
  /^node, Memory errors since the driver was loaded, [AB]$/,
];

test('every query of every dashboard and variable finds rows among recorded nodes, in the engine of Prometheus', async ({ skip }) => {
  const promtool = await findPromtool();
  skip(promtool.missing !== undefined, promtool.missing ?? '');
  const recorded = await Promise.all(CAPTURES.map(async (capture, index) => rolledOut(await recordedSeries(capture, `10.0.0.${index + 1}:9477`, SECONDS), 15, 90)));
  const expressions = [...panelExpressions(), ...variableExpressions()];
  const empty = await emptyOnes(promtool.path, [...recorded.flat(), ...podSeries(recorded[0] ?? []), ...lostNodes()], expressions.map(({ text }) => text));
  const silent = expressions.filter(({ text }) => empty.has(text)).map(({ where }) => where);
  expect(silent.filter((where) => !EMPTY.some((pattern) => pattern.test(where)))).toEqual([]);
  expect(EMPTY.filter((pattern) => !silent.some((where) => pattern.test(where))), 'no longer empty').toEqual([]);
}, 120_000);

test('the matrix shows the node that receives nothing in red and the healthy one in green', async ({ skip }) => {
  const promtool = await findPromtool();
  skip(promtool.missing !== undefined, promtool.missing ?? '');
  const [sick = [], healthy = []] = await Promise.all(['efa-one-way', 'efa-healthy'].map((capture, index) => recordedSeries(capture, `10.0.0.${index}:9477`, SECONDS)));
  const matrix = panelExpressions().find(({ where }) => where === 'fleet, Traffic, one way or both, A')?.text ?? '';
  const expressions = [0, 1, 2, 3].map((value) => `${matrix} == ${value}`);
  const node = (series: readonly Series[], name: string): readonly Series[] =>
    series.map((one) => ({ ...one, series: one.series.replace(/^(railmedic_node_info\{node=)"[^"]*"/, `$1"${name}"`) }));
  const both = [...node(sick, 'sick'), ...node(healthy, 'healthy')];
  const empty = await emptyOnes(promtool.path, both, [...expressions, `${matrix} == 3 and on (node) railmedic_node_info{node="sick"}`, `${matrix} == 1 and on (node) railmedic_node_info{node="healthy"}`], [SECONDS]);
  expect([...empty]).toEqual([expressions[0], expressions[2]]);
}, 120_000);

test('a rollout of the agent changes no number', async ({ skip }) => {
  const promtool = await findPromtool();
  skip(promtool.missing !== undefined, promtool.missing ?? '');
  const calm = await recordedSeries('efa-one-way', '10.0.0.1:9477', SECONDS);
  const panels = ['fleet, Nodes watched, A', 'fleet, Nodes, the worst first, E', 'fleet, Nodes, the worst first, A', 'fleet, Sent, the ten busiest nodes, A', 'fleet, What is wrong, C', 'node, Fabric devices, A'];
  // The newer pod comes to another cause.
  const other = rolledOut(calm, 15, SECONDS).map((one) => (one.series.includes('railmedic-new') ? { ...one, series: one.series.replace(/cause="[^"]+"/, 'cause="another"') } : one));
  const sums = panels.map((panel) => panelExpressions().find(({ where }) => where === panel)?.text ?? panel).flatMap((text) => [`count(${text})`, `sum(${text})`]);
  const numbers = await valuesOf(promtool.path, calm, sums, 60);
  expect(numbers).not.toContain(undefined);
  expect(await valuesOf(promtool.path, other, sums, 60)).toEqual(numbers);
}, 120_000);

test('sources that are not there are not called stale, beside one that hangs', async ({ skip }) => {
  const promtool = await findPromtool();
  skip(promtool.missing !== undefined, promtool.missing ?? '');
  const stale = panelExpressions().find(({ where }) => where === 'fleet, What the agents do not see, B')?.text ?? '';
  const pod = (name: string): string => `job="railmedic",instance="10.0.0.8:9477",namespace="railmedic",pod="${name}"`;
  const series = ['railmedic-old', 'railmedic-new'].flatMap((name) => [
    { series: `railmedic_node_info{node="stuck",instance_type="",zone="",node_group="",${pod(name)}}`, values: '1x100' },
    ...['infiniband', 'nvidia-query'].flatMap((collector) => [
      { series: `railmedic_collector_interval_seconds{collector="${collector}",${pod(name)}}`, values: '5x100' },
      { series: `railmedic_collector_last_success_timestamp_seconds{collector="${collector}",${pod(name)}}`, values: '-60x100' },
      { series: `railmedic_collector_absent{collector="${collector}",${pod(name)}}`, values: collector === 'infiniband' ? '0x100' : '1x100' },
    ]),
  ]);
  expect(await valuesOf(promtool.path, series, [`count(${stale})`, `count(${stale} and on (collector) railmedic_collector_absent{collector="infiniband"})`], SECONDS)).toEqual([1, 1]);
}, 120_000);

/** The one value of each expression; undefined where it has none. */
async function valuesOf(promtool: string, series: readonly Series[], expressions: readonly string[], at: number): Promise<readonly (number | undefined)[]> {
  const cases = expressions.map((expr) => ({ expr, eval_time: `${at}s`, exp_samples: [] }));
  const said = await promtoolSays(promtool, { interval: `${INTERVAL_SECONDS}s`, input_series: series, promql_expr_test: cases });
  return expressions.map((expr) => {
    const [, value] = /^[^]*?got:\s*\{\} (\S+)/.exec(said.split(`expr: ${JSON.stringify(expr)}, `)[1]?.split('expr: ')[0] ?? '') ?? [];
    return value === undefined ? undefined : Number(value);
  });
}

/** Which of these expressions have no row at any of the moments. */
async function emptyOnes(promtool: string, series: readonly Series[], expressions: readonly string[], moments = MOMENTS): Promise<ReadonlySet<string>> {
  const cases = expressions.flatMap((text) => moments.map((at) => ({ expr: `count(${text})`, eval_time: `${at}s`, exp_samples: [] })));
  const said = await promtoolSays(promtool, { interval: `${INTERVAL_SECONDS}s`, input_series: series, promql_expr_test: cases });
  // promtool puts the expression as Go does, in quotes.
  const filled = expressions.filter((text) => said.includes(`expr: ${JSON.stringify(`count(${text})`)}`));
  expect(filled.length, said.slice(0, 3000)).toBeGreaterThan(0);
  return new Set(expressions.filter((text) => !filled.includes(text)));
}

async function promtoolSays(promtool: string, test: object): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'railmedic-rows-'));
  const file = join(directory, 'test.yaml');
  await writeFile(file, stringify({ tests: [test] }, { lineWidth: 0 }));
  try {
    // It ends with 1, since most expressions do have rows where none were expected, and says which.
    const said = await run(promtool, ['test', 'rules', file], { maxBuffer: 64 << 20 }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error instanceof Error && 'stderr' in error && 'stdout' in error ? `${String(error.stdout)}${String(error.stderr)}` : ''),
    );
    expect(said).not.toMatch(/parse error|many-to-many|duplicate series/);
    return said;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A job on the first node: its pod holds the node's GPUs and devices. */
function podSeries(recorded: readonly Series[]): readonly Series[] {
  const target = 'job="railmedic",instance="10.0.0.1:9477"';
  const pod = 'namespace="ml",pod="grpo-worker-0"';
  const uuids = new Set(recorded.flatMap(({ series }) => /^railmedic_gpu_info\{.*?uuid="([^"]+)"/.exec(series)?.[1] ?? []));
  const info = { series: `railmedic_pod_info{${pod},workload_kind="RayCluster",workload="grpo",${target}}`, values: '1x100' };
  return [info, ...[...uuids].map((uuid) => ({ series: `railmedic_pod_device_info{${pod},device="${uuid}",${target}}`, values: '1x100' }))];
}

/** A GPU node without an agent, one whose agent has fallen silent, one whose agent hangs, and two of one name in two clusters. */
function lostNodes(): readonly Series[] {
  return [
    { series: 'kube_node_status_capacity{node="bare",resource="nvidia_com_gpu",instance="kube-state-metrics"}', values: '8x100' },
    { series: 'railmedic_node_info{node="silent",instance_type="",zone="",node_group="",job="railmedic",instance="10.0.0.9:9477"}', values: '1x10 stale' },
    { series: 'railmedic_node_info{node="stuck",instance_type="",zone="",node_group="",job="railmedic",instance="10.0.0.8:9477"}', values: '1x100' },
    { series: 'railmedic_collector_interval_seconds{collector="infiniband",job="railmedic",instance="10.0.0.8:9477"}', values: '5x100' },
    { series: 'railmedic_collector_last_success_timestamp_seconds{collector="infiniband",job="railmedic",instance="10.0.0.8:9477"}', values: '-60x100' },
    ...['cluster-a', 'cluster-b'].map((cluster, index) => ({
      series: `railmedic_node_info{cluster="${cluster}",node="other",instance_type="",zone="",node_group="",job="railmedic",instance="10.1.0.${index}:9477"}`,
      values: '1x100',
    })),
  ];
}
