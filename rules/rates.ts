import type { Counters, Infiniband, InfinibandDevice, InfinibandPort, SourceName, Undecided } from '../agent/model.ts';

const TWO_TO_32 = 1n << 32n;
const TWO_TO_31 = 1n << 31n;

/**
 * By how much a counter rose between two looks; undefined where it is missing in either. A smaller value is the wrap of a
 * 32-bit counter (mlx5 queue counters, drivers/infiniband/hw/mlx5/counters.c) when going round is the shorter way; the
 * engine has already taken ports whose counters restarted out of `before`.
 */
export function rise(now: Counters | undefined, before: Counters | undefined, name: string): bigint | undefined {
  const current = now?.[name];
  const earlier = before?.[name];
  if (current === undefined || earlier === undefined) return undefined;
  if (current >= earlier) return current - earlier;
  const around = current + TWO_TO_32 - earlier;
  return earlier < TWO_TO_32 && around < TWO_TO_31 ? around : undefined;
}

/** A port now, its device, and the same port and device in `before`, where it is there and comparable. */
export interface PortPair {
  readonly device: InfinibandDevice;
  readonly port: InfinibandPort;
  readonly earlierDevice: InfinibandDevice | undefined;
  readonly earlierPort: InfinibandPort | undefined;
}

/** Those of the newest look, by the look before: several rules ask for the same. Of one look only, or each would hold the last. */
let made: { readonly now: Infiniband; readonly pairs: Map<Infiniband | undefined, readonly PortPair[]> } | undefined;

export function portPairs(now: Infiniband, before: Infiniband | undefined): readonly PortPair[] {
  if (made?.now !== now) made = { now, pairs: new Map<Infiniband | undefined, readonly PortPair[]>() };
  const pairs = made.pairs.get(before) ?? pairUp(now, before);
  made.pairs.set(before, pairs);
  return pairs;
}

function pairUp(now: Infiniband, before: Infiniband | undefined): readonly PortPair[] {
  const earlierDevices = new Map(before?.devices.map((device) => [device.name, device]));
  return now.devices.flatMap((device) => {
    const earlierDevice = earlierDevices.get(device.name);
    return device.ports.map((port) => ({
      device,
      port,
      earlierDevice,
      earlierPort: earlierDevice?.ports.find((candidate) => candidate.port === port.port),
    }));
  });
}

/** Counters of packets a driver has, and the files they come from. */
export interface PacketCounters {
  readonly sent: bigint;
  readonly received: bigint;
  /** `hw_counters/tx_pkts`, for the evidence. */
  readonly sentFile: string;
  readonly receivedFile: string;
}

const PACKET_FILES = [
  ['hwCounters', 'hw_counters', 'tx_pkts', 'rx_pkts'], // efa (efa_verbs.c, EFA_DEFINE_PORT_STATS)
  ['hwCounters', 'hw_counters', 'sent_pkts', 'rcvd_pkts'], // rxe (rxe_hw_counters.c)
  ['pmaCounters', 'counters', 'port_xmit_packets', 'port_rcv_packets'], // mlx5 and others with process_mad
] as const;

/** Packets a port has sent and received so far, whatever its driver calls them; undefined where it does not count them. */
export function packets(port: InfinibandPort | undefined): PacketCounters | undefined {
  for (const [kind, directory, sentName, receivedName] of PACKET_FILES) {
    const sent = port?.[kind][sentName];
    const received = port?.[kind][receivedName];
    if (sent === undefined || received === undefined) continue;
    return { sent, received, sentFile: `${directory}/${sentName}`, receivedFile: `${directory}/${receivedName}` };
  }
  return undefined;
}

/** Packets sent and received between two looks; undefined at first sight and after a restart of the counters. */
export function packetRise(pair: PortPair): { readonly sent: bigint; readonly received: bigint } | undefined {
  const now = packets(pair.port);
  const before = packets(pair.earlierPort);
  if (!now || !before) return undefined;
  const sent = rise({ value: now.sent }, { value: before.sent }, 'value');
  const received = rise({ value: now.received }, { value: before.received }, 'value');
  return sent === undefined || received === undefined ? undefined : { sent, received };
}

/** Holds a standing finding as unknown without making a new one. */
export function undecided(subject: string, why: string): Undecided {
  return { undecided: subject, why, report: false };
}

/** Says in the report that a fault could hide here; not where `because`, the source that would tell, is absent on this node. */
export function cannotTell(subject: string, why: string, because?: SourceName): Undecided {
  return { undecided: subject, why, report: true, ...(because !== undefined && { because }) };
}
