import * as v from 'valibot';
import { isAlias, LineCounter, parseDocument, type Document } from 'yaml';
import type { Rule } from '../../rules/define.ts';
import type { Config } from '../config.ts';
import { nearest } from '../parse/nearest.ts';
import { alertmanagerSchema } from './alertmanager.ts';
import { ConfigError } from './error.ts';
import { kubernetesSchema } from './kubernetes.ts';

const positive = v.pipe(v.number('a number'), v.minValue(0, 'a number of 0 or more'));
const threshold = v.union([positive, v.array(v.string('a text'))], 'a number of 0 or more, or a list of texts');

const ruleSchema = v.strictObject({
  off: v.optional(v.boolean('true or false')),
  shadow: v.optional(v.boolean('true or false')),
  severity: v.optional(v.picklist(['critical', 'warning', 'info'], 'critical, warning or info')),
  forSeconds: v.optional(positive),
  clearAfterSeconds: v.optional(positive),
  thresholds: v.optional(v.record(v.string(), threshold, 'a map of threshold names to values')),
});

const suppressionSchema = v.strictObject({
  rule: v.string('the name of a rule, or "*"'),
  subject: v.optional(v.string('a subject; * stands for any text'), '*'),
  until: v.pipe(
    v.string('a moment as RFC 3339, 2026-12-01T00:00:00Z'),
    v.check((text) => /^\d{4}-\d\d-\d\d/.test(text) && Number.isFinite(Date.parse(text)), 'a moment as RFC 3339, 2026-12-01T00:00:00Z'),
  ),
  reason: v.pipe(v.string('why it is silenced'), v.nonEmpty('why it is silenced')),
});

/** What a configuration may hold; docs/configuration.md is made from it. */
export const configSchema = v.strictObject({
  rules: v.optional(v.record(v.string(), ruleSchema, 'a map of rule names to what is changed of them'), {}),
  suppressions: v.optional(v.array(suppressionSchema, 'a list of suppressions'), []),
  required: v.optional(
    v.strictObject({
      mounts: v.optional(
        v.array(
          v.strictObject({
            path: v.pipe(v.string('an absolute path'), v.regex(/^\//, 'an absolute path')),
            type: v.optional(v.string('a file system type, lustre')),
          }),
          'a list of mounts',
        ),
        [],
      ),
      ports: v.optional(v.array(v.string('a port, mlx5_0/1'), 'a list of ports'), []),
    }),
    {},
  ),
  exporters: v.optional(v.strictObject({ alertmanager: v.optional(alertmanagerSchema), kubernetes: v.optional(kubernetesSchema) }), {}),
});

export type ParsedConfig = v.InferOutput<typeof configSchema>;

/** Reads a configuration; throws ConfigError that names the line, what was found there and what was expected. */
export function parseConfig(text: string, file: string, rules: readonly Rule[]): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [problem] = document.errors;
  if (problem) {
    const what = problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'not YAML';
    throw new ConfigError(file, lines.linePos(problem.pos[0]).line, `not YAML: ${what}`);
  }
  const lineOf = (path: readonly (string | number)[]): number => lineAt(document, lines, path);
  const result = v.safeParse(configSchema, unfold(document, file) ?? {});
  // A key that is not known says why another is missing.
  if (!result.success) throw schemaError(file, result.issues.find(isUnknownKey) ?? result.issues[0], lineOf);
  checkNames(result.output, file, rules, lineOf);
  return result.output;
}

function unfold(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new ConfigError(file, 1, `cannot be unfolded: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

type LineOf = (path: readonly (string | number)[]) => number;

function isUnknownKey({ type, expected: wanted }: v.InferIssue<typeof configSchema>): boolean {
  return type === 'strict_object' && wanted === 'never';
}

function schemaError(file: string, issue: v.InferIssue<typeof configSchema>, lineOf: LineOf): ConfigError {
  const keys = (issue.path ?? []).map((step) => step.key as string | number);
  const name = keys.join('.');
  if (isUnknownKey(issue)) {
    const parent = issue.path?.at(-1)?.input;
    const known = knownKeys(keys.slice(0, -1));
    const guess = nearest(String(keys.at(-1)), known);
    const meant = guess === undefined ? `known keys: ${known.join(', ')}` : `did you mean ${guess}?`;
    return new ConfigError(file, parent === undefined ? 1 : lineOf(keys), `unknown key ${name}; ${meant}`);
  }
  if (issue.received === 'undefined') return new ConfigError(file, lineOf(keys.slice(0, -1)), `${name} is missing`);
  return new ConfigError(file, lineOf(keys), `${name || 'the file'}: got ${issue.received}, expected ${expected(issue)}`);
}

function expected(issue: v.InferIssue<typeof configSchema>): string {
  return issue.message.startsWith('Invalid') ? (issue.expected ?? issue.message) : issue.message;
}

/** What a schema of valibot may hold of others. */
interface Nested {
  readonly wrapped?: Nested;
  readonly entries?: Readonly<Record<string, Nested>>;
  readonly item?: Nested;
  readonly value?: Nested;
}

function knownKeys(parent: readonly (string | number)[]): readonly string[] {
  const unwrapped = (schema: Nested | undefined): Nested | undefined => (schema?.wrapped ? unwrapped(schema.wrapped) : schema);
  let schema = unwrapped(configSchema as Nested);
  for (const key of parent) schema = unwrapped(schema?.entries?.[key] ?? schema?.item ?? schema?.value);
  return Object.keys(schema?.entries ?? {});
}

function checkNames(config: Config, file: string, rules: readonly Rule[], lineOf: LineOf): void {
  const names = rules.map((rule) => rule.name);
  const unknown = (name: string, path: readonly (string | number)[]): ConfigError => {
    const guess = nearest(name, names);
    const meant = guess === undefined ? 'railmedic explain lists all rules' : `did you mean ${guess}?`;
    return new ConfigError(file, lineOf(path), `unknown rule ${name}; ${meant}`);
  };
  for (const [index, { rule }] of config.suppressions.entries()) {
    if (rule !== '*' && !names.includes(rule)) throw unknown(rule, ['suppressions', index, 'rule']);
  }
  for (const [name, change] of Object.entries(config.rules)) {
    const rule = rules.find((candidate) => candidate.name === name);
    if (!rule) throw unknown(name, ['rules', name]);
    for (const [key, value] of Object.entries(change.thresholds ?? {})) checkThreshold(rule, key, value);
  }

  function checkThreshold(rule: Rule, key: string, value: number | readonly string[]): void {
    const path = ['rules', rule.name, 'thresholds', key];
    const standard = rule.settings[key];
    if (standard === undefined) {
      const known = Object.keys(rule.settings);
      const guess = nearest(key, known) ?? known.join(', ');
      const meant = known.length === 0 ? `${rule.name} has none` : `did you mean ${guess}?`;
      throw new ConfigError(file, lineOf(path), `unknown threshold ${key} of ${rule.name}; ${meant}`);
    }
    if (typeof standard !== typeof value) {
      const wanted = typeof standard === 'number' ? `a number, like its default ${standard}` : 'a list of texts';
      throw new ConfigError(file, lineOf(path), `${path.join('.')}: got ${JSON.stringify(value)}, expected ${wanted}`);
    }
  }
}

function lineAt(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (typeof node !== 'object' || node === null || isAlias(node)) continue;
    if ('range' in node && Array.isArray(node.range) && typeof node.range[0] === 'number') return lines.linePos(node.range[0]).line;
  }
  return 1;
}
