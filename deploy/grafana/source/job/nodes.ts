import { toNode } from '../links.ts';
import { figure, GREEN, graph, PLAIN, type Graph } from '../panels.ts';
import { byNode, CHOSEN, DEVICE, named, nodesOf, rate } from '../promql.ts';
import { table } from '../tables.ts';
import { onJobGpus, onJobNodes } from './selection.ts';

const POD = 'railmedic_pod_info{namespace="$namespace", workload="$workload"}';
const SINCE = 'railmedic_finding_since_timestamp_seconds';

/** How large the job is and how many of its nodes are sick. */
export function jobFigures() {
  const sick = (severity: string): string =>
    `count(sum by (cluster, node) (${byNode(['rule', 'subject'], onJobNodes(`railmedic_finding{state="firing", severity="${severity}"}`))})) or vector(0)`;
  return [
    figure({
      title: 'Nodes',
      description: 'Nodes on which a pod of this job holds a GPU or a fabric device. Fewer than the job wants: a node is gone, or its agent does not answer.',
      span: 6,
      height: 4,
      expr: `count(${byNode([], POD)}) or vector(0)`,
      thresholds: [PLAIN],
    }),
    figure({
      title: 'GPUs',
      description: 'GPUs that its pods hold, as the kubelet says.',
      span: 6,
      height: 4,
      expr: `count(${byNode(['uuid'], onJobGpus('railmedic_gpu_info'))}) or vector(0)`,
      thresholds: [PLAIN],
    }),
    figure({
      title: 'Nodes with a critical finding',
      description: 'One is enough to stop a training job: all other ranks wait for it in the next collective.',
      span: 6,
      height: 4,
      expr: sick('critical'),
      thresholds: [GREEN, { value: 1, color: 'red' }],
    }),
    figure({
      title: 'Nodes with a warning',
      description: 'Nodes with a finding of severity warning. A job is as fast as its slowest node.',
      span: 6,
      height: 4,
      expr: sick('warning'),
      thresholds: [GREEN, { value: 1, color: 'orange' }],
    }),
  ];
}

/** A row for each node of the job, so that the odd one out is seen. */
export function sideBySide() {
  const loud = 'railmedic_finding{state="firing", severity!="info"}';
  return table({
    title: 'Its nodes side by side',
    description: 'In a healthy job all rows say about the same. The odd one out is the one to look at: no traffic, no power, another instance type or zone (EFA crosses no zone), or since when it is sick.',
    span: 24,
    height: 9,
    queries: [
      { expr: nodesOf(onJobNodes(CHOSEN)) },
      { expr: `sum by (cluster, node) (${byNode(['rule', 'subject'], onJobNodes(loud))}) or 0 * ${byNode([], POD)}` },
      { expr: `min by (cluster, node) (${named(onJobNodes(`(${SINCE} and on (cluster, job, instance, rule, subject) ${loud})`))}) * 1000` },
      { expr: `avg by (cluster, node) (${byNode(['uuid'], onJobGpus('railmedic_gpu_sm_ratio'))})` },
      { expr: `avg by (cluster, node) (${byNode(['uuid'], onJobGpus('railmedic_gpu_memory_utilization_ratio'))})` },
      { expr: `sum by (cluster, node) (${byNode(['uuid'], onJobGpus('railmedic_gpu_power_watts'))})` },
      { expr: byNode([], onJobNodes(`(8 * ${rate('railmedic_infiniband_transmit_bytes_total', [], DEVICE)})`)) },
      { expr: byNode([], onJobNodes(`(8 * ${rate('railmedic_infiniband_receive_bytes_total', [], DEVICE)})`)) },
    ],
    columns: [
      { field: 'node', title: 'Node', links: [toNode('row')] },
      { field: 'Value #B', title: 'Findings', width: 90, coloured: true, thresholds: [{ value: null, color: 'transparent' }, { value: 1, color: 'red' }] },
      { field: 'Value #C', title: 'Since', unit: 'dateTimeFromNow', width: 140 },
      { field: 'Value #D', title: 'SM', unit: 'percentunit', decimals: 0, width: 80 },
      { field: 'Value #E', title: 'Memory busy', unit: 'percentunit', decimals: 0, width: 110 },
      { field: 'Value #F', title: 'Power', unit: 'watt', decimals: 1, width: 100 },
      { field: 'Value #G', title: 'Sent', unit: 'bps', decimals: 1, width: 110 },
      { field: 'Value #H', title: 'Received', unit: 'bps', decimals: 1, width: 110 },
      { field: 'instance_type', title: 'Instance type', width: 140 },
      { field: 'zone', title: 'Zone', width: 120 },
      { field: 'node_group', title: 'Node group' },
    ],
    sort: ['-Findings', 'Node'],
    noValue: 'No pod of this job is known: choose namespace and job above',
  });
}

type Named = Pick<Graph, 'title' | 'description' | 'unit'> & { readonly max?: number };

/** A line for each node. */
function lines(series: string, what: Named) {
  return graph({ span: 12, height: 8, min: 0, ...what, queries: [{ expr: series, legend: '{{node}}' }], links: [toNode('series')] });
}

/** What the job's fabric does. */
export function jobTraffic() {
  const bits = (way: 'transmit' | 'receive'): string => byNode([], onJobNodes(`(8 * ${rate(`railmedic_infiniband_${way}_bytes_total`, [], DEVICE)})`));
  const again = rate('railmedic_infiniband_retrans_pkts_total', [], DEVICE);
  const sent = rate('railmedic_infiniband_transmit_packets_total', [], DEVICE);
  return [
    lines(bits('transmit'), { title: 'Sent', description: 'All fabric devices of a node together. A collective moves the same on every node: one line far below the others is the node they wait for.', unit: 'bps' }),
    lines(bits('receive'), { title: 'Received', description: 'A node that sends and is missing here receives nothing: its own security group, subnet or CIDR block. All of them missing: the group they share.', unit: 'bps' }),
    lines(byNode([], onJobNodes(`(${again} / (${sent} > 0))`)), { title: 'Share of packets sent again (EFA)', description: 'One node above the others: its path, or what it sends to. All of them at once: congestion, or one peer that does not answer.', unit: 'percentunit' }),
  ];
}

/** What the job's GPUs do. */
export function jobGpus() {
  const mean = (series: string): string => `avg by (cluster, node) (${byNode(['uuid'], onJobGpus(series))})`;
  return [
    lines(mean('railmedic_gpu_sm_ratio'), { title: 'SM busy, mean of a node\'s GPUs', description: 'All at 100 % with idle memory and a quarter of the power: the whole job waits. One node at 0 %: its process has ended, and the others wait for it.', unit: 'percentunit', max: 1 }),
    lines(mean('railmedic_gpu_memory_utilization_ratio'), { title: 'Memory busy, mean of a node\'s GPUs', description: 'Real work reads memory. SM high and this at 0 %: spinning.', unit: 'percentunit', max: 1 }),
    lines(mean('railmedic_gpu_power_watts'), { title: 'Power, mean of a node\'s GPUs', description: 'The most honest sign of work. One node below the others is the slow one.', unit: 'watt' }),
    lines(`max by (cluster, node) (${byNode(['uuid'], onJobGpus('railmedic_gpu_temperature_celsius'))})`, { title: 'Temperature, a node\'s hottest GPU', description: 'One node far above the others: its cooling. Compare with GpuThermalSlowdown.', unit: 'celsius' }),
  ];
}
