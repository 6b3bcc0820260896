import { describe, expect, test } from 'vitest';
import { findPromtool } from '../../promtool.ts';
import { promtoolTest, type Expectation, type Series } from './promtool-test.ts';

const promtool = await findPromtool();
const target = (node: string): string => `cluster="prod",namespace="railmedic",pod="railmedic-${node}",job="railmedic/railmedic",instance="${node}:9477"`;
const nodeInfo = (node: string): string => `railmedic_node_info{${target(node)},node="${node}",instance_type="p5.48xlarge",zone="us-east-1d",node_group="gpu-p5"}`;
const buildInfo = (node: string): string => `railmedic_build_info{${target(node)},version="0.1.0",node_version="24.21.0"}`;
const up = (node: string): string => `up{${target(node)}}`;
const capacity = (node: string, resource = 'nvidia_com_gpu'): string => `kube_node_status_capacity{cluster="prod",job="kube-state-metrics",instance="ksm:8080",node="${node}",resource="${resource}",unit="integer"}`;

const says = (series: Series, ...expect_: readonly Expectation[]): Promise<string> => promtoolTest(promtool.path, [{ name: 'agents', series, expect: expect_ }]);

describe.skipIf(promtool.missing !== undefined)(`RailmedicAgentMissing ${promtool.missing ?? ''}`, () => {
  const alert = 'RailmedicAgentMissing';
  const missing = (at: string, ...fires: Expectation['fires']): Expectation => ({ at, alert, fires });
  const running = (node: string): Series => ({ [nodeInfo(node)]: '1x60', [buildInfo(node)]: '1x60', [up(node)]: '1x60' });
  const n2 = {
    labels: { cluster: 'prod', node: 'n2', severity: 'warning', scope: 'node' },
    description: 'n2 has 8 GPUs (fabric devices, where it has no GPU) and no agent that Prometheus can scrape: nothing of this node is judged.',
  };

  test('a GPU node that never had one', async () => {
    const series = { ...running('n1'), [capacity('n1')]: '8x60', [capacity('n2')]: '8x60' };
    expect(await says(series, missing('9m'), missing('10m', n2))).toBe('');
  });

  test('a GPU node whose agent does not answer is named once', async () => {
    const series = { ...running('n1'), [up('n2')]: '1x10 0x50', [nodeInfo('n2')]: '1x10 stale', [capacity('n1')]: '8x60', [capacity('n2')]: '8x60' };
    expect(await says(series, missing('15m'), missing('16m', n2))).toBe('');
  });

  test('nodes with agents, without GPUs, with MIG devices, gone from the cluster', async () => {
    const series = {
      ...running('n1'),
      ...running('n3'),
      [capacity('n1')]: '8x60',
      [capacity('n2')]: '0x60',
      [capacity('n2', 'cpu')]: '96x60',
      [capacity('n3', 'nvidia_com_mig_1g_18gb')]: '7x60',
      [capacity('n4')]: '8x15 stale',
    };
    expect(await says(series, missing('10m'), missing('25m'))).toBe('');
  });

  test('a node that is only offered in MIG slices needs one too', async () => {
    const series = { ...running('n1'), [capacity('n1')]: '8x60', [capacity('n2', 'nvidia_com_mig_1g_18gb')]: '8x60' };
    expect(await says(series, missing('10m', n2))).toBe('');
  });

  test.each(['vpc_amazonaws_com_efa', 'rdma_hca_shared_devices_a', 'nvidia_com_hostdev'])('a node that offers only %s needs one too, one with GPUs is told by those', async (resource) => {
    const series = { ...running('n1'), [capacity('n1', resource)]: '32x60', [capacity('n2', resource)]: '8x60', [capacity('n3')]: '8x60', [capacity('n3', resource)]: '32x60' };
    const n3 = { labels: { ...n2.labels, node: 'n3' }, description: n2.description.replace('n2', 'n3') };
    expect(await says(series, missing('10m', n2, n3))).toBe('');
  });

  test('without kube-state-metrics: a target that does not answer', async () => {
    const series = { ...running('n1'), [up('n2')]: '1x10 0x50' };
    const fires = {
      labels: { cluster: 'prod', job: 'railmedic/railmedic', instance: 'n2:9477', severity: 'warning', scope: 'target' },
      description: 'n2:9477 (railmedic/railmedic) does not answer the scrape: nothing of its node is judged.',
    };
    expect(await says(series, missing('15m'), missing('15m30s', fires))).toBe('');
  });

  test('without kube-state-metrics and without any agent', async () => {
    const fires = { labels: { severity: 'warning', scope: 'fleet' }, description: 'Prometheus has no series of any agent: either none runs, or none is scraped.' };
    expect(await says({ 'up{job="prometheus"}': '1x60' }, missing('9m30s'), missing('10m', fires))).toBe('');
  });

  test('a cluster that has no GPU node now misses none', async () => {
    expect(await says({ [capacity('n1', 'cpu')]: '96x60' }, missing('25m'))).toBe('');
  });
});

const collector = (name: string, metric: string, node = 'n1'): string => `railmedic_collector_${metric}{${target(node)},collector="${name}"}`;

describe.skipIf(promtool.missing !== undefined)('RailmedicDataStale', () => {
  const alert = 'RailmedicDataStale';
  const stale = (name: string, age: string) => ({
    labels: { cluster: 'prod', node: 'n1', node_group: 'gpu-p5', collector: name, severity: 'warning' },
    description: `n1: ${name} was last read ${age} ago. What rules see of it is old, and what stands on it can be over.`,
  });
  const of = (name: string, interval: string, lastSuccess: string, absent = '0x120'): Series => ({
    [nodeInfo('n1')]: '1x120',
    [collector(name, 'interval_seconds')]: interval,
    [collector(name, 'last_success_timestamp_seconds')]: lastSuccess,
    [collector(name, 'absent')]: absent,
  });

  test('a source read every 5 s is stale after 300 s, and no sooner', async () => {
    expect(await says(of('infiniband', '5x120', '60x120'), { at: '6m', alert, fires: [] }, { at: '6m30s', alert, fires: [stale('infiniband', '5m 30s')] })).toBe('');
  });

  test('a slow one is stale after twice its interval and a minute', async () => {
    const series = of('imds', '600x120', '0x120');
    expect(await says(series, { at: '21m', alert, fires: [] }, { at: '21m30s', alert, fires: [stale('imds', '21m 30s')] })).toBe('');
  });

  test('one that is read is not, though the agent is replaced', async () => {
    const series = of('infiniband', '5x120', '0+30x120');
    const next = Object.fromEntries(Object.entries(of('infiniband', '_x20 5x100', '_x20 600+30x100')).map(([key, values]) => [key.replace('railmedic-n1', 'railmedic-new'), values]));
    expect(await says({ ...series, ...next }, { at: '5m', alert, fires: [] }, { at: '20m', alert, fires: [] })).toBe('');
  });

  test('one that the node no longer has, or that is read once only, is not', async () => {
    expect(await says(of('nvidia-query', '5x120', '60x120', '1x120'), { at: '20m', alert, fires: [] })).toBe('');
    expect(await says(of('pci', '_x120', '60x120'), { at: '20m', alert, fires: [] })).toBe('');
  });
});

describe.skipIf(promtool.missing !== undefined)('RailmedicCollectorFailing', () => {
  const alert = 'RailmedicCollectorFailing';
  const failing = (name: string, share: string) => ({
    labels: { cluster: 'prod', node: 'n1', node_group: 'gpu-p5', collector: name, severity: 'warning' },
    description: `n1: ${name} was read in ${share} of the last five minutes. Rules that need it judge nothing meanwhile: no alert is no sign of health.`,
  });
  const of = (values: string): Series => ({ [nodeInfo('n1')]: '1x120', [collector('imds', 'success')]: values });

  test('one that fails from the start, after two minutes', async () => {
    expect(await says(of('0x120'), { at: '1m30s', alert, fires: [] }, { at: '2m', alert, fires: [failing('imds', '0%')] })).toBe('');
  });

  test('one that fails now and then', async () => {
    expect(await says(of('0 1 0 1 1 1 1 1 0 1 0 1 1 1 0 1 1 1 1 1 0 1 1 1 1 1 1 1 1 1'), { at: '14m', alert, fires: [] })).toBe('');
  });

  test('one that failed for a minute', async () => {
    expect(await says(of('1x40 0x1 1x40'), { at: '21m', alert, fires: [] }, { at: '25m', alert, fires: [] })).toBe('');
  });

  test('one that began to fail is told by this alert and not by RailmedicDataStale before it: an inhibition mutes what comes later only', async () => {
    const series: Series = {
      ...of('1x20 0x80'),
      [collector('imds', 'interval_seconds')]: '5x100',
      [collector('imds', 'last_success_timestamp_seconds')]: '0+30x20 600x80',
      [collector('imds', 'absent')]: '0x100',
    };
    const notYet = ['RailmedicDataStale', alert].map((name) => ({ at: '14m', alert: name, fires: [] }));
    const first = [{ at: '15m', alert, fires: [failing('imds', '9.091%')] }, { at: '15m', alert: 'RailmedicDataStale', fires: [] }];
    const stale = { labels: { cluster: 'prod', node: 'n1', node_group: 'gpu-p5', collector: 'imds', severity: 'warning' }, description: 'n1: imds was last read 5m 30s ago. What rules see of it is old, and what stands on it can be over.' };
    expect(await says(series, ...notYet, ...first, { at: '15m30s', alert: 'RailmedicDataStale', fires: [stale] })).toBe('');
  });
});
