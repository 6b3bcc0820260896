import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HostError, openHost, type Host } from '../../agent/host.ts';

let root: string;
let host: Host;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'railmedic-'));
  host = openHost(root);
  mkdirSync(join(root, 'sys'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const put = (path: string, text: string): void => writeFileSync(join(root, path), text);

describe('reading once', () => {
  test('puts the host root before the path', async () => {
    put('sys/rate', '100 Gb/sec (4X EDR)\n');
    expect(await host.readText('/sys/rate')).toBe('100 Gb/sec (4X EDR)\n');
    expect(await host.list('/sys')).toEqual(['rate']);
    expect(await host.exists('/sys/rate')).toBe(true);
    expect(await host.exists('/sys/none')).toBe(false);
  });

  test('takes no more of a huge file than it was told', async () => {
    put('sys/huge', 'x'.repeat(3_000_000));
    expect((await host.readText('/sys/huge', 5)).length).toBe(5);
    expect((await host.readText('/sys/huge')).length).toBe(1 << 20);
  });

  test('a missing file names the path and keeps the errno', async () => {
    const error = await host.readText('/sys/none').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(HostError);
    expect(error).toMatchObject({ code: 'ENOENT', message: `cannot read ${root}/sys/none: ENOENT`, cause: { code: 'ENOENT' } });
  });

  test('a directory in place of a file is EISDIR', async () => {
    await expect(host.readText('/sys')).rejects.toMatchObject({ code: 'EISDIR' });
  });

  test('a pipe in place of a file does not hold the reader', async () => {
    execFileSync('mkfifo', [join(root, 'sys/pipe')]);
    expect(await host.readText('/sys/pipe')).toBe('');
  });

  test('links are given as they are written', async () => {
    symlinkSync('../../../0000:79:00.0', join(root, 'sys/device'));
    expect(await host.link('/sys/device')).toBe('../../../0000:79:00.0');
    await expect(host.link('/sys')).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

describe('a held file', () => {
  const into = Buffer.alloc(64);
  const text = (length: number): string => into.toString('utf8', 0, length);

  test('is opened once and read from its start each time', async () => {
    put('sys/tx_pkts', '12\n');
    const held = host.hold('/sys/tx_pkts');
    expect(text(held.readSync(into))).toBe('12\n');
    put('sys/tx_pkts', '18446744073709551615\n');
    expect(text(held.readSync(into))).toBe('18446744073709551615\n');
    expect(text(await held.read(into))).toBe('18446744073709551615\n');
    expect(held.openings).toBe(1);
    held.close();
  });

  test('that is not there yet can be asked again', () => {
    const held = host.hold('/sys/tx_pkts');
    expect(() => held.readSync(into)).toThrow(`cannot read ${root}/sys/tx_pkts: ENOENT`);
    put('sys/tx_pkts', '1\n');
    expect(text(held.readSync(into))).toBe('1\n');
    held.close();
  });

  test('closed while a read is out lets that read end', async () => {
    put('sys/tx_pkts', '12\n');
    const held = host.hold('/sys/tx_pkts');
    const reading = held.read(into);
    held.close();
    expect(text(await reading)).toBe('12\n');
  });

  test('identity tells a file made anew from one rewritten in place', () => {
    put('sys/a', '1');
    const before = host.identity('/sys/a');
    put('sys/a', '2');
    expect(host.identity('/sys/a')?.inode).toBe(before?.inode);
    put('sys/b', '3');
    renameSync(join(root, 'sys/b'), join(root, 'sys/a'));
    expect(host.identity('/sys/a')?.inode).not.toBe(before?.inode);
    expect(host.identity('/sys/none')).toBeUndefined();
  });
});

describe('a log file', () => {
  const log = (): string => join(root, 'kmsg');

  test('that grows is followed past its end, a line half written is waited for', () => {
    writeFileSync(log(), '6,1,10,-;one\n6,2,20,-;tw');
    const file = host.openLog('/kmsg', 'start');
    expect(file.read(10)).toEqual({ records: ['6,1,10,-;one'], overruns: 0, more: false });
    expect(file.read(10).records).toEqual([]);
    appendFileSync(log(), 'o\n SUBSYSTEM=pci\n6,3,30,-;three\n');
    expect(file.read(10).records).toEqual(['6,2,20,-;two\n SUBSYSTEM=pci', '6,3,30,-;three']);
    file.close();
  });

  test('hands over no more than asked and says that there is more', () => {
    writeFileSync(log(), Array.from({ length: 5 }, (_, index) => `6,${index},10,-;x\n`).join(''));
    const file = host.openLog('/kmsg', 'start');
    expect(file.read(3)).toMatchObject({ records: { length: 3 }, more: true });
    expect(file.read(3)).toMatchObject({ records: { length: 2 }, more: false });
    file.close();
  });

  test('opened at its end shows only what comes after; truncated, it is read from its start', () => {
    writeFileSync(log(), '6,1,10,-;old\n');
    const file = host.openLog('/kmsg', 'end');
    expect(file.read(10).records).toEqual([]);
    appendFileSync(log(), '6,2,20,-;new\n');
    expect(file.read(10).records).toEqual(['6,2,20,-;new']);
    truncateSync(log(), 0);
    appendFileSync(log(), '6,1,1,-;anew\n');
    expect(file.read(10).records).toEqual(['6,1,1,-;anew']);
    file.close();
  });

  test('ten megabytes without a newline take no more memory than a bound', () => {
    writeFileSync(log(), Buffer.alloc(10_000_000, 'x'));
    const file = host.openLog('/kmsg', 'start');
    expect(file.read(10)).toEqual({ records: [], overruns: 0, more: false });
    appendFileSync(log(), '\n6,1,1,-;whole\n');
    expect(file.read(10).records.at(-1)).toBe('6,1,1,-;whole');
    file.close();
  });

  test('that cannot be opened says which', () => {
    expect(() => host.openLog('/none', 'start')).toThrow(`cannot open ${root}/none: ENOENT`);
  });
});

test('a probe of a file system that answers resolves; of one that is not there it says why', async () => {
  await expect(host.probe('/sys', 5)).resolves.toBeUndefined();
  await expect(host.probe('/none', 5)).rejects.toMatchObject({ code: 'ENOENT' });
});
