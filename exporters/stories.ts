import type { Finding, FindingName } from '../agent/model.ts';
import { groupAlike, type Group } from './groups.ts';
import { isWorse, severityRank } from './severity.ts';

/** A fault and what it explains: told together, since whoever mends the first mends the rest. */
export interface Story {
  readonly group: Group;
  /** Findings that the group explains, directly or through another, each told in one story only. */
  readonly concerned: readonly Finding[];
  /** What the group explains as well and another story tells. */
  readonly toldElsewhere: readonly FindingName[];
}

/** Every firing finding once, the story with the worst finding first. Where findings explain each other in a ring, the first is told. */
export function storiesOf(firing: readonly Finding[]): readonly Story[] {
  const byName = new Map(firing.map((finding) => [keyOf(finding), finding]));
  const told = new Set<Finding>();
  const isHead = (finding: Finding): boolean => !finding.explainedBy.some((name) => other(finding, byName.get(keyOf(name))));
  const stories = groupAlike(firing.filter(isHead)).map((group) => storyOf(group, byName, told));
  for (const finding of firing) if (!told.has(finding)) stories.push(storyOf([finding], byName, told));
  return stories.toSorted((a, b) => worst(a) - worst(b));
}

function storyOf(group: Group, byName: ReadonlyMap<string, Finding>, told: Set<Finding>): Story {
  for (const finding of group) told.add(finding);
  const concerned: Finding[] = [];
  const toldElsewhere: FindingName[] = [];
  const queue: Finding[] = [...group];
  for (const cause of queue) {
    for (const name of cause.explains) {
      const effect = byName.get(keyOf(name));
      if (!effect || queue.includes(effect)) continue;
      if (told.has(effect)) {
        toldElsewhere.push(name);
        continue;
      }
      told.add(effect);
      concerned.push(effect);
      queue.push(effect);
    }
  }
  return { group, concerned, toldElsewhere };
}

export function keyOf({ rule, subject }: FindingName): string {
  return JSON.stringify([rule, subject]);
}

function other(finding: Finding, explainer: Finding | undefined): boolean {
  return explainer !== undefined && explainer !== finding;
}

function worst({ group, concerned }: Story): number {
  return Math.min(...[...group, ...concerned].map(({ severity }) => severityRank(severity)));
}

/** `GpuSpinning, because of this: 8 of 8 GPUs spin: …`; names the severity where it is worse than that of what explains it. */
export function concernWords(finding: Finding, [head]: Group): string {
  const { rule, severity } = finding;
  return `${rule}${isWorse(severity, head.severity) ? ` (${severity})` : ''}, because of this: ${statement(finding)}`;
}

/** The message with its subject before it, where it does not name that itself. */
export function statement({ subject, message }: Pick<Finding, 'subject' | 'message'>): string {
  return subject === 'node' || message.includes(subject) ? message : `${subject}: ${message}`;
}
