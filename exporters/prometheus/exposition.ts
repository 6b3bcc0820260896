import { visible } from '../escape.ts';

/** One metric family as text: HELP, TYPE and its series. */
export interface Family {
  readonly name: string;
  readonly text: string;
}

/** The same as bytes: for a large family of which most stays from look to look. Good until the next report. */
export interface FamilyBytes {
  readonly name: string;
  readonly text: Uint8Array;
}

/** Legal in a metric name and in snake case: `rxVlanErrors` rx_vlan_errors, `RxECNMrkd` rx_ecn_mrkd. */
export function snakeCase(file: string): string {
  const name = file
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .replace(/(_total)+$/, '');
  return name === '' ? 'unnamed' : name;
}

export function labelValue(text: string): string {
  return visible(text).replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`);
}

export type MetricType = 'counter' | 'gauge';

/** HELP and TYPE lines of a family. */
export function familyHead(name: string, type: MetricType, help: string): string {
  return `# HELP ${name} ${visible(help).replaceAll('\\', '\\\\')}\n# TYPE ${name} ${type}\n`;
}

/** A family of series, each by its labels as text (`gpu="0",uuid="…"`); those without a value are left out. */
export function familyOf(
  name: string,
  type: MetricType,
  help: string,
  series: Iterable<readonly [labels: string, value: number | undefined]>,
): Family {
  let text = familyHead(name, type, help);
  for (const [labels, value] of series) if (value !== undefined) text += `${name}{${labels}} ${value}\n`;
  return { name, text };
}

/** Families in the order of their names; those without a series are left out. */
export function exposition(families: readonly (Family | FamilyBytes)[]): Buffer {
  const sorted = families.filter(hasSeries).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const body = Buffer.allocUnsafeSlow(sorted.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0));
  let at = 0;
  for (const { text } of sorted) {
    if (typeof text === 'string') at += body.write(text, at);
    else {
      body.set(text, at);
      at += text.length;
    }
  }
  return body;
}

function hasSeries({ text }: Family | FamilyBytes): boolean {
  return typeof text !== 'string' || !text.startsWith('#', text.lastIndexOf('\n', text.length - 2) + 1);
}
