import { flowOf, type Flow } from '../traffic.ts';
import { snakeCase } from './exposition.ts';

export type CounterKind = 'device' | 'hwCounters' | 'pmaCounters';

/** How one counter file is exported. */
export interface CounterName {
  readonly kind: CounterKind;
  readonly file: string;
  /** Whole metric name. */
  readonly metric: string;
  readonly help: string;
  readonly scale: bigint;
}

const FLOW_HELP: Readonly<Record<Flow, string>> = {
  transmit_packets: 'Packets sent by the port: hw_counters/tx_pkts, hw_counters/sent_pkts or counters/port_xmit_packets.',
  receive_packets: 'Packets received by the port: hw_counters/rx_pkts, hw_counters/rcvd_pkts or counters/port_rcv_packets.',
  transmit_bytes: 'Bytes sent by the port: hw_counters/tx_bytes, or 4 times counters/port_xmit_data.',
  receive_bytes: 'Bytes received by the port: hw_counters/rx_bytes, or 4 times counters/port_rcv_data.',
};

const DIRECTORY = { device: 'hw_counters', hwCounters: 'hw_counters', pmaCounters: 'counters' } as const;

/** Names of a device's own counters. */
export function deviceNames(files: readonly string[]): readonly CounterName[] {
  const taken = new Set<string>();
  return files.toSorted().map((file) => {
    const name = free([`device_${snakeCase(file)}`], taken);
    const help = `Counter hw_counters/${file} of the device, as its driver counts it.`;
    return { kind: 'device', file, metric: metricOf(name), help, scale: 1n };
  });
}

/**
 * Names of one port's counters. The four of traffic are called the same whatever the driver calls them; a file of `counters/`
 * whose name hw_counters has taken on the same port is exported as `counters_<name>`.
 */
export function portNames(hwFiles: readonly string[], pmaFiles: readonly string[]): readonly CounterName[] {
  const taken = new Set<string>();
  const named = (kind: 'hwCounters' | 'pmaCounters', file: string): CounterName => {
    const traffic = flowOf(kind, file);
    const plain = snakeCase(file);
    if (traffic && !taken.has(traffic.flow)) {
      taken.add(traffic.flow);
      return { kind, file, metric: metricOf(traffic.flow), help: FLOW_HELP[traffic.flow], scale: traffic.scale };
    }
    const name = free(kind === 'pmaCounters' ? [plain, `counters_${plain}`] : [plain], taken);
    const help = `Counter ${DIRECTORY[kind]}/${file} of the port, as its driver counts it.`;
    return { kind, file, metric: metricOf(name), help, scale: 1n };
  };
  return [
    ...hwFiles.toSorted().map((file) => named('hwCounters', file)),
    ...pmaFiles.toSorted().map((file) => named('pmaCounters', file)),
  ];
}

function metricOf(name: string): string {
  return `railmedic_infiniband_${name}_total`;
}

/** The first candidate that no other file has; files whose names differ only in what is not legal are numbered. */
function free(candidates: readonly [string, ...string[]], taken: Set<string>): string {
  let name = candidates.find((candidate) => !taken.has(candidate));
  for (let number = 2; name === undefined; number += 1) {
    const numbered = `${candidates.at(-1) ?? candidates[0]}_${number}`;
    if (!taken.has(numbered)) name = numbered;
  }
  taken.add(name);
  return name;
}
