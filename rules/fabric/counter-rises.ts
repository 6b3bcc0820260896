import type { Counters, Infiniband, InfinibandDevice, Undecided } from '../../agent/model.ts';
import { rise, undecided, type PortPair } from '../rates.ts';
import { grouped } from '../words.ts';

/** By how much some counters of one device or port rose between two looks. */
export interface Rises {
  /** By the counter's name: those that could be compared, 0n where nothing happened. */
  readonly by: Counters;
  /** Why one of them could not be compared; undefined when all were, and for counters that the driver does not have. */
  readonly gap: string | undefined;
}

export function portRises(
  { device, port, earlierPort }: PortPair,
  names: readonly string[],
  directory: 'hw_counters' | 'counters' = 'hw_counters',
): Rises {
  const kind = directory === 'counters' ? 'pmaCounters' : 'hwCounters';
  return compare(device, `ports/${port.port}/${directory}`, [port[kind], earlierPort?.[kind]], names);
}

export function deviceRises(
  device: InfinibandDevice,
  earlier: InfinibandDevice | undefined,
  names: readonly string[],
): Rises {
  return compare(device, 'hw_counters', [device.counters, earlier?.counters], names);
}

/** The counters that rose, in the order they were asked for. */
export function risen(rises: Rises): readonly (readonly [name: string, by: bigint])[] {
  return Object.entries(rises.by).filter(([, by]) => by > 0n);
}

/** `reg_mr_err by 3, create_qp_err by 1 204` */
export function listed(entries: readonly (readonly [name: string, by: bigint])[]): string {
  return entries.map(([name, by]) => `${name} by ${grouped(by)}`).join(', ');
}

/**
 * Holds the standing findings of devices that are gone, whether a rule's subject is the device or its port. No card has
 * more than two ports. FabricDeviceVanished reports the loss itself.
 */
export function* vanishedUndecided(now: Infiniband): Generator<Undecided> {
  for (const name of now.vanished) {
    for (const subject of [name, `${name}/1`, `${name}/2`]) yield undecided(subject, 'the device is gone');
  }
}

function compare(
  device: InfinibandDevice,
  directory: string,
  [now, before]: readonly [Counters, Counters | undefined],
  names: readonly string[],
): Rises {
  if (device.silence !== undefined) return { by: {}, gap: device.silence };
  const by: Record<string, bigint> = {};
  let gap: string | undefined;
  for (const name of names) {
    const risenBy = rise(now, before, name);
    if (risenBy !== undefined) {
      by[name] = risenBy;
      continue;
    }
    const path = `${directory}/${name}`;
    const errno = device.unreadable[path];
    if (errno !== undefined) gap ??= `cannot read ${path}: ${errno}`;
    else if (now[name] !== undefined) gap ??= `no earlier look at ${path} to compare with`;
    else if (before?.[name] !== undefined) gap ??= `${path} is no longer there`;
  }
  return { by, gap };
}
