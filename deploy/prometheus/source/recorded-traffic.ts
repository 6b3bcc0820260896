import { joinNode, TARGET } from './join.ts';
import type { RecordingRule } from './rule-file.ts';

const FLOWS = ['transmit_packets', 'receive_packets', 'transmit_bytes', 'receive_bytes'] as const;
export type Flow = (typeof FLOWS)[number];

/**
 * Four scrapes of the usual 30 s; longer, and a blocked job is named after people have begun to look for it.
 */
export const WINDOW_SECONDS = 120;
const WINDOW = '2m';

function nodeTraffic(flow: Flow): string {
  return `node:railmedic_infiniband_${flow}:rate${WINDOW}`;
}

export function workloadTraffic(flow: Flow): string {
  return `node_workload:railmedic_infiniband_${flow}:rate${WINDOW}`;
}

function portTraffic(flow: Flow): string {
  return `node_port:railmedic_infiniband_${flow}:rate${WINDOW}`;
}

/** Traffic by port and by node, EFA and other fabrics apart: a management port of another kind must not pass for a rail. */
export const recordedTraffic: readonly RecordingRule[] = [
  ...FLOWS.map((flow) => ({
    record: portTraffic(flow),
    expr: [
      'max by (cluster, node, node_group, device, port, is_efa) (',
      `  rate(railmedic_infiniband_${flow}_total[${WINDOW}])`,
      `    * on (${TARGET}, device) group_left (is_efa) max by (${TARGET}, device, is_efa) (railmedic_infiniband_device_info)`,
      `    ${joinNode('node_group')}`,
      ')',
    ].join('\n'),
  })),
  ...FLOWS.map((flow) => ({
    record: nodeTraffic(flow),
    expr: `sum by (cluster, node, node_group, is_efa) (${portTraffic(flow)})`,
  })),
  {
    record: `node:railmedic_infiniband_retrans_pkts:ratio${WINDOW}`,
    expr: [
      'sum by (cluster, node, node_group) (',
      `  max by (cluster, node, node_group, device, port) (rate(railmedic_infiniband_retrans_pkts_total[${WINDOW}]) ${joinNode('node_group')})`,
      ')',
      `/ sum by (cluster, node, node_group) (${portTraffic('transmit_packets')}{is_efa="true"} > 0)`,
    ].join('\n'),
  },
];

const WORKLOADS = 'node_workload:railmedic_pod_info:max';

/** The same by job. Two jobs can share a node; then its traffic counts for both, since ports do not say whose it is. */
export const recordedWorkloadTraffic: readonly RecordingRule[] = FLOWS.map((flow) => ({
  record: workloadTraffic(flow),
  expr: [
    '(',
    `  label_replace(${WORKLOADS}, "is_efa", "true", "", "")`,
    '  or',
    `  label_replace(${WORKLOADS}, "is_efa", "false", "", "")`,
    ')',
    `* on (cluster, node, is_efa) group_left () max by (cluster, node, is_efa) (${nodeTraffic(flow)})`,
  ].join('\n'),
}));
