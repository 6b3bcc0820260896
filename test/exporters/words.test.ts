import { expect, test } from 'vitest';
import { amount, clock, count, duration, secondsBetween } from '../../exporters/words.ts';

test.each([
  [0, '0 s'],
  [-5, '0 s'],
  [9.6, '10 s'],
  [60, '1 min'],
  [250, '4 min 10 s'],
  [3605, '1 h'],
  [3660, '1 h 1 min'],
  [200_000, '2 d 7 h'],
])('%d seconds are %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test.each([
  [0n, '0'],
  [999n, '999'],
  [18_204n, '18 204'],
  [999_999n, '999 999'],
  [1_250_000n, '1.2 M'],
  [18_446_744_073_709_551_615n, '18446744.0 T'],
])('%d is told as %s', (value, words) => {
  expect(amount(value)).toBe(words);
});

test('counts, times and spans', () => {
  expect([count(1, 'port'), count(2, 'port')]).toEqual(['1 port', '2 ports']);
  expect(clock('2026-11-23T20:01:05.123Z')).toBe('2026-11-23T20:01:05Z');
  expect(secondsBetween('2026-11-23T20:01:05Z', '2026-11-23T20:02:00Z')).toBe(55);
  expect(secondsBetween('2026-11-23T20:02:00Z', '2026-11-23T20:01:05Z')).toBe(0);
  expect(secondsBetween('yesterday', '2026-11-23T20:01:05Z')).toBeUndefined();
});
