import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/** A finding as a number, worst highest. One that cannot be judged now may hide anything: above what is only worth knowing. */
export const RANKED = `(railmedic_finding{state="firing", severity="critical"} * 4
  or railmedic_finding{state="firing", severity="warning"} * 3
  or railmedic_finding{state="unknown"} * 2
  or railmedic_finding{state="firing", severity="info"})`;

export const RANKS: ValueMapping[] = valueWords({
  '4': ['critical', 'red'],
  '3': ['warning', 'orange'],
  '2': ['cannot be judged', 'purple'],
  '1': ['info', 'blue'],
});

/** What a number means, and its colour. */
export function valueWords(words: Readonly<Record<string, readonly [text: string, color: string]>>): ValueMapping[] {
  const options = Object.fromEntries(Object.entries(words).map(([value, [text, color]], index) => [value, { text, color, index }]));
  return [{ type: MappingType.ValueToText, options }];
}
