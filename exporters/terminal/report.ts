import type { Report, Snapshot } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import { gaps } from '../groups.ts';
import { storiesOf, type Story } from '../stories.ts';
import { sortOut, verdictOf, type Sorted, type Verdict } from '../verdict.ts';
import { count, duration } from '../words.ts';
import { storyLines, type ReportLook } from './finding.ts';
import { calmLines, columnsOf, dimmed, sectionsText, verdictLines } from './heading.ts';
import { hang, wrap } from './layout.ts';
import { painter } from './paint.ts';
import { seenWords } from './seen.ts';

export interface TerminalOptions {
  /** Columns of the terminal; used up to 120, beyond which lines are hard to follow. */
  readonly width: number;
  readonly colour: boolean;
  readonly version?: string;
  /** The first look of the watch: with it, traffic is told for the watch and not since the counters began. */
  readonly earlier?: Snapshot;
  /** What the machine is, a line each; stands below the head. */
  readonly opening?: readonly string[];
}

/** What `diagnose` prints: the verdict, each fault with what to type, what could not be seen. Ends with a newline. */
export function renderReport(report: Report, options: TerminalOptions): string {
  const paint = painter(options.colour);
  const look: ReportLook = { width: columnsOf(options.width), paint, report };
  const sorted = sortOut(report);
  const verdict = verdictOf(report);
  const stories = storiesOf(sorted.firing);
  const blocks = stories.map((story) => storyLines(story, look));
  const calm = verdict === 'OK' || verdict === 'UNKNOWN' ? [nothingLines(verdict, look, options.earlier)] : [];
  const foot = footLines(sorted, stories, look);
  const opening = (options.opening ?? []).flatMap((line) => wrap(visible(line), look.width));
  const head = [...headLines(verdict, look, options.version), ...opening.map((line) => paint('dim', line))];
  return sectionsText([head, ...calm, ...blocks, foot]);
}

function headLines(verdict: Verdict, look: ReportLook, version: string | undefined): readonly string[] {
  const { report } = look;
  const name = version === undefined ? 'railmedic' : `railmedic ${version}`;
  const type = report.instanceType === undefined ? [] : [visible(report.instanceType)];
  const rest = [visible(report.node), ...type, `watched ${duration(report.windowSeconds)}`].join('  ');
  return verdictLines(name, rest, verdict, look);
}

function nothingLines(verdict: 'OK' | 'UNKNOWN', look: ReportLook, earlier: Snapshot | undefined): readonly string[] {
  const { width, paint, report } = look;
  const rules = count(report.rulesEvaluated, 'rule');
  const words = {
    OK: `nothing is wrong that ${rules} can see`,
    UNKNOWN: `no fault found, but not everything could be seen`,
  };
  const seen = seenWords(report, earlier).flatMap((text, index) => hang(index === 0 ? '  seen' : '', text, width));
  const absent = report.sources.filter((source) => source.status === 'absent');
  const none = absent.flatMap(({ name, why }, index) =>
    hang(index === 0 ? '  not here' : '', visible(why === undefined ? name : `${name}: ${why}`), width),
  );
  return [...calmLines(verdict, words[verdict], look), ...dimmed([...seen, ...none], paint)];
}

function footLines(sorted: Sorted, stories: readonly Story[], look: ReportLook): readonly string[] {
  const { width, paint, report } = look;
  const notSeen = gaps(sorted.failed, sorted.unknown).flatMap(({ why, who }, index) =>
    hang(index === 0 ? 'not seen' : '', visible(`${who.join(', ')}: ${why}`), width),
  );
  const quiet = [
    ...sorted.suppressed.map(({ rule, subject, suppressed }) => `suppressed: ${rule} on ${subject} (${suppressed ?? ''})`),
    ...sorted.shadow.map(({ rule, subject, message }) => `shadow: ${rule} on ${subject}: ${message}`),
  ].flatMap((text) => wrap(visible(text), width).map((line) => paint('dim', line)));
  return [...dimmed(notSeen, paint), ...quiet, ...countLines(report, sorted, stories, width)];
}

/** Nothing where the verdict has said it: no rule fires and none is unknown. */
function countLines(report: Report, { firing, unknown, failed }: Sorted, stories: readonly Story[], width: number): readonly string[] {
  if (firing.length + unknown.length + failed.length === 0) return [];
  const rules = new Set(firing.map(({ rule }) => rule)).size;
  const fire = rules === 0 ? 'none fires' : `${rules} ${rules === 1 ? 'fires' : 'fire'}`;
  const looked = `${count(report.rulesEvaluated, 'rule')} looked, ${fire}.`;
  const page = stories[0]?.group[0].rule ?? unknown[0]?.rule;
  if (page === undefined) return [looked];
  const command = `railmedic explain ${page}`;
  return looked.length + 3 + command.length <= width ? [`${looked}   ${command}`] : [looked, command];
}
