import { prometheusExporter } from '../../../exporters/prometheus.ts';
import { FULL_REPORT } from './full-report.ts';

/** One family of metrics as `/metrics` shows it. */
export interface ShownFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** False: it had no series, so that its labels are not known. */
  readonly hasSeries: boolean;
}

/** What the exporter renders of a node that has everything; the counters of its ports are an open set and not among them. */
export async function shownFamilies(): Promise<readonly ShownFamily[]> {
  const exporter = prometheusExporter({ version: '0.1.0', requestCounts: () => [{ method: 'GET', status: '200', count: 1 }] });
  exporter.countFailure('alertmanager');
  exporter.watchAlertmanagers(() => [{ name: 'alertmanager:9093', isUp: true, waiting: 0 }]);
  await exporter.publish(FULL_REPORT, AbortSignal.timeout(10_000));
  const text = exporter.render().body.toString('utf8');
  await exporter.close();
  return familiesOf(text);
}

/** Reads HELP, TYPE and the labels of every family of the text format, by name. */
export function familiesOf(exposition: string): readonly ShownFamily[] {
  const families = new Map<string, { type: string; help: string; labels: Set<string>; hasSeries: boolean }>();
  const family = (name: string) => {
    const known = families.get(name) ?? { type: '', help: '', labels: new Set<string>(), hasSeries: false };
    families.set(name, known);
    return known;
  };
  for (const line of exposition.split('\n')) {
    const [, kind, named = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') family(named).help = rest.replaceAll(String.raw`\\`, '\\');
    else if (kind === 'TYPE') family(named).type = rest;
    const [, name, labels = ''] = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? /i.exec(line) ?? [];
    if (name === undefined) continue;
    const [, base = name] = /^(.*)_(?:bucket|sum|count)$/.exec(name) ?? [];
    const shown = families.get(base)?.type === 'histogram' ? family(base) : family(name);
    shown.hasSeries = true;
    for (const [, label] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) if (label !== undefined) shown.labels.add(label);
  }
  return [...families].map(([name, { labels, ...shown }]) => ({ name, ...shown, labels: [...labels] })).toSorted((a, b) => a.name.localeCompare(b.name));
}
