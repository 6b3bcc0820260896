import { newestInfo, TARGET } from '../../prometheus/source/join.ts';

/** What the variables cluster and node select: one series for each target, also in a rollout, when two pods are behind it. */
export const CHOSEN = newestInfo('cluster=~"$cluster"', 'node=~"$node"');

/**
 * Pieces of PromQL that all dashboards share. Series of the agent name no node: `railmedic_node_info` of the same target does,
 * so every query is joined to it, and that join is also where the variables select.
 */
const NODE = `group by (${TARGET}, node) (${CHOSEN})`;

/** 1 for each node of these series of railmedic_node_info, with what is known of it. */
export function nodesOf(infos: string): string {
  return `group by (cluster, node, instance_type, zone, node_group) (${infos})`;
}

/** Every watched node. */
export const NODES = nodesOf(CHOSEN);

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

/** Per second, over all ports of a target. Two pods that are behind it in one moment count the same packets: only one of them counts. */
export function rate(counter: string, labels: readonly string[] = [], selector = ''): string {
  const once = `max by (${per(ofOne(counter, labels))}) (rate(${counter}${selector === '' ? '' : `{${selector}}`}[$__rate_interval]))`;
  return ofOne(counter, labels).length === labels.length ? once : `sum by (${per(labels)}) (${once})`;
}

/** The labels that tell two counters of one agent apart. */
function ofOne(counter: string, labels: readonly string[]): readonly string[] {
  if (!counter.startsWith('railmedic_infiniband_')) return labels;
  return counter.startsWith('railmedic_infiniband_device_') ? ['device'] : ['device', 'port'];
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
