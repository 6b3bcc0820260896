import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText, visible } from '../../exporters/escape.ts';
import { HOSTILE, HOSTILE_VISIBLE } from './fixture.ts';

test('what a terminal would act on is written in letters', () => {
  expect(visible(HOSTILE)).toBe(HOSTILE_VISIBLE);
  expect(visible('zero\u200bwidth, tag \u{e0041}, line\u2028end, lone \ud800')).toBe(
    'zero\\u200bwidth, tag \\u{e0041}, line\\u2028end, lone \\ud800',
  );
  expect(visible('häßlich 日本 👍 – “quoted” \\n')).toBe('häßlich 日本 👍 – “quoted” \\n');
});

test('JSON keeps every character and holds none that acts', () => {
  expect(jsonText({ a: HOSTILE })).toBe('{"a":"a\\"b\\\\c\\nd<img src=x>\\u001b[31me\\u009b2J\\u202ef"}');
  assert(
    property(string({ unit: 'binary' }), (text) => {
      expect(JSON.parse(jsonText([text]))).toEqual([text]);
      expect(jsonText([text])).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    }),
  );
});
