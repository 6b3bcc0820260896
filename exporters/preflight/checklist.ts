import type { ChecklistItem, Finding, PreflightReport } from '../../agent/model.ts';
import { jsonText, visible } from '../escape.ts';
import { columnsOf, dimmed, sectionsText, type Look } from '../terminal/heading.ts';
import { ends, hang } from '../terminal/layout.ts';
import { painter, type Paint, type Tone } from '../terminal/paint.ts';
import { sortOut } from '../verdict.ts';
import { preflightJson } from './json.ts';
import { faultBlocks, hiddenLines, readWords, skippedLines, type PreflightTerminal } from './report.ts';

const WORDS: Readonly<Record<ChecklistItem['status'], string>> = { passed: 'passed', failed: 'FAILED', look: 'look', hidden: 'not here' };
const TONES: Readonly<Record<ChecklistItem['status'], Tone>> = { passed: 'ok', failed: 'warning', look: 'info', hidden: 'dim' };
/** Beside the longest of the words. */
const COLUMN = 12;
/** So many lines of files are named; the rest are counted. */
const MOST_PLACES = 4;

/** The production guide's checklist for a person: each line passed, failed or not to be told here, and by which rule. Ends with a newline. */
export function renderChecklist(report: PreflightReport, items: readonly ChecklistItem[], options: PreflightTerminal): string {
  const width = columnsOf(options.width);
  const paint = painter(options.colour);
  const sections = [...Map.groupBy(items, ({ section }) => section)].map(([section, own]) => [paint('strong', section), ...own.flatMap((item) => itemLines(item, width, paint))]);
  const count = (status: ChecklistItem['status']): number => items.filter((item) => item.status === status).length;
  const looks = count('look') === 0 ? '' : `${count('look')} to look at, `;
  const sum = `${count('passed')} passed, ${count('failed')} failed, ${looks}${count('hidden')} cannot be told from here. railmedic preflight without --checklist shows every finding and what to write.`;
  return sectionsText([ends('railmedic preflight', `checklist of ${readWords(report)}`, '', width), ...unreadable(report, { width, paint }), ...sections, hang('', sum, width, 0)]);
}

/** First what could not be read, or is not what the API server takes: of that the checklist says nothing. */
function unreadable(report: PreflightReport, look: Look): readonly (readonly string[])[] {
  const { firing, unknown } = sortOut(report);
  const isInvalid = ({ rule }: Finding): boolean => rule === 'ManifestInvalid';
  return [...faultBlocks(firing.filter(isInvalid), look), dimmed([...hiddenLines(unknown.filter(isInvalid), look.width), ...skippedLines(report.skipped, look.width)], look.paint)];
}

function itemLines({ status, text, why, rules, checks, nodeRules, places }: ChecklistItem, width: number, paint: Paint): readonly string[] {
  const word = WORDS[status];
  const [first = '', ...rest] = hang(`  ${word}`, visible(text), width, COLUMN);
  const shown = places.slice(0, MOST_PLACES);
  const more = places.length > shown.length ? [`and ${places.length - shown.length} more`] : [];
  const under = (line: string): readonly string[] => hang('', visible(line), width, COLUMN);
  return [
    `  ${paint(TONES[status], word)}${first.slice(2 + word.length)}`,
    ...rest,
    ...dimmed([...under(why), ...(shown.length > 0 ? under([...shown, ...more].join(', ')) : []), ...under(decider(rules, checks, nodeRules))], paint),
  ];
}

function decider(rules: readonly string[], checks: readonly string[], nodeRules: readonly string[]): string {
  const here = [...rules, ...(checks.length === 0 ? [] : [`${checks.join(' and ')} of --cluster`])];
  const parts = [...(here.length > 0 ? [`decided by ${here.join(', ')}`] : []), ...(nodeRules.length > 0 ? [`on a node by ${nodeRules.join(', ')}`] : [])];
  return parts.length > 0 ? parts.join('; ') : 'no rule decides it';
}

/** What `preflight --json` gives, and the checklist. */
export function checklistText(report: PreflightReport, items: readonly ChecklistItem[]): string {
  return `${jsonText({ ...preflightJson(report), checklist: items }, 2)}\n`;
}
