import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { findPromtool } from '../../promtool.ts';
import { knownMetrics } from '../exported-metrics.ts';
import { readPromql } from '../promql.ts';
import { promtoolTest } from './promtool-test.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/prometheus.md');
const promtool = await findPromtool();

/** The YAML of the page, by the comment that stands above each block. */
const blocks = new Map([...page.matchAll(/<!-- (.+) -->\n```yaml\n([\s\S]*?)```/g)].map(([, name = '', text = '']) => [name, text]));
const block = (name: string): unknown => parse(blocks.get(name) ?? '');

interface Scrape {
  readonly scrape_configs: readonly ({ readonly kubernetes_sd_configs: unknown } & Readonly<Record<string, unknown>>)[];
}
interface Monitor {
  readonly spec: { readonly selector: { readonly matchLabels: object }; readonly [endpoints: string]: unknown };
}

test('every block of YAML says what it is', () => {
  expect(page.match(/```yaml/g)).toHaveLength(blocks.size);
  expect(blocks.size).toBe(7);
});

test.each(['deploy/kustomize/components/monitoring/pod-monitor.yaml', 'deploy/prometheus/service-monitor.yaml', 'deploy/prometheus/scrape-config.yaml'])(
  '%s is shown as it is',
  (path) => {
    expect(block(path)).toEqual(parse(read(path)));
  },
);

test('the monitors find the pods, the port and the Service of the installation', () => {
  const objects = parseAllDocuments(read('deploy/install.yaml')).map((document) => document.toJS() as Record<string, unknown>);
  const daemonSet = objects.find(({ kind }) => kind === 'DaemonSet');
  const service = objects.find(({ kind }) => kind === 'Service');
  expect(daemonSet).toMatchObject({ metadata: { name: 'railmedic', namespace: 'railmedic' }, spec: { template: { metadata: { labels: { 'app.kubernetes.io/name': 'railmedic' } } } } });
  expect(JSON.stringify(daemonSet)).toContain('{"name":"metrics","containerPort":9477');
  expect(service).toMatchObject({ metadata: { labels: { 'app.kubernetes.io/name': 'railmedic' } }, spec: { ports: [{ name: 'metrics' }] } });
  for (const [path, endpoints] of [
    ['deploy/kustomize/components/monitoring/pod-monitor.yaml', 'podMetricsEndpoints'],
    ['deploy/prometheus/service-monitor.yaml', 'endpoints'],
  ] as const) {
    const { spec } = parse(read(path)) as Monitor;
    expect(spec.selector.matchLabels).toEqual({ 'app.kubernetes.io/name': 'railmedic' });
    expect(spec[endpoints]).toMatchObject([{ port: 'metrics', interval: '15s', honorLabels: true }]);
  }
});

test('the annotations are a patch of the DaemonSet', () => {
  expect(block('annotations')).toEqual({
    spec: { template: { metadata: { annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9477', 'prometheus.io/path': '/metrics' } } } },
  });
});

test('what is shown of Alertmanager is in the example', () => {
  const example = parse(read('deploy/alertmanager/alertmanager.yaml')) as { route: object; inhibit_rules: readonly unknown[] };
  expect(example.route).toMatchObject(block('deploy/alertmanager/alertmanager.yaml: route') as object);
  expect(example.inhibit_rules).toEqual(expect.arrayContaining(block('deploy/alertmanager/alertmanager.yaml: inhibit_rules') as unknown[]));
});

test('the questions name what exists', async () => {
  const known = await knownMetrics();
  const questions = [...page.matchAll(/```promql\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  expect(questions).toHaveLength(2);
  for (const question of questions) expect(readPromql(question, known).problems).toEqual([]);
});

test('every file that the page names is there', () => {
  for (const [, path = ''] of page.matchAll(/\]\(([^)]+)\)/g)) expect(existsSync(join(root, dirname('docs/prometheus.md'), path)), path).toBe(true);
});

describe.skipIf(promtool.missing !== undefined)(`promtool ${promtool.missing ?? ''}`, () => {
  test('the questions answer the number of watched nodes, also where all are well', async () => {
    const node = (name: string): string => `railmedic_node_info{job="railmedic",instance="${name}:9477",node="${name}",instance_type="",zone="",node_group=""}`;
    const questions = [...page.matchAll(/```promql\n([\s\S]*?)```/g)].map(([, expr = '']) => ({ at: '2m', expr: expr.trim(), value: 2 }));
    expect(await promtoolTest(promtool.path, [{ name: 'questions', series: { [node('n1')]: '1x10', [node('n2')]: '1x10' }, expect: [], values: questions }])).toBe('');
  });

  test('accepts the configuration of a plain Prometheus', async () => {
    const { scrape_configs: jobs } = block('deploy/prometheus/scrape-config.yaml') as Scrape;
    // Debian's build knows no Kubernetes.
    const plain = jobs.map((job) => ({ ...job, kubernetes_sd_configs: undefined, static_configs: [{ targets: ['127.0.0.1:9477'] }] }));
    const directory = mkdtempSync(join(tmpdir(), 'railmedic-prometheus-'));
    try {
      writeFileSync(join(directory, 'railmedic-rules.yaml'), read('deploy/prometheus/rules.yaml'));
      writeFileSync(join(directory, 'prometheus.yml'), stringify({ ...(block('prometheus.yml') as object), scrape_configs: plain }));
      const { stdout } = await run(promtool.path, ['check', 'config', 'prometheus.yml'], { cwd: directory });
      expect(stdout).toContain('1 rule files found');
      expect(stdout).not.toContain('FAILED');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
