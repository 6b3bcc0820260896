import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DmonReader, type DmonRow } from '../../agent/parse/dmon.ts';

const captures = join(import.meta.dirname, '../fake-nvidia-smi/captures');

function rows(lines: readonly string[]): readonly DmonRow[] {
  const reader = new DmonReader();
  return lines.flatMap((line) => reader.read(line) ?? []);
}

describe('real output', () => {
  test('of an H200 under load, driver 580', () => {
    const read = rows(readFileSync(join(captures, 'h200-580-load/dmon.txt'), 'utf8').split('\n'));
    expect(read).toHaveLength(8);
    expect(read[1]).toEqual({
      index: 0,
      instance: undefined,
      columns: {
        pwr: 691, gtemp: 56, mtemp: 43, sm: 99, mem: 23, enc: 0, dec: 0, jpg: 0, ofa: 0, mclk: 3201, pclk: 1545, pviol: 100, tviol: 0,
        fb: 1011, bar1: 1012, ccpm: 0, sbecc: 0, dbecc: 0, pci: 0, rxpci: 15, txpci: 6,
      },
    });
  });

  test('with MIG has no utilisation', () => {
    const [first] = rows(readFileSync(join(captures, 'h200-mig-590-load/dmon.txt'), 'utf8').split('\n'));
    expect(first).toEqual({ index: 0, instance: undefined, columns: { pwr: 295, gtemp: 37, mtemp: 39, mclk: 3201, pclk: 1980 } });
  });
});

describe('columns are told by the header', () => {
  test('date and time before, as -o DT puts them', () => {
    const lines = ['#Date        Time         gpu    pwr ', '#YYYYMMDD    HH:MM:SS     Idx      W ', ' 20261123    18:06:36       0     76 '];
    expect(rows(lines)).toEqual([{ index: 0, instance: undefined, columns: { pwr: 76 } }]);
  });

  test('as CSV, with units or without', () => {
    expect(rows(['#gpu, pwr, rxpci', '#Idx, W, MB/s', ' 0, 76, -', ' 1, 77, 3'])).toEqual([
      { index: 0, instance: undefined, columns: { pwr: 76 } },
      { index: 1, instance: undefined, columns: { pwr: 77, rxpci: 3 } },
    ]);
  });

  test('in another order after another header', () => {
    const lines = ['# gpu    sm   pwr', '    0     5    76', '# gpu   pwr    sm', '# Idx     W     %', '    0    76     5', '# gpu  temp', '    0    40'];
    expect(rows(lines).map(({ columns }) => columns)).toEqual([{ sm: 5, pwr: 76 }, { pwr: 76, sm: 5 }, { gtemp: 40 }]);
  });

  test('rows of MIG instances are told apart', () => {
    const lines = ['# gpu    gi    ci   sm', '    0     -     -    -', '    0     1     0   40', '    0     2     0   60'];
    expect(rows(lines)).toEqual([
      { index: 0, instance: undefined, columns: {} },
      { index: 0, instance: '1/0', columns: { sm: 40 } },
      { index: 0, instance: '2/0', columns: { sm: 60 } },
    ]);
  });
});

describe('what is no sample', () => {
  test.each(['', 'No devices were found', 'Not supported on the device(s)', '# gpu   pwr', '# Idx     W'])('%j is none', (line) => {
    expect(new DmonReader().read(line)).toBeUndefined();
  });

  test('a row that does not fit its header is an error', () => {
    expect(() => rows(['# gpu   pwr    sm', '    0    76'])).toThrow('cannot parse nvidia-smi dmon: got 2 columns ("    0    76"), expected 3');
  });

  test('a row without a header is an error', () => {
    expect(() => rows(['    0    76'])).toThrow('cannot parse nvidia-smi dmon: got "    0    76" before any header, expected "# gpu …"');
  });

  test('a row without an index is an error', () => {
    expect(() => rows(['# pwr   gpu', '   76     -'])).toThrow('cannot parse nvidia-smi dmon: got GPU "-", expected an index');
  });
});
