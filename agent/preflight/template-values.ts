import type { YamlValue } from '../model.ts';

/** As the parser writes a key that is a map itself: `{".Name":null}`. */
const KEY = /^\{\s*"?[.$\w][^]*\}$/;

/**
 * Whether a value is `{{.Name}}` without quotes: to YAML a map whose key is a map, which no Kubernetes object holds. Tools
 * other than Helm write such templates too, and their text may be YAML all the same.
 */
export function holdsTemplate(value: YamlValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return (value as readonly YamlValue[]).some(holdsTemplate);
  return Object.entries(value).some(([key, item]) => (item === null && KEY.test(key)) || holdsTemplate(item));
}
