import type { Finding } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import type { Verdict } from '../verdict.ts';
import { ends, hang } from './layout.ts';
import type { Paint, Tone } from './paint.ts';

/** How wide a text may be, and how it is painted. */
export interface Look {
  readonly width: number;
  readonly paint: Paint;
}

const TONES: Readonly<Record<Verdict, Tone>> = { OK: 'ok', WARNING: 'warning', CRITICAL: 'critical', UNKNOWN: 'unknown' };

/** Columns to use of a terminal: beyond 120 lines are hard to follow, below 40 nothing stands beside anything. */
export function columnsOf(terminal: number): number {
  return Math.min(120, Math.max(40, terminal));
}

/** The first line of a report: what it is of, and the verdict at its end. */
export function verdictLines(head: string, rest: string, verdict: Verdict, { width, paint }: Look): readonly string[] {
  const lines = ends(head, rest, verdict, width);
  return lines.map((line, index) => (index === lines.length - 1 ? line.slice(0, -verdict.length) + paint(TONES[verdict], verdict) : line));
}

/** `OK  nothing is wrong that 44 rules can see`: where no block of a fault says more. */
export function calmLines(verdict: Verdict, words: string, { width, paint }: Look): readonly string[] {
  const [first = '', ...rest] = hang(verdict, words, width, verdict.length + 2);
  return [paint(TONES[verdict], verdict) + first.slice(verdict.length), ...rest];
}

/** The first line of a fault's block: severity, title, and the rule at its end. */
export function titleLines({ severity, title, rule }: Finding, { width, paint }: Look): readonly string[] {
  const word = severity.toUpperCase();
  return ends(word, visible(title), rule, width).map((line, index, lines) => {
    const head = index === 0 ? paint(severity, word) : '';
    const tail = index === lines.length - 1 ? paint('dim', rule) : '';
    const middle = line.slice(index === 0 ? word.length : 0, tail === '' ? undefined : -rule.length);
    return head + (middle.trim() === '' ? middle : paint('strong', middle)) + tail;
  });
}

/** Labels stand back behind what they label. */
export function dimmed(lines: readonly string[], paint: Paint): readonly string[] {
  return lines.map((line) => {
    const label = /^ {0,2}[a-z][\w ]{0,12}?(?= {2}|$)/.exec(line)?.[0];
    return label === undefined ? line : paint('dim', label) + line.slice(label.length);
  });
}

/** Sections with an empty line between, none for those that are empty. Ends with a newline. */
export function sectionsText(sections: readonly (readonly string[])[]): string {
  const texts = sections.filter((lines) => lines.length > 0).map((lines) => lines.map((line) => line.trimEnd()).join('\n'));
  return `${texts.join('\n\n')}\n`;
}
