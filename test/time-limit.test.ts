import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TimeLimit } from '../agent/time-limit.ts';

test('aborts by itself, as AbortSignal.timeout does', async () => {
  const { signal } = new TimeLimit(new AbortController().signal, 5);
  await delay(30);
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});

test('aborts with the signal that it follows, at once where that has aborted already', () => {
  const outer = new AbortController();
  const limit = new TimeLimit(outer.signal, 60_000);
  outer.abort('stopped');
  expect(limit.signal.reason).toBe('stopped');
  expect(new TimeLimit(outer.signal, 60_000).signal.reason).toBe('stopped');
});

test('leaves nothing behind once it has ended', async () => {
  const outer = new AbortController();
  const limit = new TimeLimit(outer.signal, 5);
  limit.end();
  expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
  outer.abort();
  await delay(30);
  expect(limit.signal.aborted).toBe(false);
});
