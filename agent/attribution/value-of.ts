import type { Reading } from '../model.ts';

/** What was read at this look; undefined where the source is absent or failed. */
export function valueOf<T>(reading: Reading<T>): T | undefined {
  return reading.status === 'ok' ? reading.value : undefined;
}
