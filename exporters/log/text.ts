import type { Finding, Report, SourceStatus } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import { areUuids } from '../gpu-values.ts';
import { namesWords } from '../groups.ts';
import { keyOf, storiesOf } from '../stories.ts';
import { sortOut } from '../verdict.ts';
import { count, duration } from '../words.ts';
import type { Fields, Level } from './entry.ts';
import type { Change } from './transitions.ts';

/** The lines of a change: a block when a finding starts or stands alone, one line for everything else. */
export function changeLines(change: Change): readonly string[] {
  if ('source' in change) return [line(change.at, 'SOURCE', sourceWords(change.source, change))];
  const [word, text] = findingWords(change);
  const first = line(change.at, word, `${title(change.finding)}${text}`);
  return change.kind === 'started' || change.kind === 'alone' ? [first, ...details(change.finding)] : [first];
}

function findingWords(change: Exclude<Change, { source: SourceStatus }>): readonly [string, string] {
  const { finding } = change;
  const severity = finding.severity.toUpperCase();
  if (change.kind === 'cleared') return ['CLEARED', after(change.lastedSeconds)];
  if (change.kind === 'shadow') return ['SHADOW', `: ${change.ended ? 'cleared' : finding.message}`];
  const words = {
    started: [severity, `: ${finding.title}`],
    explained: [severity, `: explained by ${namesWords(finding.explainedBy)}: ${finding.message}`],
    alone: [severity, ': still fires and nothing explains it any more'],
    again: [severity, `: seen again, still fires: ${finding.message}`],
    worse: [severity, `: became critical: ${finding.message}`],
    suppressed: ['SUPPRESSED', `: ${finding.message} (${finding.suppressed ?? ''})`],
    unknown: ['UNKNOWN', `: ${finding.message}`],
    judged: ['CLEARED', ': can be judged again, nothing is wrong'],
  } as const;
  return words[change.kind];
}

/** `47 rules, 1 firing: FabricOneWayTraffic on node since …; sources not seen: imds (…)`. */
export function summaryLine(report: Report, time: string): string {
  const { firing, unknown, failed } = sortOut(report);
  const explained = new Set(storiesOf(firing).flatMap(({ concerned }) => concerned));
  const names = firing.map((finding) => {
    const by = explained.has(finding) ? ` (explained by ${namesWords(finding.explainedBy)})` : '';
    return `${title(finding)} since ${finding.since}${by}`;
  });
  const parts = [
    `${count(report.rulesEvaluated, 'rule')}, ${firing.length} firing${names.length > 0 ? `: ${names.join(', ')}` : ''}`,
    ...(unknown.length > 0 ? [`cannot be judged: ${unknown.map(title).join(', ')}`] : []),
    ...(failed.length > 0 ? [`sources not seen: ${failed.map(sourceWithWhy).join(', ')}`] : []),
  ];
  return line(time, 'SUMMARY', parts.join('; '));
}

/** The agent's own words: `key=value` after the message. */
export function noteLine(time: string, level: Level, message: string, fields: Fields): string {
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return line(time, level.toUpperCase(), message + pairs.join(''));
}

/** Words of at most ten letters stand in a column, so that the eye can run down it. */
function line(time: string, word: string, text: string): string {
  return `${time} ${word.padEnd(10)} ${visible(text)}`;
}

function title({ rule, subject }: Finding): string {
  return `${rule} on ${subject}`;
}

function after(seconds: number | undefined): string {
  return seconds === undefined ? '' : ` after ${duration(seconds)}`;
}

function details(finding: Finding): readonly string[] {
  const cause = finding.causes[0];
  const concerned = finding.explains.filter((name) => keyOf(name) !== keyOf(finding));
  const rows = [
    ['', finding.message],
    ...lists(finding),
    ...(cause ? [[cause.likelihood, cause.why]] : []),
    ...(cause?.check ?? []).map((command) => ['check', command]),
    ...(cause?.fix ?? []).map((command) => ['fix', command]),
    ...(concerned.length > 0 ? [['concerns', namesWords(concerned)]] : []),
    ['page', `${finding.page} (railmedic explain ${finding.rule})`],
  ] as const;
  return rows.map(([label = '', text = '']) => `    ${label === '' ? '' : label.padEnd(11)}${visible(text)}`);
}

/** Lists that the message does not spell out, such as the ports of a fault that is told of the node as a whole. */
function lists({ evidence, message }: Finding): readonly (readonly string[])[] {
  return Object.entries(evidence).flatMap(([key, value]) => {
    if (typeof value !== 'object' || value.length < 2 || areUuids(value) || value.every((item) => message.includes(item))) return [];
    return value.map((item) => [visible(key), item]);
  });
}

function sourceWords(source: SourceStatus, change: Change): string {
  if (change.kind === 'source-failed') return `not seen: ${sourceWithWhy(source)}`;
  if (change.kind === 'source-absent') return `this node has none: ${sourceWithWhy(source)}`;
  return `seen again${'lastedSeconds' in change ? after(change.lastedSeconds) : ''}: ${source.name}`;
}

function sourceWithWhy({ name, why }: SourceStatus): string {
  return why === undefined ? name : `${name} (${why})`;
}
