/** `0000:3b:00` (kernel log), `00000000:3B:00.0` (nvidia-smi), `3b:00.0` (lspci), `0000:3b:00.0` (sysfs), with or without `PCI:`. */
const ADDRESS = /^(?:PCI:)?(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})(?:\.([0-7]))?$/i;

/** The address as sysfs spells it, `0000:3b:00.0`; function 0 where none is given. Undefined for anything else. */
export function sysfsPciAddress(text: string): string | undefined {
  const [, domain = '0', bus, slot, fn = '0'] = ADDRESS.exec(text.trim()) ?? [];
  if (bus === undefined || slot === undefined) return undefined;
  // A domain can be wider than 16 bits (Azure, VMD): the kernel prints it with at least four digits.
  const shortest = Number.parseInt(domain, 16).toString(16).padStart(4, '0');
  return `${shortest}:${bus}:${slot}.${fn}`.toLowerCase();
}

/**
 * The address that an identifier holds, as sysfs spells it: as it is (`0000:4f:00.0`) or as a DNS label can (`pci-0000-4f-00-0`,
 * which is how kubernetes-sigs/dranet names a device).
 */
export function pciAddressIn(identifier: string): string | undefined {
  const [, domain, bus, slot, fn] = /(?<![0-9a-f])([0-9a-f]{4,8})[:-]([0-9a-f]{2})[:-]([0-9a-f]{2})[.-]([0-7])(?![0-9a-f])/i.exec(identifier) ?? [];
  return domain === undefined ? undefined : sysfsPciAddress(`${domain}:${bus}:${slot}.${fn}`);
}
