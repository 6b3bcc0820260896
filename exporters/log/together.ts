import { groupAlike } from '../groups.ts';
import { levelOf } from './entry.ts';
import { changeWords } from './text.ts';
import type { Change, Told } from './transitions.ts';

/** Each change once, in the order in which the first of its like came. */
export function toldTogether(changes: readonly Change[]): readonly Told[] {
  const told = new Map<string, [Change, ...Change[]]>();
  for (const change of changes) {
    const key = likeness(change, changes);
    const group = told.get(key);
    if (group) group.push(change);
    else told.set(key, [change]);
  }
  return [...told.values()];
}

/** What starts is alike by rule and causes; all else by saying the same of different subjects. */
function likeness(change: Change, changes: readonly Change[]): string {
  if (!('source' in change) && (change.kind === 'started' || change.kind === 'alone')) {
    const same = changes.flatMap((other) => (!('source' in other) && other.kind === change.kind ? [other.finding] : []));
    const index = groupAlike(same).findIndex((group) => group.includes(change.finding));
    return JSON.stringify([change.kind, index]);
  }
  return JSON.stringify([change.kind, levelOf(change), changeWords(change)]);
}
