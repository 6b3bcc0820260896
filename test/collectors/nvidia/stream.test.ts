import { expect, test } from 'vitest';
import { Stream, type Job, type JobEnd } from '../../../agent/collectors/nvidia/stream.ts';
import { DEFAULT_TIMING } from '../../../agent/collectors/nvidia/timing.ts';
import type { Host, RunningCommand } from '../../../agent/host.ts';

/** A program that does what the test says, one that signals do not reach among others. */
interface Started extends RunningCommand {
  readonly args: readonly string[];
  say(line: string): void;
  end(error?: Error): Promise<void>;
  readonly signals: string[];
}

function setup(isStream = true) {
  let now = 1000;
  const started: Started[] = [];
  const ends: JobEnd[] = [];
  let next: 'next-at-once' | 'next-after-a-pause' = 'next-after-a-pause';
  const start: Host['start'] = (_path, args, onLine) => {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    const signals: string[] = [];
    const one: Started = {
      pid: 100 + started.length,
      args,
      signals,
      ended: promise,
      say: onLine,
      async end(error) {
        resolve(error);
        await promise;
      },
      stop: () => void signals.push('stop'),
      kill: () => void signals.push('kill'),
    };
    started.push(one);
    return one;
  };
  const host = { start } as unknown as Host;
  const job: Job = {
    args: ['dmon'],
    isStream,
    ended(end) {
      ends.push(end);
      return next;
    },
  };
  const stream = new Stream('dmon', { ...DEFAULT_TIMING, now: () => now, random: () => 1 }, () => job);
  return {
    stream,
    started,
    ends,
    turn: (): void => stream.turn(host, { path: 'nvidia-smi' }),
    pass: (seconds: number): void => {
      now += seconds;
    },
    goOn: (how: typeof next): void => {
      next = how;
    },
  };
}

test('one process, however often it is looked at', () => {
  const { stream, started, turn, pass } = setup();
  for (let look = 0; look < 5; look += 1) {
    turn();
    pass(5);
    started[0]?.say('row');
  }
  expect(started).toHaveLength(1);
  expect(stream.takeStatus()).toEqual({ name: 'dmon', pid: 100, state: 'running', silentSeconds: 0, restarts: 0, droppedLines: 0 });
  expect(stream.take()).toEqual(['row', 'row', 'row', 'row', 'row']);
  expect(stream.take()).toEqual([]);
});

test('silence of 45 s: stopped, and silent until a later process speaks', async () => {
  const { stream, started, ends, turn, pass } = setup();
  turn();
  started[0]?.say('row');
  pass(44);
  turn();
  expect(started[0]?.signals).toEqual([]);
  expect(stream.takeStatus()).toMatchObject({ state: 'running', silentSeconds: 44 });
  pass(1);
  turn();
  expect(started[0]?.signals).toEqual(['stop']);
  await started[0]?.end(new Error('ended by SIGKILL'));
  expect(ends).toMatchObject([{ lines: ['row'], stopped: 'silence' }]);
  pass(2);
  turn();
  expect(started).toHaveLength(2);
  expect(stream.takeStatus()).toMatchObject({ state: 'silent', silentSeconds: 47, restarts: 1, pid: 101 });
  // It has 45 s of its own.
  pass(44);
  turn();
  expect(started[1]?.signals).toEqual([]);
  started[1]?.say('row');
  expect(stream.takeStatus()).toMatchObject({ state: 'running', silentSeconds: 0 });
});

test('a process that no signal reaches is left alone, and no second one is started while it lives', async () => {
  const { stream, started, turn, pass } = setup();
  turn();
  pass(45);
  turn();
  expect(stream.takeStatus().state).toBe('silent');
  pass(5);
  expect(stream.stuckPid).toBe(100);
  for (let look = 0; look < 20; look += 1) {
    pass(60);
    turn();
    expect(stream.takeStatus()).toMatchObject({ state: 'unkillable', pid: 100 });
  }
  expect(started).toHaveLength(1);
  expect(started[0]?.signals).toEqual(['stop']);
  // What it says when it wakes up is not of now.
  started[0]?.say('old row');
  await started[0]?.end(new Error('ended by SIGKILL'));
  pass(60);
  turn();
  expect(started).toHaveLength(2);
  expect(stream.take()).toEqual([]);
  expect(stream.takeStatus()).toMatchObject({ pid: 101, restarts: 1 });
});

test('pauses grow to a minute, and are short again after a minute of work', async () => {
  const { started, turn, pass } = setup();
  const pause = async (): Promise<number> => {
    await started.at(-1)?.end(new Error('exit code 255'));
    const before = started.length;
    for (let seconds = 0; ; seconds += 1) {
      turn();
      if (started.length > before) return seconds;
      pass(1);
    }
  };
  turn();
  const pauses: number[] = [];
  for (let round = 0; round < 8; round += 1) pauses.push(await pause());
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  pass(60);
  expect(await pause()).toBe(1);
});

test('its own end is an answer: it is not silent while it waits to be started again', async () => {
  const { stream, started, turn, pass } = setup();
  turn();
  await started[0]?.end(new Error('exit code 9'));
  pass(0.5);
  turn();
  expect(stream.takeStatus()).toMatchObject({ state: 'waiting', silentSeconds: 0, pid: undefined });
});

test('the next job can follow at once', async () => {
  const { started, turn, goOn } = setup(false);
  goOn('next-at-once');
  turn();
  started[0]?.say('help');
  await started[0]?.end();
  expect(started).toHaveLength(2);
});

test('lines beyond the bound are dropped, the oldest first, and counted once', () => {
  const { stream, started, turn } = setup();
  turn();
  for (let line = 0; line < 5000; line += 1) started[0]?.say(`row ${line}`);
  const { droppedLines } = stream.takeStatus();
  const lines = stream.take();
  expect(droppedLines + lines.length).toBe(5000);
  expect(lines.length).toBeLessThanOrEqual(4096);
  expect(lines.at(-1)).toBe('row 4999');
  expect(stream.takeStatus().droppedLines).toBe(0);
});

test('a flood is stopped', async () => {
  const { started, ends, turn } = setup();
  turn();
  for (let line = 0; line < 250_000; line += 1) started[0]?.say('y');
  expect(started[0]?.signals).toEqual(['stop']);
  await started[0]?.end(new Error('ended by SIGTERM'));
  expect(ends).toMatchObject([{ stopped: 'flood' }]);
});

test('closed, it kills at once and starts nothing more', async () => {
  const { stream, started, turn, pass } = setup();
  turn();
  stream.close();
  expect(started[0]?.signals).toEqual(['kill']);
  await started[0]?.end(new Error('ended by SIGKILL'));
  pass(100);
  turn();
  expect(started).toHaveLength(1);
});
