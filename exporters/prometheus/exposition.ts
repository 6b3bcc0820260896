import { visible } from '../escape.ts';

/** One metric family as text: HELP, TYPE and its series. */
export interface Family {
  readonly name: string;
  readonly text: string;
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

/** HELP and TYPE lines of a counter. */
export function counterHead(name: string, help: string): string {
  return `# HELP ${name} ${visible(help).replaceAll('\\', '\\\\')}\n# TYPE ${name} counter\n`;
}

/** Families in the order of their names; those without a series are left out. */
export function exposition(families: readonly Family[]): string {
  return families
    .filter((family) => !family.text.startsWith('#', family.text.lastIndexOf('\n', family.text.length - 2) + 1))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((family) => family.text)
    .join('');
}
