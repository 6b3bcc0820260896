/** Text of at most so many bytes of UTF-8, cut between two characters and then marked with `…`. */
export function cutToBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = Math.max(0, maxBytes - MARK_BYTES);
  while (end > 0 && isContinuation(bytes[end])) end -= 1;
  return `${bytes.toString('utf8', 0, end)}${MARK}`;
}

/**
 * The entries joined, in their order, as many as fit; then how many do not, then the tail. The first is there in any case,
 * cut where it must be.
 */
export function fit(entries: readonly string[], tail: string, maxBytes: number): string {
  const more = (left: number): string => (left === 0 ? '' : `; and ${left} more`);
  const [first = '', ...others] = entries;
  const room = maxBytes - Buffer.byteLength(tail) - Buffer.byteLength(more(others.length));
  let text = cutToBytes(first, room);
  let left = others.length;
  for (const entry of others) {
    const longer = `${text}; ${entry}`;
    if (Buffer.byteLength(`${longer}${more(left - 1)}${tail}`) > maxBytes) break;
    text = longer;
    left -= 1;
  }
  return `${text}${more(left)}${tail}`;
}

const MARK = '…';
const MARK_BYTES = Buffer.byteLength(MARK);

/** 10xxxxxx: not the first byte of a character. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0;
}
