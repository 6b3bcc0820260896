import { array, assert, bigInt, property } from 'fast-check';
import { expect, test } from 'vitest';
import { CounterLines, overwriteDigits } from '../../../exporters/prometheus/counter-lines.ts';

const HEAD = '# HELP sent Sent – all of it.\n# TYPE sent counter\n';
const series = [
  { prefix: 'sent{device="a"} ', scale: 1n },
  { prefix: 'sent{device="b"} ', scale: 4n },
];

test('values that move, grow longer and shorter, and stand', () => {
  const lines = new CounterLines('sent', HEAD, series);
  const textAt = (values: readonly bigint[]): string => Buffer.from(lines.family(values).text).toString().slice(HEAD.length);
  expect(textAt([0n, 0n])).toBe('sent{device="a"} 0\nsent{device="b"} 0\n');
  expect(textAt([9n, 2n])).toBe('sent{device="a"} 9\nsent{device="b"} 8\n');
  expect(textAt([10n, 2n])).toBe('sent{device="a"} 10\nsent{device="b"} 8\n');
  expect(textAt([10n, 25n])).toBe('sent{device="a"} 10\nsent{device="b"} 100\n');
  expect(textAt([7n, 24n])).toBe('sent{device="a"} 7\nsent{device="b"} 96\n');
  expect(textAt([7n, 24n])).toBe('sent{device="a"} 7\nsent{device="b"} 96\n');
  expect(textAt([18446744073709551615n, 18446744073709551615n])).toBe(
    'sent{device="a"} 18446744073709551615\nsent{device="b"} 73786976294838206460\n',
  );
});

test('whatever the values, the bytes are those of a text made anew', () => {
  const value = bigInt({ min: 0n, max: (1n << 64n) - 1n });
  const near = bigInt({ min: (1n << 53n) - 3n, max: (1n << 53n) + 3n });
  assert(
    property(array(array(value, { minLength: 2, maxLength: 2 }), { maxLength: 5 }), array(near, { minLength: 2, maxLength: 2 }), (looks, last) => {
      const lines = new CounterLines('sent', HEAD, series);
      for (const [a = 0n, b = 0n] of [...looks, last]) {
        expect(Buffer.from(lines.family([a, b]).text).toString()).toBe(`${HEAD}sent{device="a"} ${a}\nsent{device="b"} ${b * 4n}\n`);
      }
    }),
  );
});

test('a number of another length is refused', () => {
  const bytes = Buffer.from('x12345y');
  expect(overwriteDigits(bytes, 1, 6, 1234n)).toBe(false);
  expect(overwriteDigits(bytes, 1, 6, 123456n)).toBe(false);
  expect(overwriteDigits(bytes, 1, 6, 18446744073709551615n)).toBe(false);
  expect(overwriteDigits(bytes, 1, 6, 54321n)).toBe(true);
  expect(bytes.toString()).toBe('x54321y');
});
