import type { Rule } from '../../../rules/define.ts';

/** A number that a rule judges by, so that the fleet is judged by the same. Throws when the rule has no such number. */
export function threshold({ name, settings }: Rule, setting: string): number {
  const value = settings[setting];
  if (typeof value !== 'number') throw new Error(`${name} has no number ${setting}, found ${String(value)}`);
  return value;
}
