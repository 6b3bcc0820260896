import { toJob, toNode, toPage } from '../links.ts';
import { byNode, named, NODES, per, where, ZERO_NODES } from '../promql.ts';
import { RANKED, RANKS, valueWords } from '../severity.ts';
import { table } from '../tables.ts';

const SINCE = 'railmedic_finding_since_timestamp_seconds';
/** A finding that a person should look at. */
const LOUD = 'railmedic_finding{state="firing", severity!="info"}';

/** One row for each node, the worst first. */
export function sickNodes() {
  const findings = (selector: string): string =>
    `sum by (cluster, node) (${byNode(['rule', 'subject'], `railmedic_finding{${selector}}`)}) or ${ZERO_NODES}`;
  const count = { width: 90, mappings: valueWords({ '0': ['–', 'transparent'] }), coloured: true };
  return table({
    title: 'Nodes, the worst first',
    description: 'How many findings stand on each node and since when the oldest of warning or worse does. A node without any is listed too. Click a name for its rails, GPUs and history.',
    span: 24,
    height: 9,
    queries: [
      { expr: findings('state="firing", severity="critical"') },
      { expr: findings('state="firing", severity="warning"') },
      { expr: findings('state="unknown", severity!="info"') },
      { expr: `min by (cluster, node) (${named(where(SINCE, LOUD, ['rule', 'subject']))}) * 1000` },
      { expr: NODES },
    ],
    columns: [
      { field: 'node', title: 'Node', links: [toNode('row')] },
      { field: 'Value #A', title: 'Critical', ...count, thresholds: [{ value: null, color: 'transparent' }, { value: 1, color: 'red' }] },
      { field: 'Value #B', title: 'Warnings', ...count, thresholds: [{ value: null, color: 'transparent' }, { value: 1, color: 'orange' }] },
      { field: 'Value #C', title: 'Unknown', ...count, thresholds: [{ value: null, color: 'transparent' }, { value: 1, color: 'purple' }] },
      { field: 'Value #D', title: 'Since', unit: 'dateTimeFromNow', width: 150 },
      { field: 'instance_type', title: 'Instance type', width: 150 },
      { field: 'zone', title: 'Zone', width: 130 },
      { field: 'node_group', title: 'Node group' },
      { field: 'cluster', title: 'Cluster' },
    ],
    sort: ['-Critical', '-Warnings', '-Unknown'],
    noValue: 'No agent answers. Is railmedic installed, and does Prometheus scrape its port "metrics"?',
  });
}

/**
 * One row for each finding: which node is sick, of what, since when, and the page that says what to do. `only` narrows the
 * series to some targets, such as the nodes of a job.
 */
export function allFindings(title: string, height: number, only: (series: string) => string = (series) => series) {
  const words = ['rule', 'subject', 'title', 'page', 'cause'];
  // Of two pods in a rollout that name two causes the newer's: a finding is one row.
  const newest = `topk by (${per(['rule', 'subject'])}) (1, timestamp(railmedic_finding_info))`;
  return table({
    title,
    description:
      'Everything that is firing or cannot be judged, the worst first. "Likely cause" is the first cause that the agent found evidence for; the page says how to tell and what to type. On the node, "railmedic diagnose" gives the commands with this node\'s own identifiers.',
    span: 24,
    height,
    queries: [
      { expr: byNode(['rule', 'subject'], only(RANKED)) },
      { expr: `${byNode(['rule', 'subject'], only(SINCE))} * 1000` },
      { expr: byNode(words, only(newest)) },
    ],
    columns: [
      { field: 'Value #A', title: 'Severity', width: 120, mappings: RANKS, coloured: true },
      { field: 'node', title: 'Node', links: [toNode('row')] },
      { field: 'rule', title: 'Rule', links: [toPage()] },
      { field: 'title', title: 'What is wrong' },
      { field: 'subject', title: 'Where' },
      { field: 'cause', title: 'Likely cause' },
      { field: 'Value #B', title: 'Since', unit: 'dateTimeFromNow', width: 150 },
      { field: 'page', title: 'Page', links: [toPage()] },
      { field: 'cluster', title: 'Cluster' },
    ],
    sort: ['-Severity', 'Since'],
    noValue: 'Nothing is wrong on the nodes that are watched',
  });
}

/** Whose work stands on the nodes that are sick. */
export function jobsConcerned() {
  const pods = where('railmedic_pod_info', LOUD);
  return table({
    title: 'Jobs on sick nodes',
    description: 'Workloads with a pod on a node with a warning or worse, the most such nodes first. Click one to see its nodes side by side. Empty where the agents do not see pods.',
    span: 24,
    height: 7,
    queries: [{ expr: `count by (cluster, namespace, workload_kind, workload) (${byNode(['namespace', 'workload_kind', 'workload'], pods)})` }],
    columns: [
      { field: 'workload', title: 'Job', links: [toJob('row')] },
      { field: 'namespace', title: 'Namespace' },
      { field: 'workload_kind', title: 'Kind', width: 130 },
      { field: 'Value', title: 'Sick nodes', width: 110 },
      { field: 'cluster', title: 'Cluster' },
    ],
    sort: ['-Sick nodes'],
    noValue: 'No job is known on a sick node',
  });
}
