import { describe, expect, test } from 'vitest';
import { RULES } from '../../../rules/index.ts';
import { findPromtool } from '../../promtool.ts';
import { promtoolTest, type Case, type Expectation } from './promtool-test.ts';

const promtool = await findPromtool();
const target = 'cluster="prod",namespace="railmedic",pod="railmedic-x",container="railmedic",job="railmedic/railmedic",instance="10.0.3.7:9477"';
const nodeInfo = `railmedic_node_info{${target},node="ip-10-0-3-7",instance_type="p5.48xlarge",zone="us-east-1d",node_group="gpu-p5"}`;
const finding = (rule: string, state: string, severity = 'warning', subject = 'node'): string =>
  `railmedic_finding{${target},rule="${rule}",severity="${severity}",state="${state}",subject="${subject}"}`;
const labels = (rule: string, severity = 'warning', subject = 'node'): Record<string, string> => ({
  cluster: 'prod',
  node: 'ip-10-0-3-7',
  node_group: 'gpu-p5',
  rule,
  severity,
  subject,
});
const alerting = RULES.filter(({ severity, group }) => severity !== 'info' && group !== 'manifest');
const silent = (alert: string, at = '2m'): Expectation => ({ at, alert, fires: [] });
const promtoolSays = (cases: readonly Case[]): Promise<string> => promtoolTest(promtool.path, cases);

describe.skipIf(promtool.missing !== undefined)(`finding alerts ${promtool.missing ?? ''}`, () => {
  test('each rule of warning or worse fires under its name, at the second evaluation at the latest, and with the severity of the finding', async () => {
    const cases = alerting.map(({ name, severity, title }) => ({
      name,
      series: { [nodeInfo]: '1x30', [finding(name, 'firing', severity)]: '_x3 1x26' },
      expect: [
        silent(name, '1m'),
        { at: '2m', alert: name, fires: [{ labels: labels(name, severity), description: `ip-10-0-3-7: ${title}. No other node has this alert now.` }] },
      ],
    }));
    expect(cases.length).toBeGreaterThan(30);
    expect(await promtoolSays(cases)).toBe('');
  });

  test('none fires for what is resolved, of severity info, unknown from the start, in the shadow, or of another rule', async () => {
    const cases = alerting.map(({ name, severity }) => ({
      name,
      series: {
        [nodeInfo]: '1x30',
        [finding(name, 'resolved', severity)]: '1x30',
        [finding(name, 'firing', 'info', 'a')]: '1x30',
        [finding(name, 'unknown', severity, 'b')]: '1x30',
        [finding(name, 'firing', severity, 'c').replace('railmedic_finding', 'railmedic_finding_shadow')]: '1x30',
        [finding('AnotherRule', 'firing', severity)]: '1x30',
      },
      expect: [silent(name)],
    }));
    expect(await promtoolSays(cases)).toBe('');
  });

  test('one that cannot be judged any more goes on; it ends when it is resolved', async () => {
    const name = 'FabricOneWayTraffic';
    const series = {
      [nodeInfo]: '1x120',
      [finding(name, 'firing', 'critical')]: '1x5 stale',
      [finding(name, 'unknown', 'critical')]: '_x6 1x40 stale',
      [finding(name, 'resolved', 'critical')]: '_x47 1x20 stale',
    };
    const fires = [{ labels: labels(name, 'critical'), description: 'ip-10-0-3-7: A fabric port sends and receives nothing. No other node has this alert now.' }];
    const expect_ = ['5m', '20m', '23m'].map((at) => ({ at, alert: name, fires }));
    expect(await promtoolSays([{ name, series, expect: [...expect_, silent(name, '28m')] }])).toBe('');
  });

  test('a missed scrape and a new pod do not end it, an agent that stays away does after a quarter of an hour', async () => {
    const name = 'GpuRowRemapPending';
    const inPod = (pod: string, text: string): string => text.replace('railmedic-x', pod);
    const gpu = 'GPU-f62dd62c-deab-499b-ae8f-16665f32bb89';
    const old = finding(name, 'firing', 'warning', gpu);
    const series = {
      [nodeInfo]: '1x10 stale',
      [old]: '1x10 stale',
      // Two scrapes without any, then the new pod; both at once for a moment.
      [inPod('railmedic-y', nodeInfo)]: '_x12 1x10 stale',
      [inPod('railmedic-y', old)]: '_x13 1x9 stale',
    };
    const fires = [
      {
        labels: { ...labels(name, 'warning', gpu), uuid: gpu },
        description: `ip-10-0-3-7, ${gpu}: GPU memory repair waits for a reset. No other node has this alert now.`,
      },
    ];
    const cases = [{ name, series, expect: [...['5m', '6m', '7m', '11m', '12m30s', '23m', '24m'].map((at) => ({ at, alert: name, fires })), silent(name, '27m')] }];
    expect(await promtoolSays(cases)).toBe('');
  });

  test('a node that dies of its fault is told of until RailmedicAgentMissing tells that nobody watches it', async () => {
    const name = 'GpuLost';
    const capacity = 'kube_node_status_capacity{cluster="prod",node="ip-10-0-3-7",resource="nvidia_com_gpu",unit="integer"}';
    const other = (text: string): string => text.replaceAll('10.0.3.7', '10.0.3.8').replaceAll('ip-10-0-3-7', 'ip-10-0-3-8');
    const series = {
      [nodeInfo]: '1x20 stale',
      [finding(name, 'firing', 'critical')]: '1x20 stale',
      [capacity]: '8x120',
      // Another of the same group goes on, and what ended on it stays ended.
      [other(nodeInfo)]: '1x120',
      [other(finding(name, 'firing', 'critical'))]: '1x10 stale',
    };
    const fires = [{ labels: labels(name, 'critical'), description: 'ip-10-0-3-7: A GPU is lost. No other node has this alert now.' }];
    const missing = [
      {
        labels: { cluster: 'prod', node: 'ip-10-0-3-7', severity: 'warning', scope: 'node' },
        description: 'ip-10-0-3-7 has 8 GPUs (fabric devices, where it has no GPU) and no agent that Prometheus can scrape: nothing of this node is judged.',
      },
    ];
    const stands = ['10m', '13m', '20m30s', '22m'].map((at) => ({ at, alert: name, fires }));
    const told = [{ at: '20m', alert: 'RailmedicAgentMissing', fires: [] }, { at: '20m30s', alert: 'RailmedicAgentMissing', fires: missing }];
    expect(await promtoolSays([{ name, series, expect: [...stands, ...told, silent(name, '28m')] }])).toBe('');
  });

  test('what ended before the node died stays ended', async () => {
    const name = 'GpuLost';
    const series = { [nodeInfo]: '1x20 stale', [finding(name, 'firing', 'critical')]: '1x10 stale', [finding(name, 'resolved', 'critical')]: '_x11 1x9 stale' };
    expect(await promtoolSays([{ name, series, expect: [silent(name, '9m'), silent(name, '12m'), silent(name, '15m')] }])).toBe('');
  });

  test.each([
    ['EfaDriverNotBound', '0000:79:00.0'],
    ['PodCrashLooping', 'GPU-ns/GPU-pod'],
  ])('%s of %s names no GPU', async (name, subject) => {
    const { title, severity } = alerting.find((rule) => rule.name === name) ?? { title: '', severity: 'warning' };
    const fires = [{ labels: labels(name, severity, subject), description: `ip-10-0-3-7, ${subject}: ${title}. No other node has this alert now.` }];
    expect(await promtoolSays([{ name, series: { [nodeInfo]: '1x10', [finding(name, 'firing', severity, subject)]: '1x10' }, expect: [{ at: '1m', alert: name, fires }] }])).toBe('');
  });

  test('two pods of one target side by side are one node', async () => {
    const name = 'GpuLost';
    const both = (text: string): Record<string, string> => ({ [text]: '1x10', [text.replace('railmedic-x', 'railmedic-y')]: '1x10' });
    const series = { ...both(nodeInfo), ...both(finding(name, 'firing', 'critical', '0000:83:00.0')) };
    const fires = [
      {
        labels: { ...labels(name, 'critical', '0000:83:00.0'), uuid: '0000:83:00.0' },
        description: 'ip-10-0-3-7, 0000:83:00.0: A GPU is lost. No other node has this alert now.',
      },
    ];
    expect(await promtoolSays([{ name, series, expect: [{ at: '1m', alert: name, fires }] }])).toBe('');
  });

  test('it says how many nodes have it; two clusters with one address do not mix; a node label of the scrape changes nothing', async () => {
    const name = 'GpuXid';
    const other = (text: string): string => text.replaceAll('10.0.3.7', '10.0.3.8').replaceAll('ip-10-0-3-7', 'ip-10-0-3-8');
    const elsewhere = (text: string): string => text.replace('"prod"', '"test"').replace('ip-10-0-3-7', 'far-1');
    const attached = (text: string): string => text.replace('{', '{node="ip-10-0-3-8",').replace(',node="ip-10-0-3-8",instance_type', ',exported_node="ip-10-0-3-8",instance_type');
    const subject = 'GPU-1 Xid 79';
    const one = finding(name, 'firing', 'critical', subject);
    const series = Object.fromEntries([nodeInfo, one, attached(other(nodeInfo)), attached(other(one)), elsewhere(nodeInfo), elsewhere(one)].map((key) => [key, '1x10']));
    const fires = [
      ['prod', 'ip-10-0-3-7', '2 nodes have this alert now.'],
      ['prod', 'ip-10-0-3-8', '2 nodes have this alert now.'],
      ['test', 'far-1', 'No other node has this alert now.'],
    ].map(([cluster = '', node = '', many = '']) => ({
      labels: { ...labels(name, 'critical', subject), cluster, node, uuid: 'GPU-1' },
      description: `${node}, ${subject}: The kernel logged an Xid of a GPU. ${many}`,
    }));
    expect(await promtoolSays([{ name, series, expect: [{ at: '1m', alert: name, fires }] }])).toBe('');
  });

  test('the hardest subject stays one label', async () => {
    const name = 'LockedMemoryLimited';
    const subject = String.raw`a\"b\\c{{ $value }}\n`;
    const series = { [nodeInfo]: '1x10', [finding(name, 'firing', 'warning', subject)]: '1x10' };
    const shown = 'a"b\\c{{ $value }}\n';
    const { title } = alerting.find((rule) => rule.name === name) ?? { title: '' };
    const fires = [{ labels: labels(name, 'warning', shown), description: `ip-10-0-3-7, ${shown}: ${title}. No other node has this alert now.` }];
    expect(await promtoolSays([{ name, series, expect: [{ at: '1m', alert: name, fires }] }])).toBe('');
  });
});
