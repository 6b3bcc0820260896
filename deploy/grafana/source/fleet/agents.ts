import { nodesToWatch } from '../../../prometheus/source/watched-nodes.ts';
import { toNode } from '../links.ts';
import { byNode, per } from '../promql.ts';
import { valueWords } from '../severity.ts';
import { table } from '../tables.ts';

const WATCHED = 'max by (cluster, node) (railmedic_node_info{cluster=~"$cluster"})';

/** Nodes of which nothing can be said: silence is not health. */
export function notWatched() {
  const why = (words: string, expr: string): string => `label_replace(${expr}, "why", "${words}", "", "")`;
  const lastSeen = 'max by (cluster, node) (last_over_time(timestamp(railmedic_node_info{cluster=~"$cluster"})[$__range:1m]))';
  return table({
    title: 'Who is not watched',
    description:
      'No answer: the agent answered within the chosen time range and does not now (its pod is gone, the node is gone, the scrape fails). No agent: Kubernetes offers GPUs or RDMA devices there and no agent has answered (needs kube-state-metrics). A node that was scaled down is listed until the time range has passed it.',
    span: 12,
    height: 8,
    queries: [
      { expr: `${why('no answer', `(${lastSeen} unless on (cluster, node) ${WATCHED})`)} * 1000` },
      { expr: why('no agent', `(${nodesToWatch('cluster=~"$cluster"')} unless on (cluster, node) ${WATCHED})`) },
    ],
    columns: [
      { field: 'node', title: 'Node', links: [toNode('row')] },
      { field: 'why', title: 'Why', width: 120 },
      { field: 'Value #A', title: 'Last answer', unit: 'dateTimeFromNow', width: 150 },
      { field: 'cluster', title: 'Cluster' },
    ],
    sort: ['Why', 'Node'],
    noValue: 'Every agent of this time range answers',
  });
}

/** Sources that an agent asked and could not read, or has not read for too long. */
export function staleSources() {
  const failed = '(railmedic_collector_success == 0)';
  const age = '(time() - railmedic_collector_last_success_timestamp_seconds)';
  const source = per(['collector']);
  const limit = `clamp_min(2 * max by (${source}) (railmedic_collector_interval_seconds) + 60, 300)`;
  // No fault, and the time of a success before it was gone goes on growing.
  const absent = 'railmedic_collector_absent == 1';
  return table({
    title: 'What the agents do not see',
    description:
      'Sources that failed at the last look, or whose last success is older than twice their interval and a minute. Rules that need them are silent there: their faults are unknown, not absent. nvidia-query failing is itself a sign of a sick driver.',
    span: 12,
    height: 8,
    queries: [
      { expr: byNode(['collector'], failed) },
      { expr: byNode(['collector'], `(${age} > on (${source}) group_left () ${limit} unless on (${source}) ${absent})`) },
    ],
    columns: [
      { field: 'node', title: 'Node', links: [toNode('row')] },
      { field: 'collector', title: 'Source' },
      { field: 'Value #A', title: 'Failed', width: 90, mappings: valueWords({ '0': ['failed', 'red'] }), coloured: true },
      { field: 'Value #B', title: 'Last read', unit: 's', decimals: 0, width: 130 },
      { field: 'cluster', title: 'Cluster' },
    ],
    sort: ['Node', 'Source'],
    noValue: 'Every agent sees all its sources',
  });
}
