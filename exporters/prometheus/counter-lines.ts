import type { FamilyBytes } from './exposition.ts';

/** `name{device="…",port="1"} `, made once. */
export interface Series {
  readonly prefix: string;
  readonly scale: bigint;
}

/**
 * A family whose series stay and whose values move at each look: kept as bytes, in which only the digits that are others are
 * written over. Made anew only when a number gets longer or shorter.
 */
export class CounterLines {
  readonly #name: string;
  readonly #head: string;
  readonly #series: readonly Series[];
  /** As they stand in the bytes, before scaling. */
  #values: readonly bigint[] = [];
  #bytes = Buffer.alloc(0);
  /** Where the digits of each series begin and end. */
  #places: readonly { readonly start: number; readonly end: number }[] = [];

  constructor(name: string, head: string, series: readonly Series[]) {
    this.#name = name;
    this.#head = head;
    this.#series = series;
  }

  /** One value for each series. The bytes are good until the next call. */
  family(values: readonly bigint[]): FamilyBytes {
    if (!this.#overwrite(values)) this.#writeAnew(values);
    this.#values = values;
    return { name: this.#name, text: this.#bytes };
  }

  #overwrite(values: readonly bigint[]): boolean {
    for (let index = 0; index < this.#series.length; index += 1) {
      const value = values[index];
      const place = this.#places[index];
      if (value === undefined || place === undefined) return false;
      if (value === this.#values[index]) continue;
      const scale = this.#series[index]?.scale ?? 1n;
      if (!overwriteDigits(this.#bytes, place.start, place.end, scale === 1n ? value : value * scale)) return false;
    }
    return true;
  }

  #writeAnew(values: readonly bigint[]): void {
    const places: { start: number; end: number }[] = [];
    const lines = this.#series.map(({ prefix, scale }, index) => ({ prefix, digits: String((values[index] ?? 0n) * scale) }));
    let at = Buffer.byteLength(this.#head);
    for (const { prefix, digits } of lines) {
      const start = at + Buffer.byteLength(prefix);
      places.push({ start, end: start + digits.length });
      at = start + digits.length + 1;
    }
    this.#places = places;
    this.#bytes = Buffer.from(this.#head + lines.map(({ prefix, digits }) => `${prefix}${digits}\n`).join(''));
  }
}

const LARGEST_EXACT = BigInt(Number.MAX_SAFE_INTEGER);
const ZERO = 48;

/** Whether the value has just so many digits; only then has it been written. */
export function overwriteDigits(bytes: Buffer, start: number, end: number, value: bigint): boolean {
  if (value > LARGEST_EXACT) {
    const digits = value.toString();
    return digits.length === end - start && bytes.write(digits, start, 'latin1') > 0;
  }
  // As a number, which is exact here and makes nothing for the garbage collector.
  let rest = Number(value);
  for (let at = end - 1; at >= start; at -= 1) {
    const tens = Math.floor(rest / 10);
    bytes[at] = ZERO + rest - tens * 10;
    rest = tens;
  }
  return rest === 0 && (bytes[start] !== ZERO || end - start === 1);
}
