import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as client from '@kubernetes/client-node';

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

const MODELS = fileURLToPath(new URL('gen/models/', import.meta.resolve('@kubernetes/client-node')));
const classes = client as unknown as Readonly<Record<string, { readonly getAttributeTypeMap?: () => readonly Attribute[] } | undefined>>;

/** The release whose OpenAPI document the models were generated from (`release-1.36`). */
export const OPENAPI_RELEASE = /OpenAPI spec version: (\S+)/.exec(declaration('V1Pod'))?.[1];

/**
 * What an object has that the API does not know, or lacks that it requires; strict, as the API server is with unknown fields.
 * The models of @kubernetes/client-node are generated from the API's OpenAPI document and know each field with its type;
 * which are required stands in their type declarations.
 */
export function problems(object: unknown): readonly string[] {
  const { apiVersion, kind } = object as { readonly apiVersion: string; readonly kind: string };
  const version = (apiVersion.split('/').at(-1) ?? '').replace(/^v/, 'V');
  return [...check(object, `${version}${kind}`, kind)];
}

function* check(value: unknown, type: string, path: string): Generator<string> {
  const [, item] = /^Array<(.*)>$/.exec(type) ?? [];
  const [, entry] = /^\{ \[key: string\]: (.*); \}$/.exec(type) ?? [];
  if (item !== undefined) {
    if (!Array.isArray(value)) yield `${path}: got ${JSON.stringify(value)}, expected a list`;
    else for (const [index, one] of value.entries()) yield* check(one, item, `${path}[${index}]`);
  } else if (entry !== undefined) {
    if (!isMap(value)) yield `${path}: got ${JSON.stringify(value)}, expected a map`;
    else for (const [key, one] of Object.entries(value)) yield* check(one, entry, `${path}.${key}`);
  } else if (type in SCALARS) {
    if (SCALARS[type]?.(value) !== true) yield `${path}: got ${JSON.stringify(value)}, expected ${type}`;
  } else yield* checkModel(value, type, path);
}

function* checkModel(value: unknown, type: string, path: string): Generator<string> {
  const attributes = classes[type]?.getAttributeTypeMap?.();
  if (attributes === undefined) throw new Error(`no model is called ${type} (${path})`);
  if (!isMap(value)) {
    yield `${path}: got ${JSON.stringify(value)}, expected ${type}`;
    return;
  }
  for (const [key, one] of Object.entries(value)) {
    const attribute = attributes.find(({ baseName }) => baseName === key);
    if (attribute === undefined) yield `${path}.${key}: ${type} has no such field`;
    else yield* check(one, attribute.type, `${path}.${key}`);
  }
  for (const name of required(type)) if (!(name in value)) yield `${path}.${name}: required by ${type}`;
}

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  IntOrString: (value) => typeof value === 'string' || Number.isInteger(value),
  any: () => true,
};

function required(type: string): readonly string[] {
  return [...declaration(type).matchAll(/^ {4}'(\w+)': /gm)].map(([, name]) => name ?? '');
}

function declaration(type: string): string {
  return readFileSync(`${MODELS}${type}.d.ts`, 'utf8');
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
