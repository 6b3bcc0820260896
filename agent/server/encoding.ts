import { gzipSync } from 'node:zlib';
import type { Answer } from './routes.ts';

/** Smaller bodies fit a packet anyway. */
const WORTH_BYTES = 1400;

/**
 * Compresses for clients that take gzip, once for each body however many ask. Synchronously (some milliseconds for 32 devices):
 * the thread pool may be full of reads that sick cards hold, and `/metrics` must not wait for those.
 */
export function encodings(): (answer: Answer, accepted: string | undefined) => Answer {
  const made = new WeakMap<Buffer, Buffer>();
  return (answer, accepted) => {
    if (answer.body.length < WORTH_BYTES) return answer;
    const headers = { ...answer.headers, Vary: 'Accept-Encoding' };
    if (!takesGzip(accepted ?? '')) return { ...answer, headers };
    const body = made.get(answer.body) ?? gzipSync(answer.body, { level: 1 });
    made.set(answer.body, body);
    return { ...answer, body, headers: { ...headers, 'Content-Encoding': 'gzip' } };
  };
}

/** `gzip` or `gzip;q=0.5`, not `gzip;q=0`. */
function takesGzip(accepted: string): boolean {
  return accepted.split(',').some((one) => {
    const [coding, ...parameters] = one.trim().split(/\s*;\s*/);
    return coding?.toLowerCase() === 'gzip' && !parameters.some((parameter) => /^q=0(\.0*)?$/i.test(parameter));
  });
}
