import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COUNTER_BUFFER_BYTES, CounterCell, TextCell } from '../../agent/parse/counter.ts';

/** What a held file of this content hands over: at most the buffer's size. */
function read(cell: CounterCell | TextCell, content: string): string | undefined {
  const buffer = Buffer.alloc(COUNTER_BUFFER_BYTES);
  return cell.update(buffer, buffer.write(content, 'latin1'));
}

test.each([
  ['0\n', 0n],
  ['18204\n', 18_204n],
  ['18204', 18_204n],
  ['007 \n', 7n],
  ['999999999999999\n', 999_999_999_999_999n],
  ['1000000000000000\n', 1_000_000_000_000_000n],
  ['9007199254740993\n', 9_007_199_254_740_993n],
  ['18446744073709551615\n', 18_446_744_073_709_551_615n],
])('%j is a counter', (content, value) => {
  const cell = new CounterCell();
  expect(read(cell, content)).toBeUndefined();
  expect(cell.value).toBe(value);
});

test.each([
  ['', 'EMPTY'],
  ['\n', 'EMPTY'],
  ['N/A (no PMA)\n', 'N/A (no PMA)'],
  ['garbage\n', 'not a number: "garbage"'],
  ['-1\n', 'not a number: "-1"'],
  ['0x1f\n', 'not a number: "0x1f"'],
  ['12 13\n', 'not a number: "12 13"'],
  ['1\u{1b}[2J\n', 'not a number: "1?[2J"'],
  ['18446744073709551616\n', 'not a number: "1844674407370955…"'],
  ['123456789012345678901\n', 'not a number: "1234567890123456…"'],
  ['g'.repeat(1 << 20), 'not a number: "gggggggggggggggg…"'],
  ['1'.repeat(1 << 20), 'not a number: "1111111111111111…"'],
])('%.30j is none', (content, why) => {
  expect(read(new CounterCell(), content)).toBe(why);
});

test('a value that stands still is told from one that moved', () => {
  const cell = new CounterCell();
  read(cell, '0\n');
  expect(cell.changed).toBe(true);
  cell.changed = false;
  read(cell, '0\n');
  expect(cell.changed).toBe(false);
  read(cell, '1\n');
  expect(cell.changed).toBe(true);
});

test('garbage between two looks leaves the last value as it was', () => {
  const cell = new CounterCell();
  read(cell, '5\n');
  read(cell, '');
  expect(cell.value).toBe(5n);
  read(cell, '6\n');
  expect(cell.value).toBe(6n);
});

test('every 64-bit number is read exactly, whatever stood there before', () => {
  const cell = new CounterCell();
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
      expect(read(cell, `${value}\n`)).toBeUndefined();
      expect(cell.value).toBe(value);
    }),
  );
});

test('a line of text is trimmed, kept printable, and told when it changes', () => {
  const cell = new TextCell();
  expect(read(cell, '4: ACTIVE\n')).toBeUndefined();
  expect([cell.value, cell.changed]).toEqual(['4: ACTIVE', true]);
  cell.changed = false;
  read(cell, '4: ACTIVE\n');
  expect(cell.changed).toBe(false);
  read(cell, '1: DO\u{7}WN\n');
  expect([cell.value, cell.changed]).toEqual(['1: DO?WN', true]);
  expect(read(cell, '')).toBe('EMPTY');
});
