import type { Finding, FindingName, Report } from '../../agent/model.ts';
import { groupAlike, namesWords, type Group } from '../groups.ts';
import { isWorse } from '../severity.ts';
import { storiesOf, type Story } from '../stories.ts';
import { sortOut } from '../verdict.ts';
import { clock, duration, secondsBetween } from '../words.ts';
import { block } from './block.ts';
import type { Fields, Level } from './entry.ts';
import { line } from './line.ts';
import type { Change, FindingChange, Told } from './transitions.ts';

/** So many names stand in one line; the others are a number. */
const MOST_NAMES = 12;

/** The lines of changes that are told as one: a block where a finding starts or stands alone, one line for everything else. */
export function toldLines(told: Told, report: Report): readonly string[] {
  const [first, ...others] = told;
  if ('source' in first) {
    const names = told.flatMap((change) => ('source' in change ? [change.source.name] : []));
    return [line(first.at, 'SOURCE', `${names.join(', ')} ${changeWords(first)}`)];
  }
  const group: Group = [first.finding, ...others.flatMap((change) => ('finding' in change ? [change.finding] : []))];
  const head = line(first.at, wordOf(first), `${placesWords(group)}${changeWords(first)}`);
  return first.kind === 'started' || first.kind === 'alone' ? [head, ...block(group, report)] : [head];
}

/** What is said of a change after the name of what changed. */
export function changeWords(change: Change): string {
  if ('source' in change) {
    const { why } = change.source;
    if (change.kind === 'source-seen') return `seen again${after(change.lastedSeconds)}`;
    return `${change.kind === 'source-failed' ? 'not seen' : 'is no longer on this node'}${why === undefined ? '' : `: ${why}`}`;
  }
  const { finding } = change;
  switch (change.kind) {
    case 'started':
      return `: ${titleWords(finding)}`;
    case 'kept':
      return `: since ${clock(finding.since)}, told before this agent was restarted: ${finding.message}`;
    case 'explained':
      return `, because of ${namesWords(finding.explainedBy)}: ${finding.message}`;
    case 'alone':
      return ': still fires and nothing explains it any more';
    case 'again':
      return `: seen again, still fires: ${finding.message}`;
    case 'returned':
      return `: fires again ${duration(change.quietSeconds)} after it cleared (${change.times} times now): ${finding.message}`;
    case 'worse':
      return `: became critical: ${finding.message}`;
    case 'suppressed':
      return `: ${finding.message}; silenced: ${finding.suppressed ?? ''}`;
    case 'shadow':
      return `: ${change.ended ? 'cleared' : finding.message}`;
    case 'unknown':
      return `: ${finding.message}`;
    case 'judged':
      return ': can be judged again, nothing is wrong';
    case 'cleared':
      break;
  }
  return `${after(change.lastedSeconds)}${finding.count > 1 ? `, seen ${finding.count} times` : ''}`;
}

function wordOf({ kind, finding }: FindingChange): string {
  if (kind === 'cleared' || kind === 'judged') return 'CLEARED';
  if (kind === 'shadow' || kind === 'suppressed' || kind === 'unknown') return kind.toUpperCase();
  return finding.severity.toUpperCase();
}

/** `2 firing on ip-10-0-3-7: critical FabricOneWayTraffic on node for 1 h 5 min (explains GpuSpinning on node); not seen: imds`. */
export function summaryLine(report: Report, time: string): string {
  const { firing, unknown, failed } = sortOut(report);
  const [notes, loud] = split(storiesOf(firing), ({ group }) => group[0].severity === 'info');
  const number = firing.length - notes.flatMap(({ group, concerned }) => [...group, ...concerned]).length;
  const parts = [
    loud.length === 0 ? `nothing fires on ${report.node}` : `${number} firing on ${report.node}: ${loud.map((story) => storyWords(story, time)).join(', ')}`,
    ...(notes.length > 0 ? [`to know: ${notes.map(({ group }) => placesWords(group)).join(', ')}`] : []),
    ...(unknown.length > 0 ? [`cannot be judged: ${placesWords(unknown)}`] : []),
    ...(failed.length > 0 ? [`not seen: ${failed.map(({ name }) => name).join(', ')}`] : []),
  ];
  return line(time, 'SUMMARY', parts.join('; '));
}

function split<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

function storyWords({ group, concerned }: Story, time: string): string {
  const [{ severity }] = group;
  const oldest = group.map(({ since }) => since).toSorted()[0] ?? time;
  const explains = groupAlike(concerned).map((alike) => `${isWorse(alike[0].severity, severity) ? `${alike[0].severity} ` : ''}${placesWords(alike)}`);
  return `${severity} ${placesWords(group)} for ${duration(secondsBetween(oldest, time) ?? 0)}${explains.length > 0 ? ` (explains ${explains.join('; ')})` : ''}`;
}

/** The agent's own words: `key=value` after the message. */
export function noteLine(time: string, level: Level, message: string, fields: Fields): string {
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return line(time, level.toUpperCase(), message + pairs.join(''));
}

function placesWords(names: readonly FindingName[]): string {
  const rest = names.length - MOST_NAMES;
  return `${namesWords(names.slice(0, MOST_NAMES))}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** The title, without what the subject has said: `GPU-1 Xid 31` and `Xid 31: GPU memory page fault`. */
function titleWords({ title, subject }: Finding): string {
  const [head = '', ...rest] = title.split(': ');
  return rest.length > 0 && subject.endsWith(` ${head}`) ? rest.join(': ') : title;
}

function after(seconds: number | undefined): string {
  return seconds === undefined ? '' : ` after ${duration(seconds)}`;
}
