import { describe, expect, test } from 'vitest';
import { findPromtool } from '../../promtool.ts';
import { fleet, type FleetNode } from './fleet-series.ts';
import { promtoolTest, type Expectation, type Fired, type Series } from './promtool-test.ts';

const promtool = await findPromtool();
const target = (address: string, pod = `railmedic-${address}`): string => `cluster="prod",namespace="railmedic",pod="${pod}",job="railmedic/railmedic",instance="${address}:9477"`;
const info = (address: string, node: string, nodeGroup: string, pod?: string): string =>
  `railmedic_node_info{${target(address, pod)},node="${node}",instance_type="p5.48xlarge",zone="us-east-1d",node_group="${nodeGroup}"}`;
const lost = (address: string, pod?: string): string => `railmedic_finding{${target(address, pod)},rule="GpuLost",severity="critical",state="firing",subject="GPU-${address}"}`;
const fired = (node: string, uuid: string, others: string, group = 'gpu-p5'): Fired => ({
  labels: { cluster: 'prod', node, ...(group !== '' && { node_group: group }), rule: 'GpuLost', severity: 'critical', subject: uuid, uuid },
  description: `${node}, ${uuid}: A GPU is lost. ${others}`,
});
const BOTH = '2 nodes have this alert now.';
const healthy = (name: string): FleetNode => ({ name, sent: '0+500x60', received: '0+500x60', nodeGroup: 'gpu-p5' });
const says = (series: Series, ...expect_: readonly Expectation[]): Promise<string> => promtoolTest(promtool.path, [{ name: 'side by side', series, expect: expect_ }]);

/** promtool also tells of each rule that could not be evaluated: "many-to-many matching not allowed". */
describe.skipIf(promtool.missing !== undefined)(`two series name the node of one target ${promtool.missing ?? ''}`, () => {
  test('a new pod that does not know its node group yet, beside the one before: the alerts of all nodes go on, under the same labels', async () => {
    const series = {
      [info('n1', 'n1', 'gpu-p5')]: '1x20 _x40',
      [lost('n1')]: '1x20 stale',
      [info('n1', 'n1', '', 'railmedic-new')]: '_x10 1x15 stale',
      [lost('n1', 'railmedic-new')]: '_x10 1x50',
      // The API server has answered.
      [info('n1', 'n1', 'gpu-p5', 'railmedic-new')]: '_x26 1x34',
      [info('n2', 'n2', 'gpu-p5')]: '1x60',
      [lost('n2')]: '1x60',
    };
    const fires = [fired('n1', 'GPU-n1', BOTH), fired('n2', 'GPU-n2', BOTH)];
    expect(await says(series, ...['2m', '6m', '9m', '12m', '14m', '25m'].map((at) => ({ at, alert: 'GpuLost', fires })))).toBe('');
  });

  test('an address that another node has now: its findings are those of the new one, and everybody else goes on', async () => {
    const series = {
      // It ended without a word, so that Prometheus sees it for five minutes.
      [info('n1', 'gone', 'gpu-p5', 'railmedic-gone')]: '1x10 _x50',
      [info('n1', 'n1', 'gpu-p5')]: '_x12 1x48',
      [lost('n1')]: '_x12 1x48',
      [info('n2', 'n2', 'gpu-p5')]: '1x60',
      [lost('n2')]: '1x60',
    };
    const fires = [fired('n1', 'GPU-n1', BOTH), fired('n2', 'GPU-n2', BOTH)];
    const alone = [fired('n2', 'GPU-n2', 'No other node has this alert now.')];
    expect(await says(series, { at: '5m', alert: 'GpuLost', fires: alone }, ...['7m', '9m', '15m'].map((at) => ({ at, alert: 'GpuLost', fires })))).toBe('');
  });

  test('a node group that nobody knows is none', async () => {
    const series = { [info('n1', 'n1', '')]: '1x60', [lost('n1')]: '1x60' };
    expect(await says(series, { at: '5m', alert: 'GpuLost', fires: [fired('n1', 'GPU-n1', 'No other node has this alert now.', '')] })).toBe('');
  });

  test('no rule of the file fails over twins of every series, and none takes two pods for two nodes', async () => {
    const own: Series = {
      ...fleet(healthy('n1'), healthy('n2')),
      ...Object.fromEntries(['n1', 'n2'].flatMap((node) => agentSeries(node).map((one) => [one, '1x60']))),
    };
    const twins = Object.fromEntries(
      Object.entries(own).map(([series, values]) => [series.replace('pod="railmedic-n', 'pod="railmedic-new-n').replace(/node_group="[^"]*"/, 'node_group=""'), values]),
    );
    const series = { ...own, ...twins, 'kube_node_status_capacity{cluster="prod",node="n1",resource="nvidia_com_gpu",unit="integer"}': '8x60' };
    expect(Object.keys(series)).toHaveLength(2 * Object.keys(own).length + 1);
    const fires = ['n1', 'n2'].map((node) => fired(node, `GPU-${node}`, BOTH));
    const silent = ['FleetOneWayTraffic', 'FleetRailSlow', 'FleetXidBurst', 'RailmedicAgentMissing'].map((alert) => ({ at: '20m', alert, fires: [] }));
    const values = [
      { at: '20m', expr: 'count(node:railmedic_finding_severity:max)', value: 2 },
      { at: '20m', expr: 'count(node_workload:railmedic_pod_info:max)', value: 2 },
      { at: '20m', expr: 'sum(node:railmedic_gpu:count)', value: 2 },
    ];
    expect(await promtoolTest(promtool.path, [{ name: 'twins', series, expect: [{ at: '20m', alert: 'GpuLost', fires }, ...silent], values }])).toBe('');
  });
});

/** What else an agent exports that a rule names. */
function agentSeries(node: string): readonly string[] {
  const of = (metric: string, labels: string): string => `railmedic_${metric}{${target(node)},${labels}}`;
  const gpu = `gpu="0",uuid="GPU-${node}"`;
  return [
    lost(node),
    of('finding_info', `rule="GpuLost",subject="GPU-${node}",title="A GPU is lost",page="rules/gpu/gpu-lost.md",cause=""`),
    ...['success', 'interval_seconds', 'last_success_timestamp_seconds', 'absent'].map((metric) => of(`collector_${metric}`, 'collector="nvidia-query"')),
    ...['gpu_info', 'gpu_sm_ratio', 'gpu_memory_utilization_ratio', 'gpu_power_watts'].map((metric) => of(metric, gpu)),
    of('gpu_xid_last_timestamp_seconds', `${gpu},xid="79"`),
    of('infiniband_retrans_pkts_total', 'device="rdmap0",port="1"'),
  ];
}
