import { describe, expect, test } from 'vitest';
import { findPromtool } from '../../promtool.ts';
import { fleet, IDLE, type FleetNode } from './fleet-series.ts';
import { promtoolTest, type Expectation, type Series } from './promtool-test.ts';

const promtool = await findPromtool();
const alert = 'FleetOneWayTraffic';
/** Two ports of 500 packets in 30 s. */
const RISES = '0+500x60';
const NOTHING = '0+0x60';
const JOB = 'RayCluster ml/grpo';

const SHARED = "What they share is at fault: most likely their security group has no egress or ingress rule to itself with protocol -1; 0.0.0.0/0 does not count for EFA.";
const OWN = 'What sets this node apart is at fault: its own security group, its subnet or zone, or an address in a secondary CIDR block of the VPC.';

const node = (name: string, sent: string, received: string, more: Partial<FleetNode> = {}): FleetNode => ({ name, sent, received, jobs: [JOB], nodeGroup: 'gpu-p5', ...more });
const blocked = (name: string, more: Partial<FleetNode> = {}): FleetNode => node(name, RISES, NOTHING, more);
const healthy = (name: string, more: Partial<FleetNode> = {}): FleetNode => node(name, RISES, RISES, more);
const ofJob = (name: string, scope: 'group' | 'node'): Record<string, string> => ({
  cluster: 'prod',
  node: name,
  namespace: 'ml',
  workload_kind: 'RayCluster',
  workload: 'grpo',
  is_efa: 'true',
  severity: 'critical',
  scope,
});
const fires = (at: string, ...alerts: Expectation['fires']): Expectation => ({ at, alert, fires: alerts });
const says = (series: Series, ...expect_: readonly Expectation[]): Promise<string> => promtoolTest(promtool.path, [{ name: alert, series, expect: expect_ }]);

describe.skipIf(promtool.missing !== undefined)(`${alert} ${promtool.missing ?? ''}`, () => {
  test('every sending node of a job receives nothing: their shared group, after a minute', async () => {
    const all = ['n1', 'n2', 'n3'].map((name) => ({
      labels: ofJob(name, 'group'),
      description: `All 3 nodes of RayCluster ml/grpo that send receive nothing, ${name} among them. ${SHARED}`,
    }));
    const series = fleet(blocked('n1'), blocked('n2'), blocked('n3'), node('head', IDLE, IDLE));
    expect(await says(series, fires('1m'), fires('2m30s', ...all), fires('10m', ...all))).toBe('');
  });

  test('one node while its peers receive: what is its own', async () => {
    const one = { labels: ofJob('n1', 'node'), description: `n1 sends and receives nothing, while 2 peers of RayCluster ml/grpo receive. ${OWN}` };
    expect(await says(fleet(blocked('n1'), healthy('n2'), healthy('n3')), fires('10m', one))).toBe('');
  });

  test('a job in which all receive is healthy, also when the counters begin anew', async () => {
    const restarted = '0+500x10 0+500x49';
    expect(await says(fleet(healthy('n1'), node('n2', restarted, restarted), healthy('n3')), ...['2m', '5m30s', '6m', '7m', '10m'].map((at) => fires(at)))).toBe('');
  });

  test('a counter that begins anew does not hide that nothing is received', async () => {
    const restarted = '7000+500x10 0+500x49';
    const all = ['n1', 'n2'].map((name) => ({
      labels: ofJob(name, 'group'),
      description: `All 2 nodes of RayCluster ml/grpo that send receive nothing, ${name} among them. ${SHARED}`,
    }));
    expect(await says(fleet(node('n1', restarted, '9000+0x10 0+0x49'), blocked('n2')), ...['5m', '6m', '10m'].map((at) => fires(at, ...all)))).toBe('');
  });

  test('a single node, and nodes that hardly send, tell nothing', async () => {
    expect(await says(fleet(blocked('n1')), fires('10m'))).toBe('');
    expect(await says(fleet(node('n1', '0+4x60', NOTHING), node('n2', '0+4x60', NOTHING)), fires('10m'))).toBe('');
  });

  test('a node whose received packets cannot be read is not taken for one that receives nothing', async () => {
    expect(await says(fleet(node('n1', RISES, '_x60'), node('n2', RISES, '_x60')), fires('10m'))).toBe('');
  });

  test('each job is judged for itself', async () => {
    const other = { jobs: ['Job ml/vllm'] };
    const series = fleet(blocked('n1'), blocked('n2'), healthy('m1', other), healthy('m2', other));
    const all = ['n1', 'n2'].map((name) => ({
      labels: ofJob(name, 'group'),
      description: `All 2 nodes of RayCluster ml/grpo that send receive nothing, ${name} among them. ${SHARED}`,
    }));
    expect(await says(series, fires('10m', ...all))).toBe('');
  });

  test('nodes without a job are taken by their node group, another fabric has other causes', async () => {
    const bare = { jobs: [], driver: 'mlx5_core' } as const;
    const series = fleet(blocked('n1', bare), blocked('n2', bare));
    const all = ['n1', 'n2'].map((name) => ({
      labels: { cluster: 'prod', node: name, workload_kind: 'NodeGroup', workload: 'gpu-p5', is_efa: 'false', severity: 'critical', scope: 'group' },
      description: `All 2 nodes of node group gpu-p5 that send receive nothing, ${name} among them. What they share is at fault: the switch, the subnet manager, a firewall or the routing between them.`,
    }));
    expect(await says(series, fires('10m', ...all))).toBe('');
  });

  test('nodes that nobody grouped are one fleet', async () => {
    const bare = { jobs: [], nodeGroup: '' };
    const one = {
      labels: { cluster: 'prod', node: 'n1', workload_kind: 'NodeGroup', is_efa: 'true', severity: 'critical', scope: 'node' },
      description: `n1 sends and receives nothing, while a peer of this cluster receives. ${OWN}`,
    };
    expect(await says(fleet(blocked('n1', bare), healthy('n2', bare)), fires('10m', one))).toBe('');
  });

  test('a scrape that renames the pod labels finds the same jobs', async () => {
    const renamed = Object.fromEntries(
      Object.entries(fleet(blocked('n1'), blocked('n2'))).map(([series, values]) => [
        series.replace(/namespace="ml",pod="(grpo-of-(\w+))"/, 'namespace="railmedic",pod="railmedic-$2",exported_namespace="ml",exported_pod="$1"'),
        values,
      ]),
    );
    const all = ['n1', 'n2'].map((name) => ({
      labels: ofJob(name, 'group'),
      description: `All 2 nodes of RayCluster ml/grpo that send receive nothing, ${name} among them. ${SHARED}`,
    }));
    expect(await says(renamed, fires('10m', ...all))).toBe('');
  });

  test('it ends when packets come', async () => {
    const mended = '0+0x20 500+500x39';
    const series = fleet(node('n1', RISES, mended), node('n2', RISES, mended));
    const all = ['n1', 'n2'].map((name) => ({
      labels: ofJob(name, 'group'),
      description: `All 2 nodes of RayCluster ml/grpo that send receive nothing, ${name} among them. ${SHARED}`,
    }));
    expect(await says(series, fires('10m', ...all), fires('13m30s'))).toBe('');
  });
});
