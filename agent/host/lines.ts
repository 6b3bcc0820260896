import { StringDecoder } from 'node:string_decoder';

/** Whole lines of a stream of pieces, without their line end; what is after the last one waits, what is too long is cut. */
export function lineSplitter(onLine: (line: string) => void, maxLineBytes: number): { add(piece: Buffer): void } {
  // A character can lie across two pieces; bytes that are no UTF-8 become U+FFFD.
  const decoder = new StringDecoder('utf8');
  let unfinished = '';
  return {
    add(piece) {
      const lines = (unfinished + decoder.write(piece)).split('\n');
      unfinished = (lines.pop() ?? '').slice(0, maxLineBytes);
      for (const line of lines) onLine(line.slice(0, maxLineBytes).replace(/\r$/, ''));
    },
  };
}
