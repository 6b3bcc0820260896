import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Thirty files a port, all in `counters/`: node_exporter reads every file there, and those of `hw_counters/` only in newer
 * versions than Debian's. The first 22 are in its closed list, so that it also exports them; the others are names of mlx5.
 */
const COUNTERS = [
  'VL15_dropped', 'excessive_buffer_overrun_errors', 'link_downed', 'link_error_recovery', 'local_link_integrity_errors',
  'multicast_rcv_packets', 'multicast_xmit_packets', 'port_rcv_constraint_errors', 'port_rcv_data', 'port_rcv_discards',
  'port_rcv_errors', 'port_rcv_packets', 'port_rcv_remote_physical_errors', 'port_rcv_switch_relay_errors',
  'port_xmit_constraint_errors', 'port_xmit_data', 'port_xmit_discards', 'port_xmit_packets', 'port_xmit_wait',
  'symbol_error', 'unicast_rcv_packets', 'unicast_xmit_packets', 'duplicate_request', 'local_ack_timeout_err',
  'out_of_buffer', 'out_of_sequence', 'packet_seq_err', 'rnr_nak_retry_err', 'np_cnp_sent', 'rp_cnp_handled',
]; // prettier-ignore

export const COUNTERS_A_PORT = COUNTERS.length;
const WIDTH = 13;

/** Builds `root/sys` with so many mlx5 devices of one port. Returns what moves every counter on. */
export function buildTree(root: string, devices: number): () => void {
  const descriptors: number[] = [];
  mkdirSync(join(root, 'sys/class/infiniband'), { recursive: true });
  for (let index = 0; index < devices; index += 1) descriptors.push(...buildDevice(root, index));
  mkdirSync(join(root, 'proc'), { recursive: true });
  let turn = 0;
  const move = (): void => {
    turn += 1;
    // The same width in place: no reader ever meets an empty or a half-written file.
    for (const [index, descriptor] of descriptors.entries()) writeSync(descriptor, valueAt(index, turn), 0);
  };
  process.once('exit', () => descriptors.forEach((descriptor) => closeSync(descriptor)));
  move();
  return move;
}

function buildDevice(root: string, index: number): number[] {
  const name = `mlx5_${index}`;
  const address = `0000:${(16 + index).toString(16).padStart(2, '0')}:00.0`;
  const parent = join(root, 'sys/devices/pci0000:00', address);
  const device = join(parent, 'infiniband', name);
  const port = join(device, 'ports/1');
  for (const directory of ['counters', 'gids']) mkdirSync(join(port, directory), { recursive: true });
  mkdirSync(join(root, 'sys/bus/pci/devices'), { recursive: true });
  mkdirSync(join(root, 'sys/bus/pci/drivers/mlx5_core'), { recursive: true });
  symlinkSync(`../../../devices/pci0000:00/${address}`, join(root, 'sys/bus/pci/devices', address));
  symlinkSync(`../../devices/pci0000:00/${address}/infiniband/${name}`, join(root, 'sys/class/infiniband', name));
  symlinkSync('../../../bus/pci/drivers/mlx5_core', join(parent, 'driver'));
  symlinkSync(`../../../${address}`, join(device, 'device'));
  const facts = { vendor: '0x15b3', device: '0x101e', class: '0x020700', numa_node: String(index % 2) };
  for (const [file, text] of Object.entries(facts)) writeFileSync(join(parent, file), `${text}\n`);
  const identity = { fw_ver: '28.39.1002', board_id: 'MT_0000000838', hca_type: 'MT4126', node_guid: 'a088:c203:0041:0a4c' };
  for (const [file, text] of Object.entries(identity)) writeFileSync(join(device, file), `${text}\n`);
  const link = { state: '4: ACTIVE', phys_state: '5: LinkUp', rate: '400 Gb/sec (4X NDR)', link_layer: 'InfiniBand' };
  for (const [file, text] of Object.entries(link)) writeFileSync(join(port, file), `${text}\n`);
  writeFileSync(join(port, 'gids/0'), 'fe80:0000:0000:0000:a088:c203:0041:0a4c\n');
  return COUNTERS.map((counter) => openSync(join(port, 'counters', counter), 'w'));
}

function valueAt(index: number, turn: number): string {
  return `${BigInt(10) ** BigInt(WIDTH - 1) + BigInt(index) * 1000n + BigInt(turn)}\n`;
}
