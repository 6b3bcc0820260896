import type { Card } from './cards.ts';
import { memoryCelsius } from './query-text.ts';
import type { Load } from './work.ts';

/** Columns and widths of driver 580 (test/fake-nvidia-smi/captures/h200-580/dmon.txt). */
const COLUMNS: readonly (readonly [name: string, unit: string])[] = [
  ['pwr', 'W'],
  ['gtemp', 'C'],
  ['mtemp', 'C'],
  ['sm', '%'],
  ['mem', '%'],
  ['enc', '%'],
  ['dec', '%'],
  ['jpg', '%'],
  ['ofa', '%'],
  ['mclk', 'MHz'],
  ['pclk', 'MHz'],
  ['pviol', '%'],
  ['tviol', 'bool'],
  ['fb', 'MB'],
  ['bar1', 'MB'],
  ['ccpm', 'MB'],
  ['sbecc', 'errs'],
  ['dbecc', 'errs'],
  ['pci', 'errs'],
  ['rxpci', 'MB/s'],
  ['txpci', 'MB/s'],
];

export function dmonText(card: Card, samples: readonly (readonly Load[])[]): string {
  const head = line('# gpu', COLUMNS.map(([name]) => name)) + line('# Idx', COLUMNS.map(([, unit]) => unit));
  const rows = samples.flatMap((loads) =>
    loads.map((load, gpu) => {
      const values = valuesOf(card, load);
      return line(gpu.toString(), COLUMNS.map(([name]) => (values[name] ?? 0).toString()));
    }),
  );
  return head + rows.join('');
}

function line(first: string, cells: readonly string[]): string {
  return `${[first, ...cells].map((cell) => cell.padStart(5)).join('  ')} \n`;
}

function valuesOf(card: Card, load: Load): Record<string, number> {
  return {
    pwr: Math.round(load.watts),
    gtemp: load.celsius,
    mtemp: memoryCelsius(load),
    sm: load.smPercent,
    mem: load.memoryPercent,
    mclk: card.memoryMegahertz,
    pclk: load.smMegahertz,
    fb: load.usedMiB,
    bar1: 9,
    rxpci: load.receivedMegabytes,
    txpci: load.sentMegabytes,
  };
}
