import { Gauge, type Registry } from '@prometheus-io/client';
import type { Report } from '../../agent/model.ts';
import { visible } from '../escape.ts';

/**
 * The node's name stands in this one series, and others join it: whether a scrape adds a `node` label of its own is left to
 * whoever configures it.
 */
export function nodeGauge(registry: Registry): (report: Report) => void {
  const info = new Gauge({
    name: 'railmedic_node_info',
    help: 'The node that this agent watches; always 1. Labels that nobody could tell are empty.',
    labelNames: ['node', 'instance_type', 'zone', 'node_group'],
    registers: [registry],
  });
  return ({ node, instanceType, zone, nodeGroup, snapshot: { imds } }) => {
    info.reset();
    const zoneOfImds = imds.status === 'ok' ? imds.value.availabilityZone : undefined;
    const shown = (text: string | undefined): string => visible(text ?? '');
    const labels = { node: shown(node), instance_type: shown(instanceType), zone: shown(zone ?? zoneOfImds), node_group: shown(nodeGroup) };
    info.set(labels, 1);
  };
}
