import { GraphThresholdsStyleMode } from '@grafana/grafana-foundation-sdk/common';
import { GraphThresholdsStyleConfigBuilder } from '@grafana/grafana-foundation-sdk/common';
import { graph } from '../panels.ts';
import { byNode, DEVICE, rate } from '../promql.ts';

/** What is sent above the axis, what is received below it. */
export function mirror(unit: 'bps' | 'pps', span: number) {
  const [counter, factor, what] = unit === 'bps' ? ['bytes', '8 * ', 'Bits'] : ['packets', '', 'Packets'];
  const way = (direction: 'transmit' | 'receive'): string => `${factor}${rate(`railmedic_infiniband_${direction}_${counter}_total`, ['device'], DEVICE)}`;
  return graph({
    title: `${what} sent (up) and received (down), by device`,
    description:
      'A healthy rail draws the same shape above and below the line. Lines above and none below: sends and receives nothing, most often a security group (FabricOneWayTraffic). One rail far thinner than its sisters: FabricRailImbalance. All flat while GPUs are busy: NCCL goes over TCP, or everybody waits.',
    span,
    height: 9,
    unit,
    queries: [
      { expr: byNode(['device'], `(${way('transmit')})`), legend: '{{device}} sent' },
      { expr: byNode(['device'], `(${way('receive')})`), legend: '{{device}} received' },
    ],
  })
    .axisCenteredZero(true)
    .overrideByQuery('B', [{ id: 'custom.transform', value: 'negative-Y' }]);
}

/** Packets that had to be sent again. */
export function retransmissions() {
  const again = rate('railmedic_infiniband_retrans_pkts_total', ['device'], DEVICE);
  const sent = rate('railmedic_infiniband_transmit_packets_total', ['device'], DEVICE);
  return graph({
    title: 'Share of packets sent again (EFA)',
    description: 'SRD sends again what a path lost. Below a tenth of a percent is weather; from 1 % on EfaImpairedPath speaks: a congested or failing path, or a peer that does not answer. Empty on drivers that do not count it.',
    span: 12,
    height: 8,
    unit: 'percentunit',
    min: 0,
    queries: [{ expr: byNode(['device'], `(${again} / (${sent} > 0))`), legend: '{{device}}' }],
    thresholds: [
      { value: null, color: 'green' },
      { value: 0.01, color: 'red' },
    ],
  }).thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
}

/** What a port counts when something goes wrong, by whose driver counts it. */
const PORT_ERRORS = [
  // efa
  'rx_drops', 'retrans_timeout_events', 'unresponsive_remote_events', 'impaired_remote_conn_events', 'rdma_read_wr_err', 'rdma_write_wr_err',
  // InfiniBand and RoCE
  'symbol_error', 'link_downed', 'link_error_recovery', 'port_rcv_errors', 'port_xmit_discards', 'local_link_integrity_errors',
  // mlx5
  'out_of_sequence', 'packet_seq_err', 'local_ack_timeout_err', 'rnr_nak_retry_err', 'req_cqe_error', 'resp_cqe_error', 'out_of_buffer',
] as const;

/** What a whole EFA device counts. */
const DEVICE_ERRORS = ['cmds_err', 'no_completion_cmds', 'create_qp_err', 'create_ah_err', 'reg_mr_err'] as const;

/** Error counters that rise, and no others: an empty panel is a good one. */
export function errors() {
  const rising = (counter: string): string =>
    `label_replace(${rate(`railmedic_infiniband_${counter}_total`, ['device'], DEVICE)} > 0, "counter", "${counter}", "", "")`;
  const all = (counters: readonly string[]): string => byNode(['device', 'counter'], `(${counters.map(rising).join('\n  or ')})`);
  return graph({
    title: 'Error counters that rise',
    description: 'By device and counter, named as the driver names it; only those that rise are drawn. rx_drops: the application does not post receives fast enough. unresponsive_remote_events: a peer stopped answering. no_completion_cmds: the card itself. link_downed, symbol_error: cable or switch port.',
    span: 12,
    height: 8,
    unit: 'cps',
    min: 0,
    queries: [
      { expr: all(PORT_ERRORS), legend: '{{device}} {{counter}}' },
      { expr: all(DEVICE_ERRORS.map((counter) => `device_${counter}`)), legend: '{{device}} {{counter}}' },
    ],
    noValue: 'No error counter rises',
  });
}
