/** One IPv4 route of /proc/net/route; addresses as unsigned numbers, most significant part first. */
export interface Route {
  readonly interface: string;
  readonly destination: number;
  readonly mask: number;
  readonly isUp: boolean;
  readonly hasGateway: boolean;
  readonly metric: number;
}

const UP = 0x1; // RTF_UP, include/uapi/linux/route.h
const GATEWAY = 0x2;

/** The main table; lines that do not read as a route are left out. */
export function parseRoutes(text: string): readonly Route[] {
  return text.split('\n').flatMap((line) => {
    const [name, destination, , flags, , , metric, mask] = line.trim().split(/\s+/);
    const bits = Number.parseInt(flags ?? '', 16);
    const to = hexAddress(destination);
    const over = hexAddress(mask);
    if (!name || to === undefined || over === undefined || Number.isNaN(bits)) return [];
    const route = { interface: name, destination: to, mask: over, metric: Number(metric) || 0 };
    return [{ ...route, isUp: (bits & UP) !== 0, hasGateway: (bits & GATEWAY) !== 0 }];
  });
}

/** Addresses that /proc/net/fib_trie calls `/32 host LOCAL`, each once, in the file's order. Loopback is left out. */
export function parseLocalAddresses(text: string): readonly string[] {
  const found = new Set<string>();
  let address = '';
  for (const line of text.split('\n')) {
    address = /^\s*\|-- (\d+\.\d+\.\d+\.\d+)\s*$/.exec(line)?.[1] ?? address;
    if (/^\s*\/32 host LOCAL\s*$/.test(line) && address !== '' && !address.startsWith('127.')) found.add(address);
  }
  return [...found];
}

/** An address in four decimal parts as an unsigned number. */
export function addressNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** In the kernel's byte order, which is little-endian on x86-64 and arm64: `010200C0` is 192.0.2.1. */
function hexAddress(hex: string | undefined): number | undefined {
  if (!/^[0-9A-F]{8}$/i.test(hex ?? '')) return undefined;
  return Buffer.from(hex ?? '', 'hex').readUInt32LE();
}
