import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, appendFileSync, constants, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { kernelLogCollector, type KernelLogCollector, type KernelLogOptions } from '../../../agent/collectors/kernel-log.ts';
import { openHost } from '../../../agent/host.ts';
import { KERNEL_LOG_COPIER } from '../../../deploy/kubernetes/source/kernel-log-copier.ts';

const BOOT = '0a1b2c3d-0000-4000-8000-000000000001';
const running = new AbortController().signal;
const records = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `4,${from + index},${from + index}000000,-;line ${from + index}\n SUBSYSTEM=pci\n`).join('');

let root: string;
const children: ChildProcess[] = [];
const collectors: KernelLogCollector[] = [];
const socket = (): string => join(root, 'kmsg.sock');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'railmedic-'));
  execFileSync('mkdir', ['-p', join(root, 'proc/sys/kernel/random'), join(root, 'dev')]);
  writeFileSync(join(root, 'proc/sys/kernel/random/boot_id'), `${BOOT}\n`);
  writeFileSync(join(root, 'proc/uptime'), '2000.00 1.00\n');
});
afterEach(async () => {
  for (const collector of collectors.splice(0)) collector.close?.();
  await Promise.all(children.splice(0).map(stop));
  rmSync(root, { recursive: true });
});

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** The privileged container's one line, as it stands in the manifest. */
async function copier(from: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', KERNEL_LOG_COPIER, from, socket()], { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  await expect.poll(() => existsSync(socket()), { timeout: 10_000 }).toBe(true);
  return child;
}

function reader(options: KernelLogOptions = {}): () => Promise<readonly number[]> {
  const collector = kernelLogCollector(options);
  collectors.push(collector);
  const host = openHost(root, socket());
  return async () => (await collector.collect(host, running)).lines.map(({ sequence }) => sequence);
}

describe('the one privileged line', () => {
  test('hands over the whole ring and then what comes, to two readers at once', async () => {
    const ring = join(root, 'ring');
    // More than a socket takes at once: the copier has to wait for its reader.
    writeFileSync(ring, records(1, 20_000));
    writeFileSync(join(root, 'proc/uptime'), '20000.00 1.00\n');
    await copier(ring);
    const [one, other] = [reader({ lookBackSeconds: 19_999 }), reader({ lookBackSeconds: 100 })];
    expect(await one()).toEqual(Array.from({ length: 20_000 }, (_, index) => index + 1));
    expect(await other()).toEqual(Array.from({ length: 101 }, (_, index) => index + 19_900));
    appendFileSync(ring, records(20_001, 20_002));
    await sleep(1200);
    expect([await one(), await other()]).toEqual([[20_001, 20_002], [20_001, 20_002]]);
  });

  test('a record comes whole, with its fields', async () => {
    writeFileSync(join(root, 'ring'), records(1999, 2000));
    await copier(join(root, 'ring'));
    const collector = kernelLogCollector();
    collectors.push(collector);
    const { lines } = await collector.collect(openHost(root, socket()), running);
    expect(lines.map(({ text, fields }) => [text, fields])).toEqual([
      ['line 1999', { SUBSYSTEM: 'pci' }],
      ['line 2000', { SUBSYSTEM: 'pci' }],
    ]);
  });

  test('starts again: nothing is told twice, nothing is lost', async () => {
    const ring = join(root, 'ring');
    writeFileSync(ring, records(1990, 2000));
    const first = await copier(ring);
    const look = reader();
    expect(await look()).toHaveLength(11);
    await stop(first);
    appendFileSync(ring, records(2001, 2003));
    rmSync(socket());
    // The end of a connection may be heard of one look later than the end of its process.
    await vi.waitFor(() => expect(look()).rejects.toThrow(/^cannot read the kernel log from .*kmsg\.sock: (the other side ended|ENOENT): is the container kernel-log running\?$/), { timeout: 4000 });
    await copier(ring);
    expect(await look()).toEqual([2001, 2002, 2003]);
  });

  test('an agent that starts again goes on where the last one ended', async () => {
    writeFileSync(join(root, 'ring'), records(1, 10));
    await copier(join(root, 'ring'));
    expect(await reader({ position: { bootId: BOOT, sequence: 7 } })()).toEqual([8, 9, 10]);
    expect(await reader({ lookBackSeconds: 0 })()).toEqual([]);
  });

  test.skipIf(!canReadKernelLog())('reads the real /dev/kmsg (skipped where this user may not)', async () => {
    await copier('/dev/kmsg');
    const host = openHost('/', socket());
    const direct = kernelLogCollector({ lookBackSeconds: 1e9 });
    const copied = kernelLogCollector({ lookBackSeconds: 1e9 });
    collectors.push(direct, copied);
    const expected = await direct.collect(openHost('/'), running);
    const { lines, unparsableLines } = await copied.collect(host, running);
    expect(unparsableLines).toBe(expected.unparsableLines);
    expect(lines.slice(0, expected.lines.length).map(({ sequence, text }) => [sequence, text])).toEqual(expected.lines.map(({ sequence, text }) => [sequence, text]));
  });
});

describe('without the container', () => {
  test('the kernel log is not seen, and the words say where to look', async () => {
    await expect(reader()()).rejects.toThrow(`cannot read the kernel log from ${socket()}: ENOENT: is the container kernel-log running?`);
  });

  test('one that hangs is waited for, and what it sends later is read', async () => {
    const clients: Socket[] = [];
    const server = createServer((client) => clients.push(client)).listen(socket());
    await once(server, 'listening');
    const look = reader();
    expect(await look()).toEqual([]);
    clients[0]?.write('4,1999,1999000000,-;cut o');
    expect(await look()).toEqual([]);
    clients[0]?.write('ff\n\n');
    expect(await look()).toEqual([1999]);
    for (const client of clients) client.destroy();
    server.close();
  });
});

function canReadKernelLog(): boolean {
  try {
    accessSync('/dev/kmsg', constants.R_OK);
    kernelLogCollector().close?.();
    openHost('/').openLog('/dev/kmsg', 'end').close();
    return true;
  } catch {
    // No device, or kernel.dmesg_restrict without CAP_SYSLOG.
    return false;
  }
}
