import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openHost } from '../../agent/host.ts';
import { RecordText } from '../../agent/host/log-records.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'railmedic-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true });
});

describe('text of a log', () => {
  test('cut anywhere gives the same records', () => {
    const text = '6,1,10,-;one\n SUBSYSTEM=pci\n DEVICE=+pci:0\n6,2,20,-;zwölf\n\n';
    for (let cut = 0; cut <= Buffer.byteLength(text); cut += 1) {
      const records = new RecordText();
      const taken: string[] = [];
      for (const part of [Buffer.from(text).subarray(0, cut), Buffer.from(text).subarray(cut)]) {
        records.add(part);
        taken.push(...records.take(10, false));
      }
      expect(taken, `cut at ${cut}`).toEqual(['6,1,10,-;one\n SUBSYSTEM=pci\n DEVICE=+pci:0', '6,2,20,-;zwölf']);
      expect(records.isAtEnd).toBe(true);
    }
  });
});

describe('a pipe', () => {
  test('outlives its writer, and says when it has had none for a while', () => {
    const path = join(root, 'pipe');
    execFileSync('mkfifo', [path]);
    vi.useFakeTimers({ toFake: ['performance'] });
    const log = openHost('/', path).openLog('/dev/kmsg', 'start');
    expect(log.read(10)).toEqual({ records: [], overruns: 0, more: false });
    expect(log.feed?.trouble()).toBeUndefined();
    vi.advanceTimersByTime(15_000);
    expect(log.feed?.trouble()).toBe(`nothing writes the kernel log into the pipe ${path}: is the container kernel-log running?`);
    for (const line of ['6,1,10,-;one', '6,2,20,-;of another writer']) {
      const writer = openSync(path, 'w');
      writeSync(writer, `${line}\n`);
      closeSync(writer);
      expect(log.read(10).records).toEqual([line]);
    }
    expect(log.feed?.trouble()).toBeUndefined();
    log.close();
  });
});

describe('a socket', () => {
  test('whose other side is there and says nothing is in trouble after a while', async () => {
    const path = join(root, 'sock');
    const clients: Socket[] = [];
    const server = createServer((client) => clients.push(client)).listen(path);
    await once(server, 'listening');
    vi.useFakeTimers({ toFake: ['performance'] });
    const log = openHost('/', path).openLog('/dev/kmsg', 'start');
    await once(server, 'connection');
    expect(log.feed?.trouble()).toBeUndefined();
    vi.advanceTimersByTime(16_000);
    expect(log.feed?.trouble()).toBe(`cannot read the kernel log from ${path}: nothing came for 16 s, expected a sign of life every second: is the container kernel-log running?`);
    log.close();
    for (const client of clients) client.destroy();
    server.close();
  });
});
