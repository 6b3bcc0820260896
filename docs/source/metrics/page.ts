import { GENERATED, table } from '../table.ts';
import { counterTables } from './counter-tables.ts';
import { shownFamilies, type ShownFamily } from './families.ts';
import { groupOf, METRIC_GROUPS } from './groups.ts';

/** The text of docs/metrics.md. Throws for a family whose source or labels it cannot tell. */
export async function metricsPage(): Promise<string> {
  const families = await shownFamilies();
  const grouped = Map.groupBy(families, ({ name }) => groupOf(name));
  return [...INTRODUCTION, ...METRIC_GROUPS.flatMap((group) => section(group.heading, group.from, grouped.get(group) ?? [])), ...COUNTERS, ...counterTables()].join('\n');
}

function section(heading: string, from: string, families: readonly ShownFamily[]): readonly string[] {
  const rows = families.map((family) => [`\`${family.name}\``, family.type, unitOf(family), labelsOf(family), escapeHtml(family.help)]);
  return [`## ${heading}`, '', from, '', ...table(['metric', 'type', 'unit', 'labels', 'help'], rows), ''];
}

function labelsOf({ name, labels, hasSeries }: ShownFamily): string {
  // The garbage collector need not have run yet; nobody's alert stands on these.
  if (name.startsWith('nodejs_gc_')) return '`kind`';
  if (!hasSeries) throw new Error(`docs/source/metrics/full-report.ts: no series of ${name}, expected a report that gives every family one`);
  return labels.filter((label) => label !== 'le').map((label) => `\`${label}\``).join(', ') || '–';
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_info$/, 'always 1'],
  [/_timestamp_seconds$|_start_time_seconds$/, 'Unix time, s'],
  [/_bytes_per_second$/, 'bytes/s'],
  [/_seconds(_total)?$/, 's'],
  [/_bytes(_total)?$/, 'bytes'],
  [/_celsius$/, '°C'],
  [/_watts$/, 'W'],
  [/_ratio$/, '0 to 1'],
  [/_hertz$/, 'Hz'],
  [/^railmedic_finding(_shadow|_suppressed)?$/, 'always 1'],
  [/_(success|absent|up|pending|failure|exceeded)$|_mode$/, '0 or 1'],
  [/_clocks_event_reasons$/, 'bit mask'],
];

function unitOf({ name }: ShownFamily): string {
  return UNITS.find(([pattern]) => pattern.test(name))?.[1] ?? 'number';
}

function escapeHtml(text: string): string {
  return text.replace(/<(\w+)>/g, '`<$1>`');
}

const INTRODUCTION = [
  '# Metrics',
  '',
  `Every family that \`/metrics\` of the agent answers. ${GENERATED}`,
  '',
  'How to scrape them: [prometheus.md](prometheus.md). Boards: [dashboards.md](dashboards.md). Names are frozen once shipped. Units are base units; a',
  'counter ends in `_total`. What is not known has no series: a missing value is never 0. The text is made once a look (5 s): a scrape makes the agent do',
  'nothing. To see it: `curl -s http://NODE_IP:9477/metrics`, or `npm start` in a checkout and `curl -s http://127.0.0.1:9477/metrics`.',
  '',
];

const COUNTERS = [
  '## Counters of fabric devices and ports',
  '',
  'Source `infiniband`. An open set: every file of `hw_counters/` and `counters/` is exported, also one that a driver brings tomorrow, exact to 64',
  'bits. One that cannot be read has no series and is counted in `railmedic_infiniband_unreadable_counters`. All are counters; they start anew when',
  'the driver is loaded or the device made again. The rule of naming:',
  '',
  ...table(
    ['file', 'metric', 'labels'],
    [
      ['`<dev>/hw_counters/<file>`', '`railmedic_infiniband_device_<file>_total`', '`device`'],
      ['`<dev>/ports/<n>/hw_counters/<file>`', '`railmedic_infiniband_<file>_total`', '`device`, `port`'],
      ['`<dev>/ports/<n>/counters/<file>`', '`railmedic_infiniband_<file>_total`, or `…_counters_<file>_total` where the port has that file in `hw_counters/` too', '`device`, `port`'],
    ],
  ),
  '',
  'The four of traffic have one name whatever the driver calls them: `railmedic_infiniband_{transmit,receive}_{packets,bytes}_total`. A file that is',
  'not in snake case is written so (`rxVlanErrors`: `rx_vlan_errors`); a `_total` of its own is not doubled. `lifespan` is no counter and is left out.',
  '',
  'What drivers are known to have, and what it means:',
  '',
];
