import type { Cause, Finding, Report } from '../../agent/model.ts';
import { areUuids } from '../gpu-values.ts';
import { namesWords, type Group } from '../groups.ts';
import { concernedPods, podsWords } from '../pods.ts';
import { keyOf } from '../stories.ts';
import { clock, duration, secondsBetween } from '../words.ts';
import { rowLines, type Row } from './line.ts';

/** A node has room for a few pods with GPUs; one of shares can have many. */
const MOST_PODS = 8;
/** So many places of one fault, or items of a list, get a line each. */
const MOST_LINES = 12;

/** What stands below the first line of a fault: what is seen, since when, why, what to type, whom it concerns, where to read on. */
export function block(group: Group, report: Report): readonly string[] {
  const [first] = group;
  const isWorthCommands = first.severity !== 'info';
  return rowLines([
    ...places(group),
    ...(group.length === 1 ? lists(first) : []),
    ...since(group, report),
    ...(isWorthCommands ? causes(first.causes) : []),
    ...concerns(group),
    ...(isWorthCommands ? [nodeRow(report)] : []),
    ['page', `${first.page} (railmedic explain ${first.rule})`],
  ]);
}

function nodeRow({ node, instanceType }: Report): Row {
  return ['node', instanceType === undefined ? node : `${node}, ${instanceType}`];
}

function places(group: Group): readonly Row[] {
  const [first] = group;
  if (group.length === 1) return [['', first.message]];
  return limited(group.map(({ subject, message }) => `${subject}   ${message}`)).map((text): Row => ['', text]);
}

/** Lists that the message does not spell out, such as the ports of a fault that is told of the node as a whole. */
function lists({ evidence, message }: Finding): readonly Row[] {
  return Object.entries(evidence).flatMap(([key, value]) => {
    if (typeof value !== 'object' || value.length < 2 || areUuids(value)) return [];
    const label = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
    return limited(value.filter((item) => !message.includes(item))).map((text): Row => [label, text]);
  });
}

/** Where it began before it was told: it had to last for a while first, or the agent came later. */
function since(group: Group, { takenAt }: Report): readonly Row[] {
  const oldest = group.map((finding) => finding.since).toSorted()[0] ?? takenAt;
  const age = secondsBetween(oldest, takenAt) ?? 0;
  return age < 1 ? [] : [['since', `${clock(oldest)}, ${duration(age)} ago`]];
}

/** The first cause with its commands; of the others what they are, so that a wrong first guess is no dead end. */
function causes([first, ...others]: readonly Cause[]): readonly Row[] {
  if (!first) return [];
  return [
    [first.likelihood, first.why],
    ...first.check.map((command): Row => ['check', command]),
    ...first.fix.map((command): Row => ['fix', command]),
    ...others.map(({ why }, index): Row => ['or', `${index + 2}. ${why}`]),
  ];
}

function concerns(group: Group): readonly Row[] {
  const own = new Set(group.map(keyOf));
  const explained = group.flatMap(({ explains }) => explains).filter((name) => !own.has(keyOf(name)));
  const pods = podsWords(concernedPods(group), MOST_PODS);
  return [
    ...(pods.length > 0 ? [['pods', pods.join(', ')] as const] : []),
    ...(explained.length > 0 ? [['concerns', namesWords(explained)] as const] : []),
  ];
}

function limited(texts: readonly string[]): readonly string[] {
  if (texts.length <= MOST_LINES) return texts;
  return [...texts.slice(0, MOST_LINES), `and ${texts.length - MOST_LINES} more (/api/v1/report has them all)`];
}
