import { expect, test } from 'vitest';
import { pciClass, pciId, pciKind } from '../../agent/parse/pci.ts';
import { baseName, firstLine, pciAddress, ueventField, wholeNumber } from '../../agent/parse/sysfs.ts';

const UEVENT = 'DRIVER=efa\nPCI_CLASS=20000\nPCI_ID=1D0F:EFA1\nPCI_SLOT_NAME=0000:4f:00.0\nMODALIAS=pci:v00001D0F\n';

test('a field of a uevent file', () => {
  expect(ueventField(UEVENT, 'PCI_SLOT_NAME')).toBe('0000:4f:00.0');
  expect(ueventField(UEVENT, 'DRIVER')).toBe('efa');
  expect(ueventField(UEVENT, 'SLOT_NAME')).toBeUndefined();
  expect(ueventField('DRIVER=\n', 'DRIVER')).toBeUndefined();
  expect(ueventField(undefined, 'DRIVER')).toBeUndefined();
});

test('the first line of a file', () => {
  expect(firstLine('3.1.0g\n')).toBe('3.1.0g');
  expect(firstLine('\n')).toBeUndefined();
  expect(firstLine('')).toBeUndefined();
  expect(firstLine('x'.repeat(5000))).toBe('x'.repeat(200));
});

test('where a link ends', () => {
  expect(baseName('../../../0000:4f:00.0')).toBe('0000:4f:00.0');
  expect(baseName('efa/')).toBe('efa');
  expect(baseName('')).toBeUndefined();
});

test('a PCI address, and what is none', () => {
  expect(pciAddress('0000:4f:00.0')).toBe('0000:4f:00.0');
  expect(pciAddress('10000:01:1f.7')).toBe('10000:01:1f.7');
  expect(pciAddress('virtio0')).toBeUndefined();
  expect(pciAddress('0000:4f:00.8')).toBeUndefined();
});

test('a whole number, and what is none', () => {
  expect(wholeNumber('-1\n')).toBe(-1);
  expect(wholeNumber('12\n')).toBe(12);
  expect(wholeNumber('1.5\n')).toBeUndefined();
  expect(wholeNumber('\n')).toBeUndefined();
});

test('PCI numbers', () => {
  expect(pciId('0x1d0f\n')).toBe('0x1d0f');
  expect(pciId('0xEFA1\n')).toBe('0xefa1');
  expect(pciId('1d0f\n')).toBeUndefined();
  expect(pciId('0x1d0f0\n')).toBeUndefined();
  expect(pciClass('0x030200\n')).toBe('0x030200');
  expect(pciClass('garbage\n')).toBeUndefined();
});

test('which functions concern us', () => {
  expect(pciKind('0x1d0f', '0xefa0')).toBe('efa');
  expect(pciKind('0x1d0f', '0xefa9')).toBe('efa');
  expect(pciKind('0x1d0f', '0xec20')).toBeUndefined();
  expect(pciKind('0x10de', '0x2330')).toBe('nvidia');
  expect(pciKind('0x15b3', '0xefa0')).toBeUndefined();
  expect(pciKind(undefined, undefined)).toBeUndefined();
});
