import type { Addresses, Imds } from '../../agent/model.ts';
import type { PortPair } from '../rates.ts';
import { rise } from '../rates.ts';

/** A port that sent within the window. */
export interface Sender {
  readonly pair: PortPair;
  readonly sent: bigint;
  readonly received: bigint;
  /** What the receive counter says now: since the instance was launched or the driver last reset the device. */
  readonly receivedEver: bigint;
}

/** What the causes are ranked from. */
export interface Evidence {
  /** The ports that sent and received nothing; never empty. */
  readonly silent: readonly Sender[];
  /** The ports of this node that sent and received in the same window. */
  readonly answered: readonly Sender[];
  readonly imds: Imds | undefined;
  readonly addresses: Addresses | undefined;
}

export function hasReceivedBefore(senders: readonly Sender[]): boolean {
  return senders.some((sender) => sender.receivedEver > 0n);
}

/** By how much a port's counter rose in the window, over all these ports; 0 where a driver has no such counter. */
export function portRise(senders: readonly Sender[], counter: string): bigint {
  const rises = senders.map(({ pair }) => rise(pair.port.hwCounters, pair.earlierPort?.hwCounters, counter));
  return rises.reduce<bigint>((sum, value) => sum + (value ?? 0n), 0n);
}

/** The same for a counter of the devices, each counted once. */
export function deviceRise(senders: readonly Sender[], counter: string): bigint {
  const pairs = new Map(senders.map(({ pair }) => [pair.device.name, pair]));
  const rises = Array.from(pairs.values(), (pair) => rise(pair.device.counters, pair.earlierDevice?.counters, counter));
  return rises.reduce<bigint>((sum, value) => sum + (value ?? 0n), 0n);
}
