const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** `4 min 10 s`: the two largest units, whole seconds. */
export function duration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest %= size;
    if (count > 0 || parts.length > 0) parts.push(count > 0 ? `${count} ${unit}` : '');
    if (parts.length === 2) break;
  }
  return parts.filter((part) => part !== '').join(' ') || '0 s';
}

/** Seconds from one RFC 3339 time to another; undefined when either is not a time. */
export function secondsBetween(from: string, to: string): number | undefined {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** RFC 3339 without the fraction of a second. */
export function clock(time: string): string {
  return time.replace(/\.\d+(?=Z$)/, '');
}

const SCALES = [
  ['T', 1_000_000_000_000n],
  ['G', 1_000_000_000n],
  ['M', 1_000_000n],
] as const;

/** `18 204`, from a million on `1.2 M`: to be read, not to be computed with. */
export function amount(value: bigint): string {
  for (const [letter, size] of SCALES) {
    if (value >= size) return `${(Number(value / (size / 10n)) / 10).toFixed(1)} ${letter}`;
  }
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** `1 port`, `2 ports`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
