import { toNode } from '../links.ts';
import { graph } from '../panels.ts';
import { byNode, DEVICE, rate } from '../promql.ts';

/** What each node sends and receives over its fabric. */
export function fleetTraffic() {
  const bits = (way: 'transmit' | 'receive'): string => `topk(10, ${byNode([], `(8 * ${rate(`railmedic_infiniband_${way}_bytes_total`, [], DEVICE)})`)})`;
  return [
    graph({
      title: 'Sent, the ten busiest nodes',
      description: 'All fabric devices of a node together. In one job all nodes draw about the same line: one far below the others is what the others wait for.',
      span: 12,
      height: 8,
      unit: 'bps',
      min: 0,
      queries: [{ expr: bits('transmit'), legend: '{{node}}' }],
      links: [toNode('series')],
    }),
    graph({
      title: 'Received, the ten busiest nodes',
      description: 'Beside what is sent. A node that is on the left and not here receives nothing of what it waits for.',
      span: 12,
      height: 8,
      unit: 'bps',
      min: 0,
      queries: [{ expr: bits('receive'), legend: '{{node}}' }],
      links: [toNode('series')],
    }),
  ];
}
