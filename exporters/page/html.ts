import { visible } from '../escape.ts';

/** Markup that is safe to send: made only by the tag below. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markup | readonly Markup[] | undefined;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A template whose values are escaped unless they are markup themselves, so that forgetting it is not possible. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const text = parts.map((part, index) => part + (index < values.length ? markupOf(values[index]) : '')).join('');
  return new Markup(text);
}

function markupOf(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map((one) => one.text).join('');
  return visible(String(value)).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
