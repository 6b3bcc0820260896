/** JSON that others wrote, read without trust: what has another type than expected counts as missing. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text of some length, cut at `maxLength` characters; undefined for an empty one. */
export function textOf(value: unknown, maxLength = 253): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return value.length > maxLength ? `${value.slice(0, maxLength)}…` : value;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The entries of a map from text to text; others are left out. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(objectOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
