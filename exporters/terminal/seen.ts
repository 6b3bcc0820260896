import type { Report, Snapshot } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import { packetsOfAll } from '../traffic.ts';
import { amount, count, duration } from '../words.ts';

/** What there was to see, for a report that finds nothing: `4 EFA devices; 8 GPUs, 40 % busy; sent 1.2 M packets, received 1.1 M in 10 s`. */
export function seenWords(report: Report, earlier: Snapshot | undefined): readonly string[] {
  const { snapshot } = report;
  const parts = [devicesWords(snapshot), gpuWords(snapshot), trafficWords(report, earlier)].filter((part) => part !== undefined);
  const lookedBack = [snapshot, earlier].map((one) => one && kernelLogWords(one)).find((words) => words !== undefined);
  return [parts.join('; '), ...(lookedBack === undefined ? [] : [lookedBack])].filter((words) => words !== '');
}

function devicesWords({ infiniband }: Snapshot): string | undefined {
  if (infiniband.status === 'failed') return undefined;
  const kinds = new Map<string, number>();
  for (const device of infiniband.status === 'ok' ? infiniband.value.devices : []) {
    const kind = device.isEfa ? 'EFA' : visible(device.driver ?? 'virtual');
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  if (kinds.size === 0) return 'no EFA or InfiniBand device';
  return [...kinds].map(([kind, number]) => count(number, `${kind} device`)).join(', ');
}

/** The mean of those that say how busy they are; under MIG none does. */
function gpuWords({ 'nvidia-query': query }: Snapshot): string | undefined {
  if (query.status !== 'ok' || query.value.gpus.length === 0) return undefined;
  const busy = query.value.gpus.map(({ busyRatio }) => busyRatio).filter((ratio) => ratio !== undefined);
  const number = count(query.value.gpus.length, 'GPU');
  if (busy.length === 0) return number;
  const mean = busy.reduce((sum, ratio) => sum + ratio, 0) / busy.length;
  return `${number}, ${Math.round(mean * 100)} % busy`;
}

function trafficWords({ snapshot, windowSeconds }: Report, earlier: Snapshot | undefined): string | undefined {
  const packets = packetsOfAll(snapshot, earlier);
  if (!packets) return undefined;
  const span = earlier ? `in ${duration(windowSeconds)}` : 'since their counters began';
  return `sent ${amount(packets.sent)} packets, received ${amount(packets.received)} ${span}`;
}

function kernelLogWords({ 'kernel-log': log }: Snapshot): string | undefined {
  if (log.status !== 'ok' || log.value.lookedBack === undefined) return undefined;
  return `the last ${visible(log.value.lookedBack)} of the kernel log`;
}
