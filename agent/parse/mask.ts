import ipaddr from 'ipaddr.js';

/** One kind of identifier and how many different ones were replaced. */
export interface Masked {
  readonly what: string;
  readonly count: number;
}

export interface Mask {
  /** The text with every identifier replaced by a placeholder of the same shape; equal ones by equal ones. */
  text(value: string): string;
  /** The same for a command line or a program's output, where secrets are also told by the name before them. */
  commandLine(value: string): string;
  /** A whole host name, however short. */
  hostname(value: string): string;
  counts(): readonly Masked[];
}

const HEX = '[0-9a-f]';
const AROUND_HEX = { before: '(?<![0-9a-fA-F:])', after: '(?![0-9a-fA-F:])' };

/**
 * One expression, so that a text is gone through once and no placeholder is masked again. The first alternative that fits
 * at a place wins: longer shapes stand before those they contain.
 */
const IDENTIFIER = new RegExp(
  [
    `(?<uuid>(?:(?<=\\bpod|-pod)|(?<![0-9a-zA-Z]))(?:MIG-GPU-|MIG-|GPU-)?${HEX}{8}([-_])${HEX}{4}(?:\\2${HEX}{4}){2}\\2${HEX}{12}(?![0-9a-zA-Z]))`,
    `(?<resource>(?<![0-9a-z-])(?:i|eni|subnet|vpc|sg|vol|ami|fs|lt|rtb|igw|cr|pg)-(?:${HEX}{17}|${HEX}{8})(?![0-9a-z-]))`,
    `(?<gid>${AROUND_HEX.before}${HEX}{4}(?::${HEX}{4}){7}${AROUND_HEX.after})`,
    `(?<guid>${AROUND_HEX.before}${HEX}{4}(?::${HEX}{4}){3}${AROUND_HEX.after})`,
    `(?<ipoib>${AROUND_HEX.before}${HEX}{2}(?::${HEX}{2}){19}${AROUND_HEX.after})`,
    `(?<mac>${AROUND_HEX.before}${HEX}{2}(?::${HEX}{2}){5}${AROUND_HEX.after})`,
    `(?<=\\benx)(?<bareMac>${HEX}{12})(?!${HEX})`,
    '(?<=arn:[^:\\s]*:[^:\\s]*:[^:\\s]*:|\\bowner-?id["\\s:=/]{1,4}|"ownerId"\\s*:\\s*")(?<account>\\d{12})(?!\\d)',
    '(?<registry>(?<!\\d)\\d{12}(?=\\.dkr\\.ecr\\.))',
    '(?<=\\bserial(?:[ _-]?(?:number|no))?["\\s]*[:=]["\\s]*)(?<serial>[0-9A-Z]{6,})',
    '(?<dashedIp>(?<=\\b(?:ip|ec2)-)\\d{1,3}(?:-\\d{1,3}){3}(?![\\d-]))',
    '(?<ip>(?<![\\d.])\\d{1,3}(?:\\.\\d{1,3}){3}(?![\\d.]*\\d))',
    // Shapes of AWS access keys, Hugging Face, GitHub and JSON web tokens.
    '(?<secret>\\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|hf_[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{36}|eyJ[\\w-]{10,}\\.[\\w-]{10,}\\.[\\w-]*))',
  ].join('|'),
  'gi',
);

const NAMED_SECRET = /([a-z0-9_-]*(?:token|secret|passw(?:or)?d|api[-_]?key|access[-_]?key|credential)[a-z0-9_-]*(?:=|: ?|[ \0](?!-)))([^\s\0"']+)/gi;

const KINDS: Readonly<Record<string, string>> = {
  uuid: 'UUIDs',
  resource: 'AWS resource ids',
  guid: 'GUIDs',
  mac: 'MAC addresses',
  account: 'AWS account ids',
  serial: 'serial numbers',
  ip: 'public IPv4 addresses',
  secret: 'secrets',
  hostname: 'host names',
};

/** Placeholders are numbered in the order in which identifiers are first met, for one capture. */
export function createMask(hostnames: readonly string[] = []): Mask {
  const numbers = new Map<string, Map<string, number>>();
  const number = (kind: string, key: string): number => {
    const known = numbers.get(kind) ?? new Map<string, number>();
    numbers.set(kind, known);
    const found = known.get(key) ?? known.size + 1;
    known.set(key, found);
    return found;
  };
  const hosts = hostnamePattern(hostnames);
  const name = (host: string): string => `masked-host-${number('hostname', host.toLowerCase().split('.')[0] ?? '')}`;
  const identifiers = (value: string): string =>
    value.replace(IDENTIFIER, (match, ...rest: unknown[]) => {
      const groups = rest.at(-1) as Record<string, string | undefined>;
      const [kind] = Object.entries(groups).find(([, text]) => text !== undefined) ?? [];
      return placeholder(kind ?? '', match, number);
    });
  // Host names are cut out before the rest is masked, and put back after: `ip-54-1-2-3` is one identifier, not two.
  const text = (value: string): string =>
    hosts === undefined ? identifiers(value) : value.split(hosts).map((part, at) => (at % 2 ? name(part) : identifiers(part))).join('');
  return {
    text,
    commandLine: (value) => text(value.replace(NAMED_SECRET, (_, before: string, secret: string) => before + hidden(secret, number))),
    hostname: name,
    counts: () =>
      Object.entries(KINDS).flatMap(([kind, what]) => {
        const count = [...numbers].filter(([name]) => name.split(' ')[0] === kind).reduce((sum, [, known]) => sum + known.size, 0);
        return count > 0 ? [{ what, count }] : [];
      }),
  };
}

type Numbering = (kind: string, key: string) => number;

function placeholder(kind: string, match: string, number: Numbering): string {
  switch (kind) {
    case 'uuid':
      return maskUuid(match, number);
    case 'resource': {
      const [prefix = '', digits = ''] = match.split('-');
      return `${prefix}-${padded(number(`resource ${prefix}`, match), digits.length)}`;
    }
    case 'gid':
      return maskGid(match, number);
    case 'guid':
      return maskGuid(match, number);
    case 'ipoib':
      return maskIpoib(match, number);
    case 'mac':
      return maskMac(match, number);
    case 'bareMac':
      return maskMac(match.replace(/..(?!$)/g, '$&:'), number).replaceAll(':', '');
    case 'account':
    case 'registry':
      return number('account', match).toString().padStart(match.length, '0');
    case 'serial':
      return number('serial', match).toString().padStart(match.length, '0');
    case 'dashedIp':
      return maskIp(match.replaceAll('-', '.'), number).replaceAll('.', '-');
    case 'ip':
      return maskIp(match, number);
    default:
      return hidden(match, number);
  }
}

function hidden(secret: string, number: Numbering): string {
  number('secret', secret);
  return 'x'.repeat(secret.length);
}

function padded(value: number, length: number): string {
  return value.toString(16).padStart(length, '0');
}

/** The same identifier with `-` or `_` (systemd's cgroup names) is the same. */
function maskUuid(match: string, number: Numbering): string {
  const prefix = /^(?:MIG-GPU-|MIG-|GPU-)?/i.exec(match)?.[0] ?? '';
  const plain = match.slice(prefix.length).toLowerCase().replaceAll('_', '-');
  const separator = match.includes('_') ? '_' : '-';
  return prefix + `00000000-0000-0000-0000-${padded(number('uuid', plain), 12)}`.replaceAll('-', separator);
}

function maskMac(match: string, number: Numbering): string {
  const mac = match.toLowerCase();
  if (/^(?:00:){5}00$|^(?:ff:){5}ff$/.test(mac)) return match;
  // The first octet of a locally administered address, as EC2 gives them.
  return `02:${(padded(number('mac', mac), 10).match(/../g) ?? []).join(':')}`;
}

/** A GUID made from a MAC (EUI-64: `ff:fe` in the middle, one bit of the first octet turned) still leads to the masked MAC. */
function maskGuid(match: string, number: Numbering): string {
  const digits = match.toLowerCase().replaceAll(':', '');
  if (/^0+$/.test(digits)) return match;
  if (digits.slice(6, 10) !== 'fffe') return inFours(padded(number('guid', digits), 16));
  const mac = turned(digits.slice(0, 2)) + digits.slice(2, 6) + digits.slice(10);
  const masked = maskMac(mac.replace(/..(?!$)/g, '$&:'), number).replaceAll(':', '');
  return inFours(`${turned(masked.slice(0, 2))}${masked.slice(2, 6)}fffe${masked.slice(6)}`);
}

function turned(octet: string): string {
  return padded(Number.parseInt(octet, 16) ^ 2, 2);
}

/** The prefix names the subnet, not the machine. A RoCE v2 GID holds an IPv4 address behind `::ffff`. */
function maskGid(match: string, number: Numbering): string {
  const prefix = match.slice(0, 20);
  const rest = match.slice(20);
  if (!/^(?:0000:){4}$/.test(prefix) || !rest.toLowerCase().startsWith('0000:ffff:')) return prefix + maskGuid(rest, number);
  const octets = rest.slice(10).replace(':', '').match(/../g) ?? [];
  const ip = maskIp(octets.map((octet) => Number.parseInt(octet, 16)).join('.'), number);
  return prefix + rest.slice(0, 10) + inFours(ip.split('.').map((octet) => padded(Number(octet), 2)).join(''));
}

/** The hardware address of an IP-over-InfiniBand interface: four octets, then the port's GID. */
function maskIpoib(match: string, number: Numbering): string {
  const guid = inFours(match.slice(36).replaceAll(':', ''));
  const masked = maskGuid(guid, number).replaceAll(':', '');
  return match.slice(0, 36) + (masked.match(/../g) ?? []).join(':');
}

function inFours(digits: string): string {
  return (digits.match(/.{4}/g) ?? []).join(':');
}

/** The documentation networks of RFC 5737, then the benchmark network of RFC 2544. */
const DOCUMENTATION = ['203.0.113', '198.51.100', '192.0.2'];

function maskIp(match: string, number: Numbering): string {
  if (!ipaddr.IPv4.isValidFourPartDecimal(match) || DOCUMENTATION.some((network) => match.startsWith(`${network}.`))) return match;
  // Private, carrier-grade (100.64/10), link-local and the like say how the network is built and point at nobody.
  if (ipaddr.IPv4.parse(match).range() !== 'unicast') return match;
  const index = number('ip', match) - 1;
  const network = DOCUMENTATION[Math.floor(index / 254)];
  if (network !== undefined) return `${network}.${(index % 254) + 1}`;
  return `198.${18 + (Math.floor(index / 65_536) % 2)}.${Math.floor(index / 256) % 256}.${index % 256}`;
}

/** Longest first; short and common ones are left, as they would be found everywhere. */
function hostnamePattern(hostnames: readonly string[]): RegExp | undefined {
  const names = hostnames
    .flatMap((host) => [host, host.split('.')[0] ?? ''])
    .filter((host) => host.length >= 4 && host !== 'localhost')
    .toSorted((a, b) => b.length - a.length);
  if (names.length === 0) return undefined;
  return new RegExp(`(?<![\\w-])(${[...new Set(names)].map((host) => RegExp.escape(host)).join('|')})(?![\\w-])`, 'gi');
}
