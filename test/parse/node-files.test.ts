import { describe, expect, test } from 'vitest';
import { parseMaxLockedMemory } from '../../agent/parse/limits.ts';
import { parseMeminfo, parseUptime } from '../../agent/parse/meminfo.ts';
import { parseMounts } from '../../agent/parse/mounts.ts';

describe('parseMaxLockedMemory', () => {
  const limits = (locked: string): string =>
    `Limit                     Soft Limit           Hard Limit           Units     \nMax processes             96365                96365                processes \n${locked}\nMax address space         unlimited            unlimited            bytes     \n`;
  test.each([
    ['Max locked memory         8388608              unlimited            bytes     ', 8_388_608],
    ['Max locked memory         unlimited            unlimited            bytes     ', Infinity],
    ['Max locked memory         garbage              8388608              bytes     ', undefined],
    ['Max address space         5                    5                    bytes     ', undefined],
  ])('%s', (line, expected) => {
    expect(parseMaxLockedMemory(limits(line))).toBe(expected);
  });
});

test('parseMeminfo: kB are bytes, counts stay counts, other lines are left out', () => {
  expect([...parseMeminfo('MemTotal:       16307724 kB\nHugePages_Total:    5128\nDirectMap4k:  garbage\n\n')]).toEqual([
    ['MemTotal', 16_699_109_376],
    ['HugePages_Total', 5128],
  ]);
});

test.each([
  ['14.55 12.00\n', 14.55],
  ['100\n', 100],
  ['garbage', undefined],
  ['-1 2', undefined],
  ['1e9 2', undefined],
  ['', undefined],
  [undefined, undefined],
])('parseUptime(%j)', (text, expected) => {
  expect(parseUptime(text)).toBe(expected);
});

test('parseMounts: octal escapes, and half a line is none', () => {
  expect(
    parseMounts(
      String.raw`10.0.1.2@tcp:/fsx /shared lustre rw,flock 0 0
/dev/nvme1n1 /mnt/with\040space\134end xfs rw 0 0
half
`,
    ),
  ).toEqual([
    { path: '/shared', type: 'lustre' },
    { path: String.raw`/mnt/with space\end`, type: 'xfs' },
  ]);
});
