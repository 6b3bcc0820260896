import { deviceNames, portNames, type CounterName } from '../../../exporters/prometheus/infiniband-names.ts';
import { table } from '../table.ts';
import { KNOWN_COUNTERS, type KnownCounters } from './known-counters.ts';

/** The counters of known drivers, under the names that the exporter gives them. */
export function counterTables(): readonly string[] {
  return KNOWN_COUNTERS.flatMap((known) => {
    const rows = namesOf(known).map(({ metric, file }) => [`\`${metric}\``, `\`${file}\``, known.files[file] ?? '']);
    return [`### ${known.heading}`, '', known.note, '', ...table(['metric', 'file', 'counts'], rows), ''];
  });
}

function namesOf({ kind, files }: KnownCounters): readonly CounterName[] {
  const names = Object.keys(files);
  if (kind === 'device') return deviceNames(names);
  return kind === 'hwCounters' ? portNames(names, []) : portNames([], names);
}
