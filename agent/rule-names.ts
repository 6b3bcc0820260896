import { NODE_RULES, RULES } from '../rules/index.ts';
import type { Rule } from '../rules/define.ts';
import { nearest } from './parse/nearest.ts';

/** A call that cannot be meant: the message names what was written and what is known. Ends the program with status 3. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The rule of this name, in any case. */
export function ruleNamed(name: string): Rule {
  const rule = RULES.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (rule) return rule;
  const guess = nearest(
    name,
    RULES.map((candidate) => candidate.name),
  );
  throw new UsageError(`unknown rule ${JSON.stringify(name)}; ${guess === undefined ? 'railmedic explain lists all rules' : `did you mean ${guess}?`}`);
}

/** The rules of a comma-separated list, all of `from`; all of `from` without a list. */
export function rulesNamed(list: string | undefined, from: readonly Rule[] = NODE_RULES): readonly Rule[] {
  if (list === undefined) return from;
  const names = list.split(',').map((name) => name.trim()).filter(Boolean);
  if (names.length === 0) throw new UsageError('--rules: expected names of rules separated by commas, got none');
  const rules = names.map(ruleNamed);
  const stranger = rules.find((rule) => !from.includes(rule));
  if (stranger) throw new UsageError(`--rules: ${stranger.name} ${stranger.group === 'manifest' ? 'judges manifests; railmedic preflight asks it' : 'judges nodes; railmedic diagnose asks it'}`);
  return rules;
}
