/**
 * Whether an entry of a quantisation's list of modules means the module of this name: `re:` and a regular expression
 * (compressed-tensors), a path with `*` (gpt-oss, modelopt), or whole parts of the path (`lm_head`, `self_attn`,
 * `model.layers.3.mlp`).
 */
export function isNamed(module: string, entry: string): boolean {
  if (entry.startsWith('re:')) return expression(entry.slice(3))?.test(module) ?? false;
  if (!entry.includes('*')) return `.${module}.`.includes(`.${entry}.`);
  const pattern = entry.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return expression(`(^|\\.)${pattern.join('.*')}(\\.|$)`)?.test(module) ?? false;
}

/** Undefined for one that is none: what it means is not known, so it excepts nothing. */
function expression(source: string): RegExp | undefined {
  try {
    return new RegExp(source);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
