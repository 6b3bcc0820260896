import { expect } from 'vitest';
import { parse, parseAllDocuments, type Document } from 'yaml';
import type { Judgement, Manifests, Place, Symptom } from '../../../agent/model.ts';
import type { Rule } from '../../../rules/define.ts';
import { MANIFEST_RULES } from '../../../rules/index.ts';
import { judge } from '../fixtures.ts';

/** What could not speak before: bounds that are the wrong way round say nothing of who moves between them. */
const UNMASKED: Readonly<Record<string, readonly string[]>> = { AutoscalingInconsistent: ['AutoscalingDisabled'] };

type Path = readonly (string | number)[];
type Read = (text: string) => Manifests;

/**
 * What a rule says to write must end its finding, and make no other rule speak: every snippet that is YAML of the same
 * object is written where it says, and all rules judge the outcome. Holds for every manifest that a rule's own test judges.
 */
export function expectSnippetsHelp(rule: Rule, text: string, judgements: readonly Judgement[], read: Read): void {
  for (const judgement of judgements) {
    if ('undecided' in judgement || judgement.place?.snippet === undefined) continue;
    const { place } = judgement;
    const written = applied(text, place);
    if (written === undefined) continue;
    const still = judge(rule, { manifests: read(written) }, undefined, 0, {}).filter((after) => after.place?.object === place.object && after.place?.field === place.field && isAsBad(judgement, after));
    expect(still.map((after) => ('undecided' in after ? '' : after.message)), `${rule.name} says it again of what it said to write:\n${written}`).toEqual([]);
    const before = warnings(text, read);
    const fresh = [...warnings(written, read)].filter(([name]) => !before.has(name) && !UNMASKED[rule.name]?.includes(name)).map(([, message]) => message);
    expect(fresh, `what ${rule.name} says to write makes others speak:\n${written}`).toEqual([]);
  }
}

/** A remark that remains where a fault was is no fault of the advice. */
function isAsBad(before: Symptom, after: Judgement): boolean {
  return !('undecided' in after) && (after.severity !== 'info' || before.severity === 'info');
}

/** Rules that warn, or worse, with the first that they say. */
function warnings(text: string, read: Read): ReadonlyMap<string, string> {
  const manifests = read(text);
  return new Map(
    MANIFEST_RULES.flatMap((rule) => {
      const [first] = judge(rule, { manifests }, undefined, 0, {}).flatMap((judgement) => ('undecided' in judgement || (judgement.severity ?? rule.severity) === 'info' ? [] : [judgement.message]));
      return first === undefined ? [] : [[rule.name, `${rule.name}: ${first}`] as const];
    }),
  );
}

/** The text with the snippet in it; undefined where it is no YAML of this object, or leaves something to be filled in. */
function applied(text: string, { object, field = '', snippet = '' }: Place): string | undefined {
  const value = mapIn(snippet.replace('<version>', '1'));
  const documents = parseAllDocuments(text, { merge: true, logLevel: 'silent' }) as readonly Document[];
  const document = documents.find((candidate) => idOf(candidate) === object);
  const keys = Object.keys(value ?? {});
  if (!value || !document || documents.some(({ errors }) => errors.length > 0) || /<[^>]*>/.test(JSON.stringify(value)) || keys.some((key) => key === 'volumes' || key === 'kind')) return undefined;
  const path = pathOf(field);
  const at = path.findLastIndex((key) => keys.includes(String(key)));
  const [only = ''] = keys;
  if (at === -1 && keys.length === 1 && value[only] === null) return renamed(documents, document, path, only);
  // Advice to a volume speaks of containers, and who lacks one probe is told at another.
  if (at === -1 && path.includes('volumes')) return undefined;
  const target = at === -1 ? (String(path.at(-1)).endsWith('Probe') ? path.slice(0, -1) : path) : path.slice(0, at);
  const holder: unknown = target.length === 0 ? document.toJS() : valueAt(document.toJS(), target);
  if (!isMap(holder)) return undefined;
  document.setIn(target, document.createNode(merged(holder, value)));
  return documents.map((each) => each.toString()).join('---\n');
}

/** `resources:` at `resourcess` is the name that was meant. */
function renamed(documents: readonly Document[], document: Document, path: Path, name: string): string | undefined {
  const value: unknown = valueAt(document.toJS(), path);
  // Inside of a text that is YAML itself.
  if (value === undefined) return undefined;
  document.deleteIn(path);
  document.setIn([...path.slice(0, -1), name], document.createNode(value));
  return documents.map((each) => each.toString()).join('---\n');
}

function mapIn(snippet: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = parse(snippet, { logLevel: 'silent' });
    return isMap(value) ? value : undefined;
  } catch {
    // A command line, or words.
    return undefined;
  }
}

function idOf(document: Document): string {
  const { kind, metadata } = (document.toJS() ?? {}) as { readonly kind?: string; readonly metadata?: { readonly namespace?: string; readonly name?: string; readonly generateName?: string } };
  return `${kind ?? ''}/${metadata?.namespace ?? 'default'}/${metadata?.name ?? metadata?.generateName ?? ''}`;
}

/** `a.b[0]["c/d"]` as its keys. */
function pathOf(field: string): Path {
  return [...field.matchAll(/\[(\d+)\]|\["([^"]*)"\]|([^.[\]]+)/g)].map(([, index, quoted, plain]) => (index === undefined ? (quoted ?? plain ?? '') : Number(index)));
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((current, key) => (typeof current === 'object' && current !== null ? (current as Record<string | number, unknown>)[key] : undefined), value);
}

function merged(into: Record<string, unknown>, from: Record<string, unknown>): Record<string, unknown> {
  const own = Object.entries(from).map(([key, value]) => [key, isMap(value) && isMap(into[key]) ? merged(into[key], value) : value] as const);
  return { ...into, ...Object.fromEntries(own) };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
