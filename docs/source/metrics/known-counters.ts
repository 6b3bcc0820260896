import type { CounterKind } from '../../../exporters/prometheus/infiniband-names.ts';

/** Counter files of one driver in one directory, with what each counts. */
export interface KnownCounters {
  readonly heading: string;
  /** What goes for all of them. */
  readonly note: string;
  readonly kind: CounterKind;
  readonly files: Readonly<Record<string, string>>;
}

/** efa_verbs.c, EFA_DEFINE_DEVICE_STATS; meanings by the code that counts them. */
const EFA_DEVICE: KnownCounters = {
  heading: 'EFA, the device',
  note: 'Counted by the driver itself, from 0 when the module is loaded. Reading the port counters costs the card commands: `submitted_cmds` and `completed_cmds` rise because of the agent.',
  kind: 'device',
  files: {
    submitted_cmds: 'commands given to the card',
    completed_cmds: 'commands that the card answered',
    cmds_err: 'commands that the card answered with an error',
    no_completion_cmds: 'commands that the card never answered',
    keep_alive_rcvd: 'signs of life from the card',
    alloc_pd_err: 'protection domains that could not be made',
    alloc_ucontext_err: 'processes that could not open the device',
    create_ah_err: 'peers that could not be addressed',
    create_cq_err: 'completion queues that could not be made',
    create_qp_err: 'queue pairs that could not be made',
    reg_mr_err: 'memory regions that could not be registered',
    mmap_err: 'queues that could not be mapped into a process',
    alloc_mr_err: 'memory regions that could not be made (kernel verbs, driver 2.12.0 and later)',
    get_dma_mr_err: 'DMA regions that could not be made (kernel verbs, driver 2.12.0 and later)',
  },
};

/** efa_verbs.c, EFA_DEFINE_PORT_STATS; meanings of the last five: EC2 user guide, efa-working-monitor. */
const EFA_PORT: KnownCounters = {
  heading: 'EFA, the port',
  note: 'Kept by the card. The last five are there from driver 2.17.0 on, and only Nitro v4 and later count them: elsewhere they stay 0.',
  kind: 'hwCounters',
  files: {
    tx_bytes: 'bytes sent',
    rx_bytes: 'bytes received',
    tx_pkts: 'packets sent',
    rx_pkts: 'packets received',
    rx_drops: 'packets received and dropped',
    send_bytes: 'bytes of send operations',
    send_wrs: 'send operations',
    recv_bytes: 'bytes of receive operations',
    recv_wrs: 'receive operations',
    rdma_read_wrs: 'RDMA reads',
    rdma_read_wr_err: 'RDMA reads that failed',
    rdma_read_bytes: 'bytes read from peers',
    rdma_read_resp_bytes: 'bytes that peers read from here',
    rdma_write_wrs: 'RDMA writes',
    rdma_write_wr_err: 'RDMA writes that failed',
    rdma_write_bytes: 'bytes written to peers; 0 is normal where the stack does not write',
    rdma_write_recv_bytes: 'bytes that peers wrote to here',
    retrans_bytes: 'bytes sent again',
    retrans_pkts: 'packets sent again',
    retrans_timeout_events: 'traffic that timed out and changed its path',
    unresponsive_remote_events: 'connections whose peer stopped answering',
    impaired_remote_conn_events: 'connections that were slowed down because their path is impaired',
  },
};

/** InfiniBand Architecture, PortCounters and PortCountersExtended; names of drivers/infiniband/core/sysfs.c. */
const PMA: KnownCounters = {
  heading: 'InfiniBand and RoCE, `counters/`',
  note: 'The port counters of the InfiniBand standard, where the driver has them (mlx5, irdma; EFA has none).',
  kind: 'pmaCounters',
  files: {
    port_xmit_data: 'data sent, in units of 4 bytes; exported in bytes',
    port_rcv_data: 'data received, in units of 4 bytes; exported in bytes',
    port_xmit_packets: 'packets sent',
    port_rcv_packets: 'packets received',
    unicast_xmit_packets: 'unicast packets sent',
    unicast_rcv_packets: 'unicast packets received',
    multicast_xmit_packets: 'multicast packets sent',
    multicast_rcv_packets: 'multicast packets received',
    port_xmit_wait: 'ticks in which data waited because the peer gave no credits',
    port_xmit_discards: 'packets that were not sent because the port is down or congested',
    port_xmit_constraint_errors: 'packets not sent by a switch port because of a filter or partition',
    port_rcv_errors: 'packets received with an error',
    port_rcv_remote_physical_errors: 'packets that arrived marked as broken further up the way',
    port_rcv_switch_relay_errors: 'packets that a switch could not relay',
    port_rcv_constraint_errors: 'packets refused by a switch port because of a filter or partition',
    symbol_error: 'symbol errors on the link',
    link_error_recovery: 'times the link recovered from an error by itself',
    link_downed: 'times the link went down',
    local_link_integrity_errors: 'times local physical errors passed their threshold',
    excessive_buffer_overrun_errors: 'times buffer overruns passed their threshold',
    VL15_dropped: 'management packets dropped for want of buffers',
  },
};

/** drivers/infiniband/hw/mlx5/counters.c; meanings by the commits that added them. */
const MLX5: KnownCounters = {
  heading: 'NVIDIA ConnectX (mlx5), `hw_counters/`',
  note: 'Of all queue pairs of the port. A driver of another version has more or fewer.',
  kind: 'hwCounters',
  files: {
    rx_write_requests: 'RDMA write requests received',
    rx_read_requests: 'RDMA read requests received',
    rx_atomic_requests: 'atomic requests received',
    rx_dct_connect: 'connection requests received for dynamically connected transport',
    out_of_buffer: 'packets for which no receive buffer was posted',
    out_of_sequence: 'packets that came out of sequence',
    duplicate_request: 'requests that came twice',
    rnr_nak_retry_err: 'answers "receiver not ready" received',
    packet_seq_err: 'answers "sequence error" received',
    implied_nak_seq_err: 'sequence errors implied by a later answer',
    local_ack_timeout_err: 'times no answer came in time',
    resp_local_length_error: 'length errors as the responder',
    resp_cqe_error: 'completions with an error as the responder',
    req_cqe_error: 'completions with an error as the requester',
    req_remote_invalid_request: 'answers "invalid request" received',
    req_remote_access_errors: 'answers "access error" received',
    resp_remote_access_errors: 'access errors found as the responder',
    resp_cqe_flush_error: 'completions flushed as the responder, as when a job ends',
    req_cqe_flush_error: 'completions flushed as the requester, as when a job ends',
    req_transport_retries_exceeded: 'requests given up after all retries',
    req_rnr_retries_exceeded: 'requests given up because the receiver was never ready',
    roce_adp_retrans: 'adaptive retransmissions',
    roce_adp_retrans_to: 'timeouts of adaptive retransmission',
    roce_slow_restart: 'times slow restart was used',
    roce_slow_restart_cnps: 'congestion notifications made by slow restart',
    roce_slow_restart_trans: 'changes of state to slow restart',
    rp_cnp_ignored: 'congestion notifications received and ignored',
    rp_cnp_handled: 'congestion notifications received and obeyed',
    np_ecn_marked_roce_packets: 'packets received that a switch marked as congested',
    np_cnp_sent: 'congestion notifications sent',
    rx_icrc_encapsulated: 'packets received with a wrong checksum (ICRC)',
  },
};

/** drivers/infiniband/sw/rxe/rxe_hw_counters.c. */
const RXE: KnownCounters = {
  heading: 'soft-RoCE (rxe), `hw_counters/`',
  note: 'A software device, for tests.',
  kind: 'hwCounters',
  files: {
    sent_pkts: 'packets sent',
    rcvd_pkts: 'packets received',
    duplicate_request: 'requests that came twice',
    out_of_seq_request: 'requests that came out of sequence',
    rcvd_rnr_err: 'answers "receiver not ready" received',
    send_rnr_err: 'answers "receiver not ready" sent',
    rcvd_seq_err: 'sequence errors received',
    ack_deferred: 'times the completer was put off',
    retry_exceeded_err: 'requests given up after all retries',
    retry_rnr_exceeded_err: 'requests given up because the receiver was never ready',
    completer_retry_err: 'retries by the completer',
    send_err: 'packets that could not be sent',
    link_downed: 'times the link went down',
    rdma_sends: 'send operations',
    rdma_recvs: 'receive operations',
  },
};

export const KNOWN_COUNTERS: readonly KnownCounters[] = [EFA_DEVICE, EFA_PORT, PMA, MLX5, RXE];
