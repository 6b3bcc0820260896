import { describe, expect, test } from 'vitest';
import { findPromtool } from '../../promtool.ts';
import { fleet, type FleetNode } from './fleet-series.ts';
import { promtoolTest, type Expectation, type Series } from './promtool-test.ts';

const promtool = await findPromtool();
const alert = 'FleetRailSlow';
/** 3 GB in 30 s on each of two ports, both ways: 400 MB/s a node. */
const FAST = '0+3000000000x60';
/** 3 % of it. */
const SLOW = '0+90000000x60';

const node = (name: string, bytes: string, more: Partial<FleetNode> = {}): FleetNode => ({
  name,
  sent: '0+500x60',
  received: '0+500x60',
  sentBytes: bytes,
  receivedBytes: bytes,
  jobs: ['RayCluster ml/grpo'],
  ...more,
});
const four = (...slow: readonly string[]): readonly FleetNode[] => ['n1', 'n2', 'n3', 'n4'].map((name) => node(name, slow.includes(name) ? SLOW : FAST));
const n1 = {
  labels: { cluster: 'prod', node: 'n1', namespace: 'ml', workload_kind: 'RayCluster', workload: 'grpo', is_efa: 'true', severity: 'warning' },
  description: 'n1 moves 3% of what the median node of RayCluster ml/grpo moves over EFA. In a job whose nodes all do the same, all wait for this one.',
};
const fires = (at: string, ...alerts: Expectation['fires']): Expectation => ({ at, alert, fires: alerts });
const says = (series: Series, ...expect_: readonly Expectation[]): Promise<string> => promtoolTest(promtool.path, [{ name: alert, series, expect: expect_ }]);

describe.skipIf(promtool.missing !== undefined)(`${alert} ${promtool.missing ?? ''}`, () => {
  test('a node far below its peers, after five minutes', async () => {
    expect(await says(fleet(...four('n1')), fires('5m'), fires('6m', n1), fires('20m', n1))).toBe('');
  });

  test('nodes that all move the same', async () => {
    expect(await says(fleet(...four()), fires('20m'))).toBe('');
    expect(await says(fleet(...four('n1', 'n2', 'n3', 'n4')), fires('20m'))).toBe('');
  });

  test('two of four are how the job is made', async () => {
    expect(await says(fleet(...four('n1', 'n2')), fires('20m'))).toBe('');
  });

  test('three nodes are too few to say which is the odd one', async () => {
    expect(await says(fleet(...four('n1').slice(0, 3)), fires('20m'))).toBe('');
  });

  test('a job that hardly moves anything has no slow node', async () => {
    const still = ['n1', 'n2', 'n3', 'n4'].map((name) => node(name, name === 'n1' ? '0+0x60' : '0+30000000x60'));
    expect(await says(fleet(...still), fires('20m'))).toBe('');
  });

  test('one that receives nothing is told by FleetOneWayTraffic alone', async () => {
    const [, ...others] = four();
    const series = fleet(node('n1', SLOW, { received: '0+0x60' }), ...others);
    const other = { at: '20m', alert: 'FleetOneWayTraffic' };
    expect(await says(series, fires('20m'))).toBe('');
    expect(await says(series, { ...other, fires: [] })).toContain('FleetOneWayTraffic');
  });

  test('nodes of one node group work for different jobs', async () => {
    const bare = four('n1').map((one) => ({ ...one, jobs: [], nodeGroup: 'gpu-p5' }));
    expect(await says(fleet(...bare), fires('20m'))).toBe('');
  });

  test('counters that begin anew are no slow node', async () => {
    const again = '0+3000000000x20 0+3000000000x39';
    const [, ...others] = four();
    expect(await says(fleet(node('n1', again), ...others), fires('11m'), fires('16m'), fires('20m'))).toBe('');
  });
});
