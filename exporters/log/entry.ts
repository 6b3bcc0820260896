import type { Finding, Report } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import { evidenceJson } from '../report-json.ts';
import { sortOut } from '../verdict.ts';
import type { Change } from './transitions.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';
export type Fields = Readonly<Record<string, unknown>>;

/** One thing to log, the same for both formats: `json` writes `event` and `fields`, `text` writes `lines`. */
export interface Entry {
  readonly level: Level;
  /** RFC 3339. */
  readonly time: string;
  /** Static words; the values are in `fields`. */
  readonly event: string;
  readonly fields: Fields;
}

const LEVELS = { critical: 'error', warning: 'warn', info: 'info' } as const;

const FIRES: ReadonlySet<Change['kind']> = new Set(['started', 'kept', 'explained', 'alone', 'again', 'returned', 'worse']);

const EVENTS: Readonly<Record<Change['kind'], string>> = {
  started: 'finding fires',
  kept: 'finding fires since before this agent was restarted',
  explained: 'finding fires, explained by another',
  alone: 'finding still fires and nothing explains it any more',
  again: 'finding still fires',
  returned: 'finding fires again',
  worse: 'finding became critical',
  suppressed: 'finding is suppressed',
  shadow: 'shadow finding fires',
  unknown: 'finding cannot be judged',
  cleared: 'finding cleared',
  judged: 'finding can be judged again',
  'source-failed': 'source not seen',
  'source-absent': 'source is absent',
  'source-seen': 'source seen again',
};

export function entryOf(change: Change, node: string): Entry {
  const event = change.kind === 'shadow' && change.ended ? 'shadow finding cleared' : EVENTS[change.kind];
  const entry = { level: levelOf(change), time: change.at, event };
  if ('source' in change) {
    const { name: source, status, why } = change.source;
    return { ...entry, fields: visibleFields({ node, source, status, why, ...lasted(change) }) };
  }
  return { ...entry, fields: visibleFields({ node, ...facts(change.finding), ...lasted(change) }) };
}

/** What stands, for those who look at the log only now and then. */
export function summaryEntry(report: Report, time: string): Entry {
  const { firing, unknown, failed } = sortOut(report);
  const fields = {
    node: report.node,
    rules: report.rulesEvaluated,
    firing: firing.map(({ rule, severity, subject, since }) => ({ rule, severity, subject, since })),
    unknown: unknown.length,
    notSeen: failed.map(({ name, why }) => ({ source: name, why })),
  };
  return { level: 'info', time, event: 'summary', fields: visibleFields(fields) };
}

export function levelOf(change: Change): Level {
  if (change.kind === 'source-failed') return 'warn';
  if (change.kind === 'unknown') return change.finding.severity === 'info' ? 'info' : 'warn';
  return FIRES.has(change.kind) && 'finding' in change ? LEVELS[change.finding.severity] : 'info';
}

function facts(finding: Finding): Fields {
  const { causes, changedAt: _changedAt, ...rest } = finding;
  return { ...rest, evidence: evidenceJson(finding), cause: causes[0] };
}

function lasted(change: Change): Fields {
  if (change.kind === 'returned') return { quietSeconds: change.quietSeconds, times: change.times };
  return 'lastedSeconds' in change ? { lastedSeconds: change.lastedSeconds } : {};
}

/** A copy with every string safe to show; an Error as its message. */
export function visibleFields(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [visible(key), visibleValue(value)]));
}

function visibleValue(value: unknown): unknown {
  if (typeof value === 'string') return visible(value);
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return visible(`${value.name}: ${value.message}`);
  if (Array.isArray(value)) return value.map(visibleValue);
  if (typeof value === 'object' && value !== null) return visibleFields(value as Fields);
  return value;
}
