/**
 * A field's type in few letters, so that the schemas of 60 kinds are small: `s` text, `i` integer, `i0..` one of at least 0,
 * `i1..65535` one within, `n` number, `b` boolean, `Q` quantity of 0 or more, `q` any number or text, `*` anything; `[x]` a list, `{x}` a map with free keys, `a|b` one of these texts;
 * anything else names a type. A trailing `!` marks a field that must be there.
 */
export type FieldType = string;
export type TypeFields = Readonly<Record<string, FieldType>>;

export interface Schemas {
  /** Where they come from, version and licence. */
  readonly sources: readonly string[];
  /** `batch/v1 Job` to the name of its type. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, TypeFields>>;
}
