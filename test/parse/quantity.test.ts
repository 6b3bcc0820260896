import { expect, test } from 'vitest';
import { parseQuantity } from '../../agent/parse/quantity.ts';

test('binary, decimal and exponent', () => {
  expect(['128Gi', '1.5Gi', '500m', '1e3', '2k', 8, '8', '.5', '1E'].map(parseQuantity)).toEqual([137438953472, 1610612736, 0.5, 1000, 2000, 8, 8, 0.5, 1e18]);
});

test('nothing else', () => {
  expect(['', 'Gi', '1 Gi', '1GiB', '$N', null, true, Infinity, '1e'].map(parseQuantity)).toEqual(Array(9).fill(undefined));
});
