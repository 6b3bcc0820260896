/**
 * What a target is known by. Without `cluster` two clusters in one Prometheus could share an address. Labels of the pod are
 * not in it: after a restart the old pod's series can stand beside the new one's for a scrape.
 */
export const TARGET = 'cluster, job, instance';

/** Names the node of a target's series; `labels` are those of railmedic_node_info to take over. */
export function joinNode(...labels: readonly string[]): string {
  const wanted = ['node', ...labels].join(', ');
  return `* on (${TARGET}) group_left (${wanted}) max by (${TARGET}, ${wanted}) (railmedic_node_info)`;
}

/** The labels of a job's series; `is_efa` keeps EFA and other fabrics apart. */
export const PEERS = 'cluster, namespace, workload_kind, workload, is_efa';

/** Indents all lines, for an expression inside another. */
export function indent(text: string, by = 2): string {
  return text.replace(/^/gm, ' '.repeat(by));
}
