import type { Finding } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import { namesWords } from '../groups.ts';
import { fit } from '../kubernetes/fit.ts';
import { statement } from '../stories.ts';
import { count } from '../words.ts';
import type { ClearVerdict, Floor } from './judge.ts';
import type { Subject } from './types.ts';

/** etcd holds a condition in every copy of the Node, and others watch it: 38 000 characters have been seen in the field. */
export const MAX_BYTES = 1024;

export interface ConditionText {
  readonly reason: string;
  readonly message: string;
  /** Changes when other findings are told; numbers in the message do not change it. */
  readonly identity: string;
}

export function firingText(findings: readonly Finding[]): ConditionText {
  const [worst] = findings;
  const reason = worst?.rule ?? 'Unknown';
  return {
    reason,
    message: findingsText(findings, MAX_BYTES),
    identity: JSON.stringify(findings.map(({ rule, subject, severity }) => [rule, subject, severity])),
  };
}

/** The worst with its most likely cause, then the others while they fit, how many more there are, and what to type. */
export function findingsText(findings: readonly Finding[], maxBytes: number, before = ''): string {
  const [worst, ...others] = findings;
  if (!worst) return '';
  const [cause] = worst.causes;
  const why = cause && cause.likelihood !== 'possible' ? [visible(`${cause.likelihood === 'likely' ? 'likely' : 'cause'}: ${cause.why}`)] : [];
  const rest = others.map((finding) => visible(`${finding.rule === worst.rule ? '' : `${finding.rule}: `}${statement(finding)}`));
  const first = visible(`${before}${statement(worst)}`);
  // What fits beside the message belongs to it: "and 3 more" counts findings.
  const whole = [first, ...why].join('; ');
  const tail = `; railmedic explain ${worst.rule}`;
  const head = Buffer.byteLength(whole + tail) + 20 > maxBytes ? first : whole;
  return fit([head, ...rest], tail, maxBytes);
}

export function clearText(verdict: ClearVerdict, { words }: Subject, floor: Floor): ConditionText {
  if (verdict.absent !== undefined) {
    return { reason: 'NoHardware', message: fit([visible(verdict.absent)], '', MAX_BYTES), identity: 'NoHardware' };
  }
  const said = `${floor === 'critical' ? 'no critical fault' : 'no fault'} of ${words}, ${count(verdict.judged, 'rule')} judged`;
  const lesser = verdict.lesser.length === 0 ? [] : [visible(`warnings: ${namesWords(verdict.lesser)}`)];
  if (verdict.unseen.length === 0) return { reason: 'NoProblem', message: fit([said, ...lesser], '', MAX_BYTES), identity: 'NoProblem' };
  const unseen = verdict.unseen.map(({ source, code, rules }) => `not seen: ${source} (${code}): ${rules.join(', ')}`);
  // A reason of its own, since lists of Nodes show that and not the message.
  return { reason: 'PartlySeen', message: fit([said, ...unseen, ...lesser], '', MAX_BYTES), identity: JSON.stringify(['PartlySeen', ...unseen]) };
}

export function settlingText(seconds: number): ConditionText {
  return {
    reason: 'NotJudgedYet',
    message: `railmedic has just begun to watch; the first verdict is due in ${Math.ceil(seconds)} s`,
    identity: 'NotJudgedYet',
  };
}

/** `before`: what was said before the sight was lost, where that was a problem. */
export function blindText(why: readonly string[], before: string | undefined): ConditionText {
  const entries = why.map((reason) => visible(reason));
  const [first = '', ...others] = entries;
  // It may have stood on the Node before this agent began, and others can write there too.
  const known = before === undefined ? [] : [`before: ${visible(before)}`];
  return { reason: 'CannotTell', message: fit([`cannot tell: ${first}`, ...known, ...others], '', MAX_BYTES), identity: 'CannotTell' };
}
