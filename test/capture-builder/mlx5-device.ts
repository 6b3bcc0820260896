import { linkLocalGid, macOf, type NodeTree } from './node-tree.ts';
import { pciFunction } from './efa-device.ts';

/** drivers/infiniband/hw/mlx5/counters.c; in sysfs's order. All 32 bits wide but the last four of congestion control. */
const QUEUE_COUNTERS = [
  'duplicate_request', 'implied_nak_seq_err', 'local_ack_timeout_err', 'np_cnp_sent', 'np_ecn_marked_roce_packets',
  'out_of_buffer', 'out_of_sequence', 'packet_seq_err', 'req_cqe_error', 'req_cqe_flush_error', 'req_remote_access_errors',
  'req_remote_invalid_request', 'req_rnr_retries_exceeded', 'req_transport_retries_exceeded', 'resp_cqe_error',
  'resp_cqe_flush_error', 'resp_local_length_error', 'resp_remote_access_errors', 'rnr_nak_retry_err', 'roce_adp_retrans',
  'roce_adp_retrans_to', 'roce_slow_restart', 'roce_slow_restart_cnps', 'roce_slow_restart_trans', 'rp_cnp_handled',
  'rp_cnp_ignored', 'rx_atomic_requests', 'rx_dct_connect', 'rx_icrc_encapsulated', 'rx_read_requests', 'rx_write_requests',
]; // prettier-ignore

/** drivers/infiniband/core/sysfs.c, PORT_PMA_ATTR. */
const PMA_ERRORS = [
  'VL15_dropped', 'excessive_buffer_overrun_errors', 'link_downed', 'link_error_recovery', 'local_link_integrity_errors',
  'multicast_rcv_packets', 'multicast_xmit_packets', 'port_rcv_constraint_errors', 'port_rcv_errors',
  'port_rcv_remote_physical_errors', 'port_rcv_switch_relay_errors', 'port_xmit_constraint_errors', 'port_xmit_discards',
  'port_xmit_wait', 'symbol_error',
]; // prettier-ignore

export interface Mlx5Device {
  readonly name: string;
  readonly number: number;
  readonly address: string;
  readonly numaNode: number;
}

/** An InfiniBand port that is up and carries little. */
export function addMlx5Device(tree: NodeTree, device: Mlx5Device, seconds: number): void {
  const { name, number, address } = device;
  const function_ = pciFunction(address);
  tree.link(`/sys/bus/pci/devices/${address}`, function_);
  tree.attributes(function_, { class: '0x020700', device: '0x101e', numa_node: device.numaNode, vendor: '0x15b3' });
  tree.link(`${function_}/driver`, '/sys/bus/pci/drivers/mlx5_core');
  tree.link('/sys/bus/pci/drivers/mlx5_core/module', '/sys/module/mlx5_core');
  tree.attributes('/sys/module/mlx5_core', { refcnt: 2 });

  const directory = `${function_}/infiniband/${name}`;
  const gid = linkLocalGid(macOf(name));
  tree.link(`/sys/class/infiniband/${name}`, directory);
  tree.link(`${directory}/device`, function_);
  tree.attributes(directory, {
    fw_ver: '28.42.1274',
    node_desc: name,
    node_guid: gid.slice(20),
    node_type: '1: CA',
    sys_image_guid: gid.slice(20),
  });
  const port = `${directory}/ports/1`;
  tree.attributes(port, {
    cap_mask: '0xa751e848',
    lid: `0x${(17 + number).toString(16)}`,
    link_layer: 'InfiniBand',
    phys_state: '5: LinkUp',
    rate: '400 Gb/sec (4X NDR)',
    state: '4: ACTIVE',
  });
  tree.attributes(`${port}/gids`, { 0: gid });
  tree.attributes(`${port}/hw_counters`, { ...Object.fromEntries(QUEUE_COUNTERS.map((counter) => [counter, 0])), lifespan: 12 });
  // A few subnet management packets; the data counters are in words of four bytes.
  const packets = 18_000 + 2 * seconds;
  const traffic = { port_rcv_packets: packets, port_xmit_packets: packets, unicast_rcv_packets: packets, unicast_xmit_packets: packets };
  const data = { port_rcv_data: packets * 72, port_xmit_data: packets * 72 };
  tree.attributes(`${port}/counters`, { ...Object.fromEntries(PMA_ERRORS.map((counter) => [counter, 0])), ...traffic, ...data });

  const verbs = `${function_}/infiniband_verbs/uverbs${number}`;
  tree.link(`/sys/class/infiniband_verbs/uverbs${number}`, verbs);
  tree.attributes(verbs, { abi_version: 1, dev: `231:${192 + number}`, ibdev: name });
  tree.link(`${verbs}/device`, function_);
  tree.file(`/dev/infiniband/uverbs${number}`, '');
}
