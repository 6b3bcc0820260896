import type { Gpu, SmiValue } from '../model.ts';
import { sysfsPciAddress } from './pci-address.ts';
import type { SmiField } from './smi-fields.ts';

/** Text even where it looks like a number: a driver version `570.124`, a serial. */
const TEXT_FIELDS = new Set(['name', 'uuid', 'pci.bus_id', 'driver_version']);
/** Tokens that are also printed without brackets (`temperature.memory`, `fabric.*`; the table view's `ERR!`). */
const BARE_TOKENS = new Set(['N/A', 'ERR!', 'Not Supported', 'Unknown Error', 'GPU is lost', 'GPU requires reset', 'Insufficient Permissions']);

/** A row of `--format=csv,noheader,nounits`. What is not a row is a message to people and undefined here. */
export function isSmiRow(line: string): boolean {
  return /^\s*(?:\d+|N\/A|\[[^\]]*\])\s*,/.test(line);
}

/** Values by key. Throws when the row has not as many columns as were asked for: its values could not be told apart. */
export function parseSmiRow(line: string, fields: readonly SmiField[]): Readonly<Record<string, SmiValue>> {
  const cells = line.split(',');
  if (cells.length !== fields.length) {
    throw new Error(`cannot parse nvidia-smi --query-gpu: got ${cells.length} columns (${head(line)}), expected ${fields.length}`);
  }
  return Object.fromEntries(fields.map(({ key }, at) => [key, smiValue(key, (cells[at] ?? '').trim())]));
}

export function smiValue(key: string, text: string): SmiValue {
  if (text === '') return { kind: 'unknown', reason: '(empty)' };
  if (BARE_TOKENS.has(text) || /^\[.*\]$/.test(text)) return { kind: 'unknown', reason: text };
  if (!TEXT_FIELDS.has(key) && /^-?\d+(?:\.\d+)?$/.test(text)) return { kind: 'number', value: Number(text) };
  return { kind: 'text', value: text };
}

/** `knownUuid` names a GPU that is too far gone to say its own, by its PCI address. Undefined for a row that names none. */
export function gpuOf(fields: Gpu['fields'], knownUuid: (pciAddress: string) => string | undefined): Gpu | undefined {
  const index = numberOf(fields.index);
  const pciAddress = sysfsPciAddress(textOf(fields['pci.bus_id']) ?? '');
  const uuid = textOf(fields.uuid) ?? (pciAddress && knownUuid(pciAddress)) ?? pciAddress;
  if (index === undefined || uuid === undefined) return undefined;
  const busy = numberOf(fields['utilization.gpu']);
  return { index, uuid, pciAddress, name: textOf(fields.name), busyRatio: busy === undefined ? undefined : busy / 100, fields };
}

export function textOf(value: SmiValue | undefined): string | undefined {
  return value?.kind === 'text' ? value.value : undefined;
}

function numberOf(value: SmiValue | undefined): number | undefined {
  return value?.kind === 'number' ? value.value : undefined;
}

function head(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line);
}
