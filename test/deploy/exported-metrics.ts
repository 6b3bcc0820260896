import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PodDevice } from '../../agent/model.ts';
import { prometheusExporter } from '../../exporters/prometheus.ts';
import { podFamilies } from '../../exporters/prometheus/pod-families.ts';
import { parse } from 'yaml';
import { report, finding, source } from '../exporters/fixture.ts';
import { readPromql, type Metrics } from './promql.ts';

const root = join(import.meta.dirname, '../..');

/** Metrics of others that rules and dashboards may stand on. */
const FOREIGN: Metrics = new Map([
  // Prometheus makes it for each scrape.
  ['up', new Set<string>()],
  // kube-state-metrics, docs/metrics/cluster/node-metrics.md.
  ['kube_node_status_capacity', new Set(['node', 'resource', 'unit'])],
]);

/** What Prometheus is told by the agent itself over every recorded node, and by one whose exporter has failed. */
export async function exportedMetrics(): Promise<Metrics> {
  const metrics = new Map<string, Set<string>>();
  for (const path of globSync('test/golden/*.metrics.txt', { cwd: root })) addExposition(metrics, readFileSync(join(root, path), 'utf8'));
  addExposition(metrics, await rendered());
  // No recorded node has an API server beside it.
  const device: PodDevice = { namespace: 'ml', pod: 'grpo-worker-0', resource: 'vpc.amazonaws.com/efa', device: 'rdmap79s0', kind: 'efa' };
  for (const { text } of podFamilies([device], { status: 'absent', why: 'not in this test' })) addExposition(metrics, text);
  return metrics;
}

/** The agent's metrics, those of others, and those that deploy/prometheus/rules.yaml records. */
export async function knownMetrics(): Promise<Metrics> {
  const known = new Map([...(await exportedMetrics()), ...FOREIGN]);
  const file = parse(readFileSync(join(root, 'deploy/prometheus/rules.yaml'), 'utf8')) as RulesFile;
  for (const { record, expr } of file.groups.flatMap(({ rules }) => rules)) {
    if (record === undefined) continue;
    // A rule may read its own last value: it has the labels that the rest of the rule gives it.
    const ofItself = known.get(record) ?? readPromql(expr, new Map([...known, [record, new Set<string>()]])).labels;
    known.set(record, readPromql(expr, new Map([...known, [record, ofItself]])).labels);
  }
  return known;
}

export interface RulesFile {
  readonly groups: readonly { readonly name: string; readonly interval: string; readonly rules: readonly RuleOfFile[] }[];
}
export interface RuleOfFile {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

async function rendered(): Promise<string> {
  const exporter = prometheusExporter({ version: '0.1.0' });
  exporter.countFailure('alertmanager');
  const findings = [finding(), finding({ shadow: true }), finding({ suppressed: 'known' })];
  await exporter.publish(report({ findings, sources: [source('infiniband', { intervalSeconds: 5 })] }), AbortSignal.timeout(10_000));
  const text = exporter.render().body.toString('utf8');
  await exporter.close();
  return text;
}

/** Adds the names and labels of the text format. */
function addExposition(metrics: Map<string, Set<string>>, text: string): void {
  for (const line of text.split('\n')) {
    const [, name, labels = ''] = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? /i.exec(line) ?? [];
    if (name === undefined) continue;
    const known = metrics.get(name) ?? new Set<string>();
    metrics.set(name, known);
    for (const [, label] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) if (label !== undefined) known.add(label);
  }
}
