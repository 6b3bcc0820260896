import type { InfinibandDevice } from '../../agent/model.ts';

/** The port counters of a device of which not one could be read. */
export interface UnreadablePortCounters {
  readonly files: number;
  readonly errnos: readonly string[];
}

const PORT_COUNTER = /^ports\/\d+\/hw_counters\//;

/**
 * Set when every port counter of the device failed. One failing GET_STATS command fails the whole refresh and with it
 * all files of the port (efa_verbs.c, efa_get_hw_stats); the device's own counters stay readable: the driver keeps those.
 */
export function unreadablePortCounters(device: InfinibandDevice): UnreadablePortCounters | undefined {
  const failed = Object.entries(device.unreadable).filter(([path]) => PORT_COUNTER.test(path));
  const readable = device.ports.some((port) => Object.keys(port.hwCounters).length > 0);
  if (failed.length === 0 || readable) return undefined;
  return { files: failed.length, errnos: [...new Set(failed.map(([, errno]) => errno))].toSorted() };
}
