import type { PciFunction } from '../model.ts';
import { firstLine } from './sysfs.ts';

const AMAZON = '0x1d0f';
const NVIDIA = '0x10de';

/** `0x1d0f` from a `vendor` or `device` file; undefined where it holds anything else. */
export function pciId(text: string | undefined): string | undefined {
  return hexadecimal(text, 4);
}

/** `0x030200` from a `class` file. */
export function pciClass(text: string | undefined): string | undefined {
  return hexadecimal(text, 6);
}

/** The families railmedic knows: efa0 to efa3 so far, and whatever efa4 will be; every NVIDIA function. */
export function pciKind(vendor: string | undefined, device: string | undefined): 'efa' | 'nvidia' | undefined {
  if (vendor === NVIDIA) return 'nvidia';
  return vendor === AMAZON && device?.startsWith('0xefa') === true ? 'efa' : undefined;
}

/** Display controllers (class 03); not the audio function of a graphics card, not an NVSwitch (class 0680). */
export function isGpuFunction({ kind, class: pciClass }: PciFunction): boolean {
  return kind === 'nvidia' && (pciClass === '' || pciClass.startsWith('0x03'));
}

function hexadecimal(text: string | undefined, digits: number): string | undefined {
  const line = firstLine(text)?.toLowerCase();
  return line !== undefined && line.length === digits + 2 && /^0x[0-9a-f]+$/.test(line) ? line : undefined;
}
