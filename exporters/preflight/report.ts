import type { Finding, PreflightReport, SkippedDocument } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import { calmLines, columnsOf, dimmed, sectionsText, verdictLines, type Look } from '../terminal/heading.ts';
import { hang, wrap } from '../terminal/layout.ts';
import { painter } from '../terminal/paint.ts';
import { sortOut, type Sorted, type Verdict } from '../verdict.ts';
import { count } from '../words.ts';
import { checkLines } from './checks.ts';
import { faultLines, lineOf, type Alike } from './finding.ts';
import { preflightVerdict } from './verdict.ts';

export interface PreflightTerminal {
  /** Columns of the terminal; used up to 120, beyond which lines are hard to follow. */
  readonly width: number;
  readonly colour: boolean;
}

/** So many documents that were left aside are named; the rest are counted. */
const MOST_SKIPPED = 8;

/** What `preflight` prints: the verdict, each file's faults with what to write, what could not be judged. Ends with a newline. */
export function renderPreflight(report: PreflightReport, options: PreflightTerminal): string {
  const look: Look = { width: columnsOf(options.width), paint: painter(options.colour) };
  const sorted = sortOut(report);
  const verdict = preflightVerdict(report);
  return sectionsText([
    verdictLines('railmedic preflight', readWords(report), verdict, look),
    checkLines(report, look),
    ...(sorted.firing.length === 0 ? [calmLines(verdict, calmWords(report, verdict), look)] : []),
    ...faultBlocks(sorted.firing, look),
    footLines(report, sorted, look),
  ]);
}

/** `2 files, 5 objects, 1 workload` */
export function readWords({ files, snapshot }: PreflightReport): string {
  const { manifests } = snapshot;
  if (manifests.status !== 'ok') return count(files.length, 'file');
  const { objects, workloads } = manifests.value;
  const isLive = manifests.value.cluster !== undefined && files.every((file) => file === 'cluster');
  return [...(isLive ? ['live'] : [count(files.length, 'file')]), count(objects.length, 'object'), count(workloads.length, 'workload')].join(', ');
}

function calmWords({ rulesEvaluated }: PreflightReport, verdict: Verdict): string {
  return verdict === 'OK' ? `nothing is wrong that ${count(rulesEvaluated, 'rule')} can see` : 'no fault found, but not everything could be judged';
}

/** By file in the order of reading; within a file worst first, and one block for what a rule says of several places. */
export function faultBlocks(findings: readonly Finding[], look: Look): readonly (readonly string[])[] {
  const files = Map.groupBy(findings, ({ place }) => place?.file ?? '');
  return [...files].flatMap(([file, inFile]) => {
    const alike = [...Map.groupBy(inFile, ({ rule, severity, title }) => `${severity} ${rule} ${title}`).values()] as unknown as readonly Alike[];
    const faults = alike.map((group) => faultLines(group, look));
    return files.size > 1 ? [[look.paint('strong', visible(file))], ...faults] : faults;
  });
}

function footLines(report: PreflightReport, sorted: Sorted, { width, paint }: Look): readonly string[] {
  const quiet = [
    ...sorted.suppressed.map(({ rule, subject, suppressed }) => `suppressed: ${rule} on ${subject} (${suppressed ?? ''})`),
    ...sorted.shadow.map(({ rule, subject, message }) => `shadow: ${rule} on ${subject}: ${message}`),
    ...report.notes.map((note) => `note: ${note}`),
  ].flatMap((text) => wrap(visible(text), width).map((line) => paint('dim', line)));
  return [...dimmed([...hiddenLines(sorted.unknown, width), ...skippedLines(report.skipped, width)], paint), ...quiet, ...countLines(report, sorted, width)];
}

/** What could not be judged, each with its place. */
export function hiddenLines(unknown: readonly Finding[], width: number): readonly string[] {
  return unknown.flatMap(({ message, place }, index) => {
    const where = place ? `${lineOf(place)}: ` : '';
    return hang(index === 0 ? 'not judged' : '', visible(`${where}${message}`), width);
  });
}

/** Documents that were read and left aside, those of one kind and reason as one, the first of them by name. */
export function skippedLines(skipped: readonly SkippedDocument[], width: number): readonly string[] {
  const alike = [...Map.groupBy(skipped, ({ what, why }) => `${what}: ${why}`).entries()];
  const shown = alike.slice(0, MOST_SKIPPED).map(([words, documents]) => {
    const [{ file, line } = { file: '', line: 0 }, ...others] = documents;
    return `${lineOf({ file, line })}${others.length === 0 ? '' : ` and ${others.length} more`}: ${words}`;
  });
  const hidden = alike.slice(MOST_SKIPPED).reduce((sum, [, documents]) => sum + documents.length, 0);
  const rest = hidden > 0 ? [`and ${hidden} more (--json names them all)`] : [];
  return [...shown, ...rest].flatMap((text, index) => hang(index === 0 ? 'left aside' : '', visible(text), width));
}

function countLines({ rulesEvaluated }: PreflightReport, { firing }: Sorted, width: number): readonly string[] {
  if (firing.length === 0) return [];
  const rules = new Set(firing.map(({ rule }) => rule)).size;
  const places = count(firing.length, 'place');
  return wrap(`${count(rulesEvaluated, 'rule')} looked, ${rules} ${rules === 1 ? 'fires' : 'fire'} at ${places}. To silence one: annotation railmedic.io/ignore.<rule>: "<reason>".`, width);
}
