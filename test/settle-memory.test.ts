import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { settleMemory } from '../agent/settle-memory.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('one last-resort collection, when the looks have loaded what they need', () => {
  vi.useFakeTimers();
  const gc = vi.fn<() => void>();
  vi.stubGlobal('gc', gc);
  settleMemory();
  vi.advanceTimersByTime(19_999);
  expect(gc).not.toHaveBeenCalled();
  vi.advanceTimersByTime(3_600_000);
  expect(gc.mock.calls).toEqual([[{ type: 'major', execution: 'sync', flavor: 'last-resort' }]]);
});

test('nothing without the flag, which the program has', () => {
  vi.useFakeTimers();
  vi.stubGlobal('gc', undefined);
  settleMemory();
  expect(() => vi.advanceTimersByTime(20_000)).not.toThrow();
  expect(readFileSync(join(import.meta.dirname, '../agent/main.ts'), 'utf8').split('\n', 1)[0]).toContain(' --expose-gc');
});
