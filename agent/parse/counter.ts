const DIGITS_HELD_EXACTLY = 15;
const SCALE = 10n ** 15n;
/** 2^64 - 1 is 18446 744073709551615: what stands before its last fifteen digits, and these. */
const LARGEST_HIGH = 18_446;
const LARGEST_LOW = 744_073_709_551_615;
const MAX_DIGITS = 20;

/** A read this long or longer is not one number and a newline. Counters have at most 20 digits. */
export const COUNTER_BUFFER_BYTES = 64;

/** What a held file says, kept from look to look so that an unchanged file costs no allocation. */
export interface Cell {
  /** Set by `update` when the value is another than at the look before; its reader sets it back. */
  changed: boolean;
  /** Takes the file's first bytes. Returns why they are no value, undefined when they are one. */
  update(bytes: Buffer, length: number): string | undefined;
}

/**
 * One counter, exact to 64 bits. Parsed from the bytes into two numbers, so that neither a string nor a bigint is made
 * while it stands still.
 */
export class CounterCell implements Cell {
  value = 0n;
  changed = false;
  #high = -1;
  #low = -1;

  update(bytes: Buffer, length: number): string | undefined {
    let end = length;
    while (end > 0 && isSpace(bytes[end - 1])) end -= 1;
    if (end === 0) return 'EMPTY';
    if (end > MAX_DIGITS) return notANumber(bytes, length);
    let high = 0;
    let low = 0;
    const split = end - DIGITS_HELD_EXACTLY;
    for (let index = 0; index < end; index += 1) {
      const digit = (bytes[index] ?? 0) - 48;
      if (digit < 0 || digit > 9) return notANumber(bytes, length);
      if (index < split) high = high * 10 + digit;
      else low = low * 10 + digit;
    }
    if (high > LARGEST_HIGH || (high === LARGEST_HIGH && low > LARGEST_LOW)) return notANumber(bytes, length);
    if (high !== this.#high || low !== this.#low) {
      this.#high = high;
      this.#low = low;
      this.value = high === 0 ? BigInt(low) : BigInt(high) * SCALE + BigInt(low);
      this.changed = true;
    }
    return undefined;
  }
}

/** One short line of text (`4: ACTIVE`). */
export class TextCell implements Cell {
  value = '';
  changed = false;
  readonly #last = Buffer.alloc(COUNTER_BUFFER_BYTES);
  #lastLength = -1;

  update(bytes: Buffer, length: number): string | undefined {
    if (length === 0) return 'EMPTY';
    if (length === this.#lastLength && bytes.compare(this.#last, 0, length, 0, length) === 0) return undefined;
    bytes.copy(this.#last, 0, 0, length);
    this.#lastLength = length;
    const text = printable(bytes.toString('latin1', 0, length)).trim();
    this.changed ||= text !== this.value;
    this.value = text;
    return undefined;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 10 || byte === 32 || byte === 9 || byte === 13;
}

/** Old kernels answer `N/A (no PMA)` in `counters/` of drivers without process_mad (drivers/infiniband/core/sysfs.c). */
function notANumber(bytes: Buffer, length: number): string {
  const text = printable(bytes.toString('latin1', 0, Math.min(length, COUNTER_BUFFER_BYTES))).trim();
  if (text.startsWith('N/A')) return text;
  return `not a number: "${text.length > 16 ? `${text.slice(0, 16)}…` : text}"`;
}

function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- the text comes from anywhere and goes to terminals and metrics
  return text.replaceAll(/[^\x20-\x7e]/g, (character) => (character === '\n' ? ' ' : '?'));
}
