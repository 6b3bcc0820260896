import { GraphDrawStyle, StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common';
import { toNode } from './links.ts';
import { graph } from './panels.ts';
import { byNode } from './promql.ts';
import { table } from './tables.ts';

const LAST = 'railmedic_gpu_xid_last_timestamp_seconds';

/** Xids of the kernel logs over time, by number. */
export function xidRate(span: number, height: number) {
  // A counter that begins at 1 has no increase, and one that comes back with the agent has not risen: the time of the newest line tells.
  const lines = `railmedic_gpu_xid_total - (railmedic_gpu_xid_total offset $__interval or railmedic_gpu_xid_total * 0)`;
  const fresh = `(clamp_min(${lines}, 0) and ${LAST} > time() - $__interval_ms / 1000 - 60) > 0`;
  return graph({
    title: 'Xids',
    description:
      'Lines of each Xid in the kernel logs. 13, 31, 43 and 45 are mostly the program\'s own; 48, 63, 64, 94 and 95 are memory; 74 is NVLink; 79 is a GPU that fell off the bus; 119 and 120 are its firmware. The page of GpuXid has them all with NVIDIA\'s first step.',
    span,
    height,
    unit: 'none',
    min: 0,
    interval: '1m',
    queries: [{ expr: `sum by (xid) (${byNode(['uuid', 'xid'], `(${fresh})`)})`, legend: 'Xid {{xid}}' }],
    noValue: 'No Xid in this time',
  })
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(80)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
}

/** The newest Xid of each kind on each GPU. */
export function xidTable(span: number, height: number) {
  return table({
    title: 'Xids, the newest first',
    description: 'Of this boot, since the agent reads the log. A GPU that is lost keeps its rows. Lines: how often, since the agent began.',
    span,
    height,
    queries: [{ expr: `${byNode(['gpu', 'uuid', 'xid'], LAST)} * 1000` }, { expr: byNode(['gpu', 'uuid', 'xid'], 'railmedic_gpu_xid_total') }],
    columns: [
      { field: 'Value #A', title: 'When', unit: 'dateTimeFromNow', width: 150 },
      { field: 'xid', title: 'Xid', width: 70 },
      { field: 'node', title: 'Node', links: [toNode('row')] },
      { field: 'gpu', title: 'GPU', width: 70 },
      { field: 'uuid', title: 'UUID' },
      { field: 'Value #B', title: 'Lines', width: 80 },
    ],
    sort: ['-When'],
    noValue: 'No Xid since the agents read the kernel logs',
  });
}
