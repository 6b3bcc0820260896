import type { ClusterCheck, PreflightReport } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import { dimmed, type Look } from '../terminal/heading.ts';
import { hang } from '../terminal/layout.ts';
import type { Tone } from '../terminal/paint.ts';
import { checksOf } from './verdict.ts';

const ORDER: readonly ClusterCheck['status'][] = ['failed', 'unknown', 'ok', 'skipped'];
const WORDS: Readonly<Record<ClusterCheck['status'], string>> = { failed: 'FAILED', unknown: 'NOT SEEN', ok: 'ok', skipped: 'skipped' };
/** Beside the longest of the words. */
const COLUMN = 10;

/** What was looked at in the cluster itself: what failed first, with its details and what to type. */
export function checkLines(report: PreflightReport, look: Look): readonly string[] {
  const checks = checksOf(report);
  if (checks.length === 0) return [];
  const server = report.snapshot.manifests.status === 'ok' ? (report.snapshot.manifests.value.cluster?.server ?? '') : '';
  const sorted = checks.toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  return [look.paint('strong', visible(`cluster ${server}`)), ...sorted.flatMap((check) => linesOf(check, look))];
}

function linesOf({ status, severity, title, found, details, fix, rule }: ClusterCheck, { width, paint }: Look): readonly string[] {
  const word = WORDS[status];
  const tone: Tone = status === 'failed' ? severity : status === 'ok' ? 'ok' : status === 'unknown' ? 'unknown' : 'dim';
  const [first = '', ...rest] = hang(`  ${word}`, visible(title), width, COLUMN + 2);
  const under = (text: string): readonly string[] => hang('', visible(text), width, COLUMN + 2);
  return [
    `  ${paint(tone, word)}${first.slice(2 + word.length)}`,
    ...rest,
    ...dimmed([...under(found), ...details.flatMap((detail) => under(`- ${detail}`))], paint),
    // Commands are never wrapped: they are to be copied.
    ...(status === 'failed' ? fix.map((command) => `${' '.repeat(COLUMN + 2)}${visible(command)}`) : []),
    ...(status === 'failed' && rule !== undefined ? dimmed(under(`railmedic explain ${rule}`), paint) : []),
  ];
}
