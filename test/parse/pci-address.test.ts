import { expect, test } from 'vitest';
import { pciAddressIn, sysfsPciAddress } from '../../agent/parse/pci-address.ts';

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

test.each([
  ['0000:4f:00.0', '0000:4f:00.0'],
  ['00000000:4F:00.0', '0000:4f:00.0'],
  ['pci-0000-4f-00-0', '0000:4f:00.0'],
  ['pci-10000-4f-00-0', '10000:4f:00.0'],
  ['k8s.dra.net/device=pci-0000-4f-00-1', '0000:4f:00.1'],
  ['rdmap79s0', undefined],
  ['0000:4f:00.9', undefined],
  ['pci-0000-4f-00-00', undefined],
  ['GPU-00000000-1111-2222-3333-444444444444', undefined],
])('in %s stands %s', (identifier, address) => {
  expect(pciAddressIn(identifier)).toBe(address);
});
