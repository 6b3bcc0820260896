import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseFieldHelp, refusedField, selectFields, WANTED_FIELDS } from '../../agent/parse/smi-fields.ts';

const captures = join(import.meta.dirname, '../fake-nvidia-smi/captures');
const helpOf = (name: string): readonly string[] => readFileSync(join(captures, name, 'fields.txt'), 'utf8').split('\n');

describe('--help-query-gpu', () => {
  test('names stand in quotes on lines of their own, aliases behind them; quotes in prose are no names', () => {
    const help = [
      'List of valid properties to query for the switch "--query-gpu":',
      '',
      '"clocks_event_reasons.active" or "clocks_throttle_reasons.active"',
      'Bitmask of active clock event reasons. See "clocks_event_reasons.supported" for more.',
      '"index"\r',
    ];
    expect([...parseFieldHelp(help)]).toEqual(['clocks_event_reasons.active', 'clocks_throttle_reasons.active', 'index']);
  });

  test.each(['h200-580', 'h200-mig-590'])('%s: every wanted field is there', (name) => {
    const fields = selectFields(parseFieldHelp(helpOf(name)), new Set());
    expect(fields.map(({ key }) => key)).toEqual(WANTED_FIELDS.map(([key]) => key));
    expect(fields.every(({ key, query }) => key === query)).toBe(true);
  });
});

describe('fields to ask for', () => {
  test('are those the driver has, by the name it has for them', () => {
    const known = new Set(['index', 'uuid', 'clocks_throttle_reasons.active', 'clocks.sm', 'something.else']);
    expect(selectFields(known, new Set())).toEqual([
      { key: 'index', query: 'index' },
      { key: 'uuid', query: 'uuid' },
      { key: 'clocks.current.sm', query: 'clocks.sm' },
      { key: 'clocks_event_reasons.active', query: 'clocks_throttle_reasons.active' },
    ]);
  });

  test('without a help every field is asked for, and what is refused by its older names', () => {
    const refused = new Set(['clocks_event_reasons.active', 'fabric.state']);
    const fields = selectFields(undefined, refused);
    expect(fields).toHaveLength(WANTED_FIELDS.length - 1);
    expect(fields).toContainEqual({ key: 'clocks_event_reasons.active', query: 'clocks_throttle_reasons.active' });
  });

  test('the histogram of remapped rows is not among them', () => {
    expect(WANTED_FIELDS.flat().filter((name) => name.includes('histogram'))).toEqual([]);
  });
});

test('the refused field is named', () => {
  expect(refusedField(['', 'Field "not.a.field" is not a valid field to query.'])).toBe('not.a.field');
  expect(refusedField(['No devices were found'])).toBeUndefined();
});
