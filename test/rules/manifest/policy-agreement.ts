import { Environment } from '@marcbachmann/cel-js';
import { expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Judgement } from '../../../agent/model.ts';
import { policySpec } from '../../../agent/preflight/policies.ts';
import type { Rule } from '../../../rules/define.ts';
import { POLICIES } from '../../../rules/manifest/policy/index.ts';
import type { ManifestPolicy } from '../../../rules/manifest/policy/policy.ts';

interface Fields {
  [key: string]: unknown;
}

const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true });

/** What the API server would answer with this policy: the message, undefined where the object passes. */
export function refusal(policy: ManifestPolicy, object: Fields, oldObject: Fields | null = null): string | undefined {
  const { matchConditions, variables, validations } = policySpec(policy);
  const group = String(object['apiVersion']).includes('/') ? String(object['apiVersion']).split('/')[0] : '';
  if (!policy.kinds.some((kind) => kind.kind === object['kind'] && kind.group === group)) return undefined;
  const context: Fields = { object, oldObject, variables: {} };
  // The API server does not compute what nothing asks for, and so neither do expressions that cannot be.
  if (!matchConditions.every(({ expression }) => environment.evaluate(expression, context) === true)) return undefined;
  for (const { name, expression } of variables) context['variables'] = { ...(context['variables'] as Fields), [name]: environment.evaluate(expression, context) };
  const no = validations.find(({ expression }) => environment.evaluate(expression, context) !== true);
  return no && String(environment.evaluate(no.messageExpression, context));
}

/** The objects of a text as the API server holds them: whole numbers are integers. */
export function objectsOf(text: string): readonly Fields[] {
  return parseAllDocuments(text, { merge: true, logLevel: 'silent' }).flatMap((document) => {
    const value: unknown = document.errors.length > 0 ? undefined : whole(document.toJS());
    return typeof value === 'object' && value !== null && 'kind' in value && 'apiVersion' in value ? [{ metadata: {}, ...value }] : [];
  });
}

function whole(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return value.map(whole);
  if (typeof value !== 'object' || value === null) return value;
  // The API server drops what is null.
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, whole(item)]])));
}

/**
 * A policy must not warn of what its rule does not report; and where nothing is said to be missing, must warn of all. Holds
 * for every manifest that a rule's own test judges. What the API server would refuse by its schema is left out.
 */
export function expectAgreement(rule: Rule, text: string, judgements: readonly Judgement[]): void {
  const policy = POLICIES.find((candidate) => candidate.rule === rule.name);
  if (!policy) return;
  for (const object of objectsOf(text)) {
    const said = refusalOrError(policy, object);
    if (said instanceof Error) continue;
    const { name, generateName } = object['metadata'] as { readonly name?: string; readonly generateName?: string };
    const own = judgements.filter((judgement) => !('undecided' in judgement) && judgement.place?.object?.startsWith(`${String(object['kind'])}/`) && judgement.place.object.endsWith(`/${name ?? generateName ?? ''}`));
    if (said !== undefined) expect(own.length, `${said}\nsaid the policy, and the rule nothing, of\n${text}`).toBeGreaterThan(0);
    const isSeen = policy.misses === undefined && policy.kinds.some(({ kind, group }) => kind === object['kind'] && String(object['apiVersion']).startsWith(group === '' ? 'v1' : `${group}/`));
    if (isSeen && own.length > 0) expect(said, `${rule.name} reports this, and its policy does not:\n${text}`).toBeDefined();
  }
}

/** `failurePolicy: Ignore`: an expression that fails lets the object pass. */
function refusalOrError(policy: ManifestPolicy, object: Fields): string | undefined | Error {
  try {
    return refusal(policy, object);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
