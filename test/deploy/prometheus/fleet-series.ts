import type { Series } from './promtool-test.ts';

/** One node of a fleet as its agent is scraped every 30 s by the PodMonitor of docs/prometheus.md (honorLabels). */
export interface FleetNode {
  readonly name: string;
  readonly nodeGroup?: string;
  /** `RayCluster ml/grpo`; none is a node without a job. */
  readonly jobs?: readonly string[];
  readonly driver?: 'efa' | 'mlx5_core';
  /** Values of the counters of its two ports, in promtool's notation. */
  readonly sent: string;
  readonly received: string;
  readonly sentBytes?: string;
  readonly receivedBytes?: string;
}

export const IDLE = '5000+0x60';

export function fleet(...nodes: readonly FleetNode[]): Series {
  return Object.assign({}, ...nodes.map(seriesOf)) as Series;
}

function seriesOf(node: FleetNode): Series {
  const agent = `cluster="prod",job="railmedic/railmedic",instance="${node.name}:9477"`;
  const target = `${agent},namespace="railmedic",pod="railmedic-${node.name}"`;
  const series: Record<string, string> = {
    [`railmedic_node_info{${target},node="${node.name}",instance_type="p5.48xlarge",zone="us-east-1d",node_group="${node.nodeGroup ?? ''}"}`]: '1x60',
  };
  for (const device of ['rdmap0', 'rdmap1']) {
    const port = `${target},device="${device}",port="1"`;
    const driver = node.driver ?? 'efa';
    series[`railmedic_infiniband_device_info{${target},device="${device}",driver="${driver}",is_efa="${driver === 'efa'}"}`] = '1x60';
    series[`railmedic_infiniband_transmit_packets_total{${port}}`] = node.sent;
    series[`railmedic_infiniband_receive_packets_total{${port}}`] = node.received;
    series[`railmedic_infiniband_transmit_bytes_total{${port}}`] = node.sentBytes ?? IDLE;
    series[`railmedic_infiniband_receive_bytes_total{${port}}`] = node.receivedBytes ?? IDLE;
  }
  for (const job of node.jobs ?? []) {
    const [, kind, namespace, workload] = /^(\w+) (\S+)\/(\S+)$/.exec(job) ?? [];
    const pod = `${agent},namespace="${namespace}",pod="${workload}-of-${node.name}"`;
    series[`railmedic_pod_info{${pod},workload_kind="${kind}",workload="${workload}"}`] = '1x60';
    series[`railmedic_pod_device_info{${pod},device="rdmap0"}`] = '1x60';
    series[`railmedic_pod_device_info{${pod},device="GPU-${node.name}"}`] = '1x60';
  }
  return series;
}
