/**
 * Pieces of PromQL that all dashboards share. Series of the agent name no node: `railmedic_node_info` of the same target does,
 * so every query is joined to it, and that join is also where the variables cluster and node select. Aggregated first, so that
 * two pods of one target in one moment (a rollout) are no many-to-many error.
 */
const TARGET = 'cluster, job, instance';
const NODE = `max by (${TARGET}, node) (railmedic_node_info{cluster=~"$cluster", node=~"$node"})`;

/** Every watched node: 1, with what is known of it. */
export const NODES = 'max by (cluster, node, instance_type, zone, node_group) (railmedic_node_info{cluster=~"$cluster", node=~"$node"})';

/** 0 for every watched node, so that a table lists those without a finding as well. */
export const ZERO_NODES = '0 * max by (cluster, node) (railmedic_node_info{cluster=~"$cluster", node=~"$node"})';

/** The series with the name of their node. */
export function named(series: string): string {
  return `${series} * on (${TARGET}) group_left (node) ${NODE}`;
}

/** One value for each node and each set of these labels, whatever else the scrape has added. */
export function byNode(labels: readonly string[], series: string): string {
  return `max by (${['cluster', 'node', ...labels].join(', ')}) (${named(series)})`;
}

/** Per second, over all ports and pods of a target. */
export function rate(counter: string, labels: readonly string[] = [], selector = ''): string {
  return `sum by (${[TARGET, ...labels].join(', ')}) (rate(${counter}${selector === '' ? '' : `{${selector}}`}[$__rate_interval]))`;
}

/** Series of targets on which another series is. */
export function where(series: string, other: string, labels: readonly string[] = []): string {
  return `(${series} and on (${[TARGET, ...labels].join(', ')}) ${other})`;
}

export function per(labels: readonly string[]): string {
  return [TARGET, ...labels].join(', ');
}

/** Which devices of the fabric the variable `device` selects. */
export const DEVICE = 'device=~"$device"';
