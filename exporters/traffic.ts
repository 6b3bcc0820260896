import type { Counters, InfinibandPort, Snapshot } from '../agent/model.ts';

export type Flow = 'transmit_packets' | 'receive_packets' | 'transmit_bytes' | 'receive_bytes';
type CounterKind = 'hwCounters' | 'pmaCounters';

interface FlowFile {
  readonly flow: Flow;
  /** What one unit of the file is worth. */
  readonly scale: bigint;
}

/** The files that count traffic, by kind of directory. */
const FLOW_FILES: Readonly<Record<CounterKind, Readonly<Record<string, FlowFile>>>> = {
  hwCounters: {
    // efa (efa_verbs.c, EFA_DEFINE_PORT_STATS)
    tx_pkts: { flow: 'transmit_packets', scale: 1n },
    rx_pkts: { flow: 'receive_packets', scale: 1n },
    tx_bytes: { flow: 'transmit_bytes', scale: 1n },
    rx_bytes: { flow: 'receive_bytes', scale: 1n },
    // rxe (rxe_hw_counters.c)
    sent_pkts: { flow: 'transmit_packets', scale: 1n },
    rcvd_pkts: { flow: 'receive_packets', scale: 1n },
  },
  pmaCounters: {
    port_xmit_packets: { flow: 'transmit_packets', scale: 1n },
    port_rcv_packets: { flow: 'receive_packets', scale: 1n },
    // In units of 4 octets (Documentation/ABI/stable/sysfs-class-infiniband).
    port_xmit_data: { flow: 'transmit_bytes', scale: 4n },
    port_rcv_data: { flow: 'receive_bytes', scale: 4n },
  },
};

export function flowOf(kind: CounterKind, file: string): FlowFile | undefined {
  return Object.hasOwn(FLOW_FILES[kind], file) ? FLOW_FILES[kind][file] : undefined;
}

/** Since the counters began; undefined where the driver does not count it. */
export function flow(port: InfinibandPort, wanted: Flow): bigint | undefined {
  for (const kind of ['hwCounters', 'pmaCounters'] as const) {
    const counters: Counters = port[kind];
    for (const [file, { flow, scale }] of Object.entries(FLOW_FILES[kind])) {
      const value = counters[file];
      if (flow === wanted && value !== undefined) return value * scale;
    }
  }
  return undefined;
}

export interface Packets {
  readonly sent: bigint;
  readonly received: bigint;
}

/**
 * Packets of all ports together, between two looks when an earlier one is given; undefined when no port can be counted. A
 * port whose counters went back or whose device was opened anew in between is left out.
 */
export function packetsOfAll(now: Snapshot, earlier: Snapshot | undefined): Packets | undefined {
  const before = earlier && ports(earlier);
  let found = false;
  let sent = 0n;
  let received = 0n;
  for (const [name, current] of ports(now)) {
    const base = before ? before.get(name) : { sent: 0n, received: 0n };
    if (!base || current.sent < base.sent || current.received < base.received) continue;
    found = true;
    sent += current.sent - base.sent;
    received += current.received - base.received;
  }
  return found ? { sent, received } : undefined;
}

function ports(snapshot: Snapshot): ReadonlyMap<string, Packets> {
  const counted = new Map<string, Packets>();
  if (snapshot.infiniband.status !== 'ok') return counted;
  for (const device of snapshot.infiniband.value.devices) {
    for (const port of device.ports) {
      const sent = flow(port, 'transmit_packets');
      const received = flow(port, 'receive_packets');
      if (sent !== undefined && received !== undefined) counted.set(`${port.name} ${device.generation}`, { sent, received });
    }
  }
  return counted;
}
