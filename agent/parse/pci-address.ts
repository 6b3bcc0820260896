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
