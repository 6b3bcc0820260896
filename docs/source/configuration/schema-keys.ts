/** One key of the configuration file. */
export interface SchemaKey {
  /** `rules.<name>.thresholds.<name>`, `suppressions[].until` */
  readonly path: string;
  /** What may stand there, in words. */
  readonly expected: string;
  /** As YAML; undefined where there is none. */
  readonly standard: string | undefined;
  readonly isRequired: boolean;
}

/** What a schema of valibot may hold that this reads. */
interface Schema {
  readonly type: string;
  readonly wrapped?: Schema;
  readonly default?: unknown;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly value?: Schema;
  readonly options?: readonly unknown[];
  readonly message?: unknown;
  readonly pipe?: readonly { readonly message?: unknown }[];
}

/** Every key that a schema knows, parents before children. */
export function schemaKeys(schema: unknown): readonly SchemaKey[] {
  return [...keysBelow(schema as Schema, '')];
}

function* keysBelow(schema: Schema, path: string): Iterable<SchemaKey> {
  for (const [name, entry] of Object.entries(schema.entries ?? {})) {
    const inner = unwrapped(entry);
    const here = path === '' ? name : `${path}.${name}`;
    yield { path: here, expected: expectedBy(inner), standard: standardOf(entry), isRequired: entry.type !== 'optional' };
    yield* below(inner, here);
  }
}

function* below(schema: Schema, path: string): Iterable<SchemaKey> {
  if (schema.entries) yield* keysBelow(schema, path);
  else if (schema.item) yield* below(unwrapped(schema.item), `${path}[]`);
  else if (schema.value) yield* below(unwrapped(schema.value), `${path}.<name>`);
}

function unwrapped(schema: Schema): Schema {
  return schema.wrapped ? unwrapped(schema.wrapped) : schema;
}

function standardOf({ type, default: value }: Schema): string | undefined {
  if (type !== 'optional' || value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)) return undefined;
  return JSON.stringify(value);
}

/** The messages of the schema and its checks: what the agent itself says when something else stands there. */
function expectedBy(schema: Schema): string {
  const messages = new Set([schema.entries ? 'a map' : schema.message, ...(schema.pipe ?? []).map(({ message }) => message)].filter((message) => typeof message === 'string'));
  // `a number` says nothing beside `a number of 0 or more`.
  const telling = [...messages].filter((message) => ![...messages].some((other) => other !== message && other.startsWith(message)));
  return telling.join('; ') || schema.type;
}
