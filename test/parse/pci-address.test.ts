import { expect, test } from 'vitest';
import { sysfsPciAddress } from '../../agent/parse/pci-address.ts';

test.each([
  ['0000:3b:00', '0000:3b:00.0'],
  ['PCI:0000:3B:00', '0000:3b:00.0'],
  ['00000000:3B:00.0', '0000:3b:00.0'],
  ['0000:3b:00.0', '0000:3b:00.0'],
  ['3b:00', '0000:3b:00.0'],
  ['3B:00.1', '0000:3b:00.1'],
  [' 00010000:3B:00.0\n', '10000:3b:00.0'],
])('%j is %s in sysfs', (text, address) => {
  expect(sysfsPciAddress(text)).toBe(address);
});

test.each(['', '3b', '0000:3b', 'gggg:3b:00', '0000:3b:00.8', '0000:3b:00.00', '000:3b:00', '[N/A]'])('%j is none', (text) => {
  expect(sysfsPciAddress(text)).toBeUndefined();
});
