import { nearest } from '../parse/nearest.ts';
import { parseQuantity } from '../parse/quantity.ts';
import type { FieldPath, ManifestProblem, YamlValue } from '../model.ts';
import { fieldText } from '../../rules/manifest/place.ts';
import { clipped } from '../../rules/manifest/words.ts';
import type { DocumentObject } from './manifest-object.ts';
import type { Schemas, TypeFields } from './schema-types.ts';
import { isMap } from './values.ts';

/** One field that the API server would refuse or drop. */
export interface SchemaProblem {
  readonly path: FieldPath;
  readonly message: string;
  readonly found: string;
  readonly expected: string;
  readonly snippet: string | undefined;
}

/** Of one object; a file that is no manifest at all would otherwise be told field by field. */
export const MOST_PROBLEMS = 20;
/** What envsubst, kustomize or a person will replace: its type is not known yet. */
const PLACEHOLDER = /\$\{?\w|^<.*>$|^PLACEHOLDER|\{\{/;
/** `i0..` a whole number of at least 0, `i1..65535` one within. */
const RANGE = /^i(\d+)\.\.(\d*)$/;

/** Whether something else will stand there when it is applied. */
export function isPlaceholder(value: YamlValue | undefined): boolean {
  return typeof value === 'string' && PLACEHOLDER.test(value);
}

/** The problem with its place in the file. */
export function problemAt(object: DocumentObject, { path, message, found, expected, snippet }: SchemaProblem): ManifestProblem {
  const field = clipped(fieldText(path));
  return {
    kind: 'schema',
    subject: `${object.label} ${field}`.trimEnd(),
    message: clipped(message),
    place: { file: object.file, ...object.at(path), object: object.id, field, found, expected, ...(snippet !== undefined && { snippet }) },
  };
}

interface Ancestor {
  readonly fields: TypeFields;
  readonly path: FieldPath;
}

/** Judges values by types of a schema; what it finds stays in `problems`. */
export class Walk {
  readonly problems: SchemaProblem[] = [];
  readonly #types: Schemas['types'];
  readonly #ancestors: Ancestor[] = [];

  constructor(types: Schemas['types']) {
    this.#types = types;
  }

  value(value: YamlValue, type: string, path: FieldPath): void {
    // The API server drops what is null.
    if (value === null || type === '*' || this.problems.length >= MOST_PROBLEMS) return;
    const fields = this.#types[type];
    if (fields) this.#object(value, fields, path);
    else if (type.startsWith('[')) this.#list(value, type.slice(1, -1), path);
    else if (type.startsWith('{')) this.#map(value, type.slice(1, -1), path);
    else this.#scalar(value, type, path);
  }

  #object(value: YamlValue, fields: TypeFields, path: FieldPath): void {
    if (!isMap(value)) return this.#wrong(value, 'a map', path);
    this.#ancestors.push({ fields, path });
    // What a misspelt field was meant to be is not missing besides.
    const meant = new Set<string | undefined>();
    for (const [name, item] of Object.entries(value)) {
      const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (type === undefined) meant.add(this.#unknown(name, fields, path));
      else this.value(item, type.replace(/!$/, ''), [...path, name]);
    }
    for (const [name, type] of Object.entries(fields)) {
      if (type.endsWith('!') && !meant.has(name) && (value[name] === undefined || value[name] === null)) this.#missing(name, path);
    }
    this.#ancestors.pop();
  }

  #list(value: YamlValue, type: string, path: FieldPath): void {
    if (!Array.isArray(value)) return this.#wrong(value, 'a list', path);
    for (const [index, item] of (value as readonly YamlValue[]).entries()) this.value(item, type, [...path, index]);
  }

  #map(value: YamlValue, type: string, path: FieldPath): void {
    if (!isMap(value)) return this.#wrong(value, 'a map', path);
    for (const [name, item] of Object.entries(value)) this.value(item, type, [...path, name]);
  }

  #scalar(value: YamlValue, type: string, path: FieldPath): void {
    if (isPlaceholder(value)) return;
    if (type === 'Q') return this.#quantity(value, path);
    if (RANGE.test(type)) return this.#whole(value, type, path);
    if (type === 's') {
      if (typeof value !== 'string') this.#wrong(value, 'text in quotes', path, isScalar(value) ? JSON.stringify(String(value)) : undefined);
    } else if (type === 'i' || type === 'n') {
      const isRight = typeof value === 'number' && (type === 'n' || Number.isInteger(value));
      if (!isRight) this.#wrong(value, type === 'i' ? 'a whole number without quotes' : 'a number without quotes', path, typeof value === 'string' && /^\d+$/.test(value) ? value : undefined);
    } else if (type === 'b') {
      if (typeof value !== 'boolean') this.#wrong(value, 'true or false', path, typeof value === 'string' && /^(true|false)$/i.test(value) ? value.toLowerCase() : undefined);
    } else if (type === 'q') {
      if (typeof value !== 'string' && typeof value !== 'number') this.#wrong(value, 'a number or a text', path);
    } else if (type.includes('|')) this.#choice(value, type.split('|'), path);
  }

  #whole(value: YamlValue, type: string, path: FieldPath): void {
    const [, least = '', most = ''] = RANGE.exec(type) ?? [];
    if (typeof value !== 'number' || !Number.isInteger(value)) return this.#scalar(value, 'i', path);
    if (value >= Number(least) && value <= (most === '' ? Infinity : Number(most))) return;
    this.#wrong(value, most === '' ? `${least} or more` : `from ${least} to ${most}`, path);
  }

  #quantity(value: YamlValue, path: FieldPath): void {
    const amount = parseQuantity(value);
    if (amount === undefined) this.#wrong(value, 'a quantity such as 4, 500m or 64Gi', path, bytesMeant(value));
    else if (amount < 0) this.#wrong(value, 'a quantity of 0 or more', path);
  }

  #choice(value: YamlValue, choices: readonly string[], path: FieldPath): void {
    if (typeof value === 'string' && choices.includes(value)) return;
    const guess = typeof value === 'string' ? nearest(value, choices) : undefined;
    this.#wrong(value, choices.filter(Boolean).join(', '), path, guess);
  }

  #wrong(value: YamlValue, expected: string, path: FieldPath, right?: string): void {
    const found = shown(value);
    this.problems.push({ path, message: `${fieldText(path)} is ${kindOf(value)}, and must be ${expected}`, found, expected, snippet: right === undefined ? undefined : `${lastKey(path)}${right}` });
  }

  #missing(name: string, path: FieldPath): void {
    const where = path.length === 0 ? 'the object' : fieldText(path);
    this.problems.push({ path: [...path, name], message: `${where} lacks ${name}, which must be there`, found: 'nothing', expected: name, snippet: undefined });
  }

  /** Gives the name that was meant, where one is near. */
  #unknown(name: string, fields: TypeFields, path: FieldPath): string | undefined {
    const known = Object.keys(fields);
    const owner = this.#ancestors.toReversed().slice(1).find((ancestor) => Object.hasOwn(ancestor.fields, name));
    const child = known.find((field) => Object.hasOwn(this.#types[(fields[field] ?? '').replace(/!$/, '')] ?? {}, name) && field !== 'status' && field !== 'metadata');
    const guess = nearest(name, known);
    const where = path.length === 0 ? 'the object' : fieldText(path);
    const expected = guess ?? (owner ? `${name} at ${fieldText(owner.path) || 'the root'}` : child === undefined ? `one of ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}` : `${child}.${name}`);
    const hint = guess !== undefined ? `did you mean ${guess}?` : owner ? `it belongs at ${fieldText(owner.path) || 'the root'}` : child === undefined ? undefined : `it belongs in ${child}`;
    this.problems.push({
      path: [...path, name],
      message: `${where} has no field ${clipped(name)}${hint === undefined ? '' : `; ${hint}`}`,
      found: clipped(name),
      expected,
      snippet: guess === undefined ? undefined : `${guess}:`,
    });
    return guess;
  }
}

/** `64GB`, as everybody writes it but Kubernetes. */
function bytesMeant(value: YamlValue): string | undefined {
  const [, digits, unit] = typeof value === 'string' ? (/^(\d+) ?([KMGT])i?B$/i.exec(value) ?? []) : [];
  return digits === undefined ? undefined : `${digits}${unit?.toUpperCase() ?? ''}i`;
}

function isScalar(value: YamlValue): value is string | number | boolean {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string';
}

function lastKey(path: FieldPath): string {
  const key = path.at(-1);
  return typeof key === 'string' ? `${key}: ` : '- ';
}

export function shown(value: YamlValue): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

export function kindOf(value: YamlValue): string {
  if (Array.isArray(value)) return 'a list';
  if (isMap(value)) return 'a map';
  return typeof value === 'string' ? `the text ${shown(value)}` : typeof value === 'boolean' ? `the boolean ${value}` : `the number ${JSON.stringify(value)}`;
}
