import { existsSync, readFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ruleGroups } from '../../../deploy/prometheus/source/groups.ts';
import { DEFAULT_LINKS, linksFrom } from '../../../deploy/prometheus/source/links.ts';
import { nodesToWatch } from '../../../deploy/prometheus/source/watched-nodes.ts';
import { RULES } from '../../../rules/index.ts';
import { findPromtool } from '../../promtool.ts';
import { knownMetrics, type RulesFile } from '../exported-metrics.ts';
import { promtoolTest, RULES_FILE } from './promtool-test.ts';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const file = parse(read('deploy/prometheus/rules.yaml')) as RulesFile;
const alerts = file.groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);
const records = file.groups.flatMap(({ rules }) => rules.flatMap(({ record }) => record ?? []));
const FLEET = ['FleetOneWayTraffic', 'FleetRailSlow', 'FleetXidBurst', 'RailmedicAgentMissing', 'RailmedicDataStale', 'RailmedicCollectorFailing'];
const readme = read('deploy/prometheus/README.md');
const promtool = await findPromtool();

describe('the alerts', () => {
  test('are the rules of warning or worse, and those of the fleet', () => {
    const ofRules = RULES.filter(({ severity, group }) => severity !== 'info' && group !== 'manifest').map(({ name }) => name);
    expect([...new Set(alerts.flatMap(({ alert }) => alert ?? []))].toSorted()).toEqual([...ofRules, ...FLEET].toSorted());
  });

  test.each(alerts.map((alert) => [`${alert.alert} ${alert.labels?.['scope'] ?? ''}`, alert] as const))('%s says what a person needs', (_, alert) => {
    expect(alert.labels?.['severity']).toMatch(/^(critical|warning|\{\{ \$labels\.severity \}\})$/);
    expect(alert.for).toMatch(/^\d+[sm]$/);
    expect(alert.keep_firing_for).toMatch(/^\d+m$/);
    const { summary = '', description = '', check = '', runbook_url: runbook = '', dashboard_url: dashboard = '' } = alert.annotations ?? {};
    expect(summary).toMatch(/^[^{}]+\.$/);
    if (!alert.expr.startsWith('absent(')) expect(description).toContain('{{ $');
    expect(check).not.toBe('');
    // What fails as a whole where a CRD is missing, and what finds nothing where the agent listens on the node's address.
    expect(check).not.toMatch(/podmonitor|servicemonitor|port-forward/);
    expect(dashboard).toMatch(/^https:\/\/grafana\.example\.com\/d\/railmedic-/);
    const [path = '', anchor] = runbook.slice(`${DEFAULT_LINKS.runbookBase}/`.length).split('#');
    expect(existsSync(join(root, path)), runbook).toBe(true);
    if (anchor !== undefined) expect(readme.toLowerCase()).toContain(`\n## ${anchor}\n`);
  });

  test('wait where the agent does not, and outlast its replacement', () => {
    const times = Object.fromEntries(alerts.map((alert) => [alert.alert, [alert.for, alert.keep_firing_for]]));
    // 120 s for a new pod, and then: a window of 30 s; none; `forSeconds` of 60 s; a window of 120 s.
    expect(times).toMatchObject({
      FabricOneWayTraffic: ['30s', '3m'],
      GpuXid: ['0s', '2m'],
      GpuSpinning: ['0s', '3m'],
      EfaIdleWhileGpusBusy: ['30s', '4m'],
    });
  });

  test('of a rule that is added come by themselves; none for info and manifests', () => {
    const [model] = RULES;
    if (!model) throw new Error('no rule');
    const more = [
      { ...model, name: 'EngineStalled', group: 'workload', severity: 'critical' },
      { ...model, name: 'SlowAfterCheckpoint', group: 'workload', severity: 'info' },
      { ...model, name: 'LatestImage', group: 'manifest', severity: 'warning' },
    ] as const;
    const names = ruleGroups(more, DEFAULT_LINKS).flatMap(({ rules }) => rules.flatMap((rule) => ('alert' in rule ? rule.alert : [])));
    expect(names.slice(0, 2)).toEqual(['EngineStalled', 'FleetOneWayTraffic']);
  });

  test('link where the environment says', () => {
    const links = linksFrom({ RAILMEDIC_RUNBOOK_BASE: 'https://git.example.org/railmedic/', RAILMEDIC_DASHBOARD_BASE: '' });
    expect(links).toEqual({ runbookBase: 'https://git.example.org/railmedic', dashboardBase: 'https://grafana.example.com' });
    expect(JSON.stringify(ruleGroups(RULES, links))).toContain('"https://git.example.org/railmedic/rules/fabric/one-way-traffic.md"');
  });
});

test('the dashboard of whom nobody watches means the same nodes as the alert', () => {
  expect(alerts.find(({ alert, labels }) => alert === 'RailmedicAgentMissing' && labels?.['scope'] === 'node')?.expr).toContain(nodesToWatch());
  expect(read('deploy/grafana/fleet.json')).toContain(JSON.stringify(nodesToWatch('cluster=~"$cluster"')).slice(1, -1));
});

test('the PrometheusRule holds the same rules', () => {
  const object = parse(read('deploy/prometheus/prometheus-rule.yaml')) as { spec: unknown };
  expect(object).toMatchObject({
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'railmedic', namespace: 'railmedic', labels: { 'app.kubernetes.io/name': 'railmedic', release: 'kube-prometheus-stack' } },
  });
  expect(object.spec).toEqual(file);
});

test('the README lists every recorded series with its labels', async () => {
  const known = await knownMetrics();
  const rows = [...readme.matchAll(/^\| (`[^|]+:[^|]+`) \| (.+?) \|/gm)].flatMap(([, names = '', labels = '']) =>
    quoted(names).flatMap(expand).map((name) => [name, quoted(labels)] as const),
  );
  expect(rows.map(([name]) => name).toSorted()).toEqual(records.toSorted());
  for (const [name, labels] of rows) expect(['cluster', ...labels].toSorted(), name).toEqual([...(known.get(name) ?? [])].toSorted());
});

describe.skipIf(promtool.missing !== undefined)(`promtool ${promtool.missing ?? ''}`, () => {
  test('accepts the rules', async () => {
    const { stdout } = await promisify(execFile)(promtool.path, ['check', 'rules', '--lint=all', '--lint-fatal', RULES_FILE]);
    expect(stdout).toContain(`SUCCESS: ${alerts.length + records.length} rules found`);
  });

  test('fills in all annotations', async () => {
    const target = 'cluster="eu 1",job="railmedic",instance="10.0.3.7:9477"';
    const series = {
      [`railmedic_node_info{${target},node="ip-10-0-3-7",instance_type="",zone="",node_group=""}`]: '1x4',
      [`railmedic_finding{${target},rule="GpuLost",severity="critical",state="firing",subject="GPU-1"}`]: '1x4',
    };
    const annotations = {
      summary: 'A GPU is lost.',
      description: 'ip-10-0-3-7, GPU-1: A GPU is lost. No other node has this alert now.',
      check:
        'kubectl -n railmedic logs --tail=200 $(kubectl -n railmedic get pods -o name -l app.kubernetes.io/name=railmedic --field-selector spec.nodeName=ip-10-0-3-7)',
      runbook_url: 'https://runbooks.example.com/railmedic/rules/gpu/gpu-lost.md',
      dashboard_url: 'https://grafana.example.com/d/railmedic-node?var-cluster=eu+1&var-node=ip-10-0-3-7',
    };
    const labels = { cluster: 'eu 1', node: 'ip-10-0-3-7', rule: 'GpuLost', severity: 'critical', subject: 'GPU-1', uuid: 'GPU-1' };
    const expected = { at: '1m', alert: 'GpuLost', fires: [{ labels, annotations }] };
    expect(await promtoolTest(promtool.path, [{ name: 'annotations', series, expect: [expected] }])).toBe('');
  });
});

function quoted(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, text]) => text ?? []);
}

/** `a_{b,c}` is a_b and a_c. */
function expand(name: string): readonly string[] {
  const [, head = '', choices, tail = ''] = /^(.*?)\{([^}]+)\}(.*)$/.exec(name) ?? [];
  return choices === undefined ? [name] : choices.split(',').flatMap((choice) => expand(`${head}${choice}${tail}`));
}
