import { describe, expect, test } from 'vitest';
import { findPromtool } from '../../promtool.ts';
import { promtoolTest, type Expectation, type Series } from './promtool-test.ts';

const promtool = await findPromtool();
const alert = 'FleetXidBurst';

/** Nodes whose newest line of this Xid is of this second; promtool's clock begins at 0. */
function xids(...lines: readonly (readonly [node: string, xid: number, second: number, cluster?: string])[]): Series {
  return Object.fromEntries(
    lines.flatMap(([node, xid, second, cluster = 'prod']) => {
      const target = `cluster="${cluster}",job="railmedic",instance="${node}:9477"`;
      return [
        [`railmedic_node_info{${target},node="${node}",instance_type="",zone="",node_group=""}`, '1x80'],
        [`railmedic_gpu_xid_last_timestamp_seconds{${target},gpu="0",uuid="GPU-${node}",xid="${xid}"}`, `_x${Math.ceil(second / 30)} ${second}x80`],
      ];
    }),
  );
}

const burst = (nodes: number): Expectation['fires'] => [
  {
    labels: { cluster: 'prod', severity: 'critical' },
    description: `GPUs of ${nodes} nodes logged an Xid within ten minutes. What they share is at fault sooner than so many cards: a driver or firmware that was rolled out, power, cooling, or one job that brings the driver down wherever it runs. The alerts GpuXid name the GPUs.`,
  },
];
const fires = (at: string, alerts: Expectation['fires']): Expectation => ({ at, alert, fires: alerts });
const says = (series: Series, ...expect_: readonly Expectation[]): Promise<string> => promtoolTest(promtool.path, [{ name: alert, series, expect: expect_ }]);

describe.skipIf(promtool.missing !== undefined)(`${alert} ${promtool.missing ?? ''}`, () => {
  test('three nodes within ten minutes, until they are ten minutes old', async () => {
    const series = xids(['n1', 79, 60], ['n2', 119, 240], ['n3', 48, 600]);
    expect(await says(series, fires('9m30s', []), fires('10m', burst(3)), fires('14m', []))).toBe('');
  });

  test('nodes that die of their Xid count, for as long as it is young', async () => {
    const series = Object.entries(xids(['n1', 79, 60], ['n2', 79, 60], ['n3', 79, 60]));
    const dying = Object.fromEntries(series.map(([name, values]) => [name, name.includes('"n3') ? values : `${values.replace(/x80$/, 'x2')} stale`]));
    expect(Object.values(dying).filter((values) => values.endsWith('stale'))).toHaveLength(4);
    expect(await says(dying, fires('1m30s', burst(3)), fires('5m', burst(3)), fires('10m30s', burst(3)), fires('14m', []))).toBe('');
  });

  test('an Xid that is in no catalogue counts', async () => {
    expect(await says(xids(['n1', 999, 60], ['n2', 999, 60], ['n3', 999, 60]), fires('5m', burst(3)))).toBe('');
  });

  test('one node with many Xids is no burst', async () => {
    expect(await says(xids(['n1', 79, 60], ['n1', 119, 60], ['n1', 48, 60], ['n2', 48, 60]), fires('5m', []))).toBe('');
  });

  test('a job that crashes or is ended writes 13, 31, 43 and 45 on every node, which is its own doing', async () => {
    const series = xids(['n1', 31, 60], ['n2', 43, 60], ['n3', 45, 60], ['n4', 13, 60], ['n5', 31, 60]);
    expect(await says(series, fires('5m', []))).toBe('');
  });

  test('clusters are counted apart', async () => {
    expect(await says(xids(['n1', 79, 60], ['n2', 79, 60], ['m1', 79, 60, 'test']), fires('5m', []))).toBe('');
  });
});
