/**
 * What a target is known by. Without `cluster` two clusters in one Prometheus could share an address. Labels of the pod are
 * not in it: after a restart the old pod's series can stand beside the new one's for a scrape.
 */
export const TARGET = 'cluster, job, instance';

/** Prometheus' lookback: a series that ended without a word is seen for so long (`--query.lookback-delta`). */
const LOOKBACK_SECONDS = 300;

/**
 * railmedic_node_info, once for each target, whatever stands side by side there, since two would be a many-to-many error and
 * end every alert of the fleet: the pod before and the one after, or two nodes that had one address after each other. The
 * newest it is; but a pod that cannot ask the API server yet knows no node group, and the group is part of an alert's
 * identity: then it is the one before. Its value means nothing; `matchers` narrow it.
 */
export function newestInfo(...matchers: readonly string[]): string {
  const info = (...more: readonly string[]): string => `timestamp(railmedic_node_info${[...more, ...matchers].length === 0 ? '' : `{${[...more, ...matchers].join(', ')}}`})`;
  return `topk by (${TARGET}) (1, ${LOOKBACK_SECONDS} + ${info('node_group!=""')} or ${info()})`;
}

/** 1 for each target, with its node and what else is asked for of it. */
export function nodeOfTarget(...labels: readonly string[]): string {
  return `group by (${[TARGET, 'node', ...labels].join(', ')}) (${newestInfo()})`;
}

/** Names the node of a target's series; `labels` are those of railmedic_node_info to take over. */
export function joinNode(...labels: readonly string[]): string {
  return `* on (${TARGET}) group_left (${['node', ...labels].join(', ')}) ${nodeOfTarget(...labels)}`;
}

/** The same for series that may have ended meanwhile, with the node: any, where two had one address. */
export function joinNodeOfLast(window: string): string {
  return `* on (${TARGET}) group_left (node) group by (${TARGET}, node) (topk by (${TARGET}) (1, last_over_time(railmedic_node_info[${window}])))`;
}

/** The labels of a job's series; `is_efa` keeps EFA and other fabrics apart. */
export const PEERS = 'cluster, namespace, workload_kind, workload, is_efa';

/** Indents all lines, for an expression inside another. */
export function indent(text: string, by = 2): string {
  return text.replace(/^/gm, ' '.repeat(by));
}
