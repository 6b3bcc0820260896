import type { IncomingMessage } from 'node:http';

/** A peer that sends more than is worth holding; its connection is closed. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
  constructor(maxBytes: number) {
    super(`the answer is larger than ${maxBytes} bytes`);
  }
}

/** The whole body as text; throws BodyTooLarge beyond `maxBytes`. */
export async function wholeBody(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    length += piece.length;
    // Leaving the loop destroys the stream.
    if (length > maxBytes) throw new BodyTooLarge(maxBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
