import type { Cause, Report } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import { areUuids } from '../gpu-values.ts';
import { groupAlike, namesWords, type Group } from '../groups.ts';
import { concernedPods, podsWords } from '../pods.ts';
import { concernWords, type Story } from '../stories.ts';
import { clock, duration, secondsBetween } from '../words.ts';
import { dimmed, titleLines, type Look } from './heading.ts';
import { columns, commandLines, hang, padded, TEXT_COLUMN } from './layout.ts';

/** So many places of one fault get a line each; the others are named. */
const MOST_LINES = 12;
/** The same for what a fault explains. */
const MOST_CONCERNS = 3;
/** And for the pods that have to do with it. */
const MOST_PODS = 8;
/** A longer subject (a GPU's UUID) stands on a line of its own. */
const LONGEST_SUBJECT = 28;

export interface ReportLook extends Look {
  readonly report: Report;
}

/** A fault as a block: title and rule, what is seen where, what to think and what to type, and what else comes of it. */
export function storyLines(story: Story, look: ReportLook): readonly string[] {
  const { group } = story;
  const [first] = group;
  return [
    ...titleLines(first, look),
    ...placeLines(group, look),
    ...evidenceLines(group, look),
    ...sinceLines(group, look),
    ...causeLines(first.causes, look),
    ...concernLines(story, look),
  ];
}

function placeLines(group: Group, { width }: Look): readonly string[] {
  const shown = group.slice(0, MOST_LINES);
  const longest = Math.max(...shown.map(({ subject }) => columns(visible(subject))));
  const column = longest > LONGEST_SUBJECT ? TEXT_COLUMN : Math.max(TEXT_COLUMN, longest + 3);
  const lines = shown.flatMap(({ subject, message, count }) => {
    const text = visible(count > 1 ? `${message} (seen ${count} times)` : message);
    return subject === 'node' ? hang('', text, width, 2) : hang(`  ${visible(subject)}`, text, width, column);
  });
  const others = group.slice(MOST_LINES).map(({ subject }) => visible(subject));
  return others.length === 0 ? lines : [...lines, ...hang('  and', others.join(', '), width)];
}

/** Lists that the message does not spell out: the ports of a fault that is told of the node as a whole. */
function evidenceLines(group: Group, { width, paint }: Look): readonly string[] {
  if (group.length > 1) return [];
  const [{ evidence, message }] = group;
  return Object.entries(evidence).flatMap(([key, value]) => {
    if (typeof value !== 'object' || areUuids(value) || value.every((item) => message.includes(item))) return [];
    const items = value.slice(0, MOST_LINES).map(visible);
    const rest = value.length > items.length ? [`and ${value.length - items.length} more (--json has them all)`] : [];
    const short = items.every((item) => columns(item) <= LONGEST_SUBJECT);
    if (short && items.length === 1) return [];
    const texts = short ? [[...items, ...rest].join(', ')] : [...items, ...rest];
    return dimmed(texts.flatMap((text, index) => hang(index === 0 ? `  ${visible(key)}` : '', text, width)), paint);
  });
}

/** Only for what began before this watch. */
function sinceLines(group: Group, { width, paint, report }: ReportLook): readonly string[] {
  const oldest = group.map(({ since }) => since).toSorted()[0] ?? report.takenAt;
  const age = secondsBetween(oldest, report.takenAt);
  if (age === undefined || age <= report.windowSeconds + 1) return [];
  return dimmed(hang('  since', `${visible(clock(oldest))}, ${duration(age)} ago`, width), paint);
}

/** The pods that have to do with it, then findings that this one explains: what each says, where it stays readable, without its own causes and commands. */
function concernLines({ group, concerned, toldElsewhere }: Story, { width, paint }: Look): readonly string[] {
  const pods = podsWords(concernedPods([...group, ...concerned]), MOST_PODS);
  const texts = [
    ...(pods.length === 0 ? [] : [pods.join(', ')]),
    ...groupAlike(concerned).flatMap((alike) => {
      const rest = alike.slice(MOST_CONCERNS);
      const shown = alike.slice(0, MOST_CONCERNS).map((finding) => concernWords(finding, group));
      return rest.length === 0 ? shown : [...shown, `and ${namesWords(rest)}`];
    }),
    ...(toldElsewhere.length === 0 ? [] : [`${namesWords(toldElsewhere)} as well`]),
  ];
  return dimmed(texts.flatMap((text, index) => hang(index === 0 ? '  concerns' : '', visible(text), width)), paint);
}

/** The first cause with its commands; the others as one line each. */
function causeLines([first, ...others]: readonly Cause[], { width, paint }: Look): readonly string[] {
  if (!first) return [];
  const plain = [
    ...hang(`  ${first.likelihood}`, visible(first.why), width),
    ...commandLines('  check', first.check.map(visible), width),
    ...commandLines('  fix', first.fix.map(visible), width),
    ...others.flatMap(({ why }, index) => {
      const head = `${padded(index === 0 ? '  or' : '', TEXT_COLUMN)}${index + 2}.`;
      return hang(head, visible(why), width, TEXT_COLUMN + 3);
    }),
  ];
  return dimmed(plain, paint);
}
