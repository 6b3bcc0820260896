import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Host } from '../agent/host.ts';
import { openReplay } from '../agent/replay.ts';
import { counterAt, toMicros } from '../agent/replay/counters.ts';
import { described, directoryWith } from './capture-directory.ts';

const COUNTER = 'sys/class/infiniband/rxe0/ports/1/hw_counters/sent_pkts';

/** A replay of the files given, and the hand of its clock. */
async function replay(files: Readonly<Record<string, string>>, more: object = {}): Promise<{ host: Host; clock: { now: number } }> {
  const clock = { now: 0 };
  const directory = await directoryWith({ 'capture.json': described(more), ...files });
  return { host: await openReplay(directory, { monotonicSeconds: () => clock.now }), clock };
}

describe('a directory that is no capture', () => {
  const cases: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    ['without a description', { 'sys/a': '1' }, /^cannot read \S+\/capture\.json: got ENOENT \(the directory holds sys and the like\), expected the description of a capture$/],
    ['with text', { 'capture.json': 'hello' }, /^cannot read \S+\/capture\.json: got "hello", expected JSON$/],
    ['of another version', { 'capture.json': described({ version: 2 }) }, /capture\.json: version: got 2, expected 1$/],
    ['without looks', { 'capture.json': described({ looks: [] }) }, /capture\.json: looks: got 0, expected at least one look$/],
    ['with a look that is no number', { 'capture.json': described({ looks: [{ seconds: '0' }] }) }, /capture\.json: looks\.0\.seconds: got "0", expected number$/],
    ['with looks out of order', { 'capture.json': described({ looks: [{ seconds: 0 }, { seconds: 0 }] }) }, /capture\.json: looks\.1\.seconds: got 0, expected more than 0$/],
    ['with a first look that is late', { 'capture.json': described({ looks: [{ seconds: 3 }] }) }, /capture\.json: looks\.0\.seconds: got 3, expected 0$/],
    ['with a word that nobody knows', { 'capture.json': described({ lookss: [] }) }, /capture\.json: lookss: got "lookss", expected no such key$/],
    ['with an error that is no errno', { 'capture.json': described({ errors: { '/sys/a': 'broken' } }) }, /capture\.json: errors\.\/sys\/a: got "broken", expected an errno name such as EIO$/],
    ['with an overlay of no look', { 'capture.json': described(), 'looks/1/sys/a': '1' }, /^cannot use looks\/1\/\S+: got an overlay of look 1, expected 1 to 0 as in \S+capture\.json$/],
  ];
  test.each(cases)('%s', async (_, files, message) => {
    const directory = await directoryWith(files);
    await expect(openReplay(directory, { monotonicSeconds: () => 0 })).rejects.toThrow(message);
  });

  test('that does not exist', async () => {
    await expect(openReplay('/nowhere/capture', { monotonicSeconds: () => 0 })).rejects.toThrow(
      'cannot replay /nowhere/capture: got ENOENT, expected the directory of a capture',
    );
  });
});

describe('counters', () => {
  const looks = [{ seconds: 0 }, { seconds: 10 }, { seconds: 30 }];

  test('move on a line between looks and by the last pace after them', async () => {
    const { host, clock } = await replay({ [COUNTER]: '0\n', [`looks/1/${COUNTER}`]: '100\n', [`looks/2/${COUNTER}`]: '140\n' }, { looks });
    const seen: string[] = [];
    for (clock.now of [0, 0.05, 5, 9.99, 10, 20, 30, 31, 1030]) seen.push(await host.readText(`/${COUNTER}`));
    expect(seen).toEqual(['0\n', '0\n', '50\n', '99\n', '100\n', '120\n', '140\n', '142\n', '2140\n']);
  });

  test('are exact beyond 2^53', async () => {
    const { host, clock } = await replay(
      { [COUNTER]: '9007199254740993\n', [`looks/1/${COUNTER}`]: '18014398509481987\n' },
      { looks: [{ seconds: 0 }, { seconds: 2 }] },
    );
    clock.now = 1;
    expect(await host.readText(`/${COUNTER}`)).toBe('13510798882111490\n');
    clock.now = 3;
    expect(await host.readText(`/${COUNTER}`)).toBe('22517998136852484\n');
  });

  test('never run past their looks, whatever the values', () => {
    const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    fc.assert(
      fc.property(u64, u64, fc.integer({ min: 0, max: 9_999_999 }), (one, other, passed) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        const series = [
          { micros: 0n, value: low, inode: 1n },
          { micros: toMicros(10), value: high, inode: 1n },
        ];
        const value = counterAt(series, 0, BigInt(passed)) ?? -1n;
        expect(value >= low && value <= high).toBe(true);
        expect(counterAt(series, 1, toMicros(10))).toBe(high);
      }),
    );
  });

  test('that fell were reset: they step, and stand still after', async () => {
    const { host, clock } = await replay({ [COUNTER]: '100\n', [`looks/1/${COUNTER}`]: '7\n' }, { looks: [{ seconds: 0 }, { seconds: 10 }] });
    const seen: string[] = [];
    for (clock.now of [9, 10, 60]) seen.push(await host.readText(`/${COUNTER}`));
    expect(seen).toEqual(['100\n', '7\n', '7\n']);
  });

  test('of an unchanged file stand still; a text is never interpolated', async () => {
    const path = 'sys/class/infiniband/rxe0/ports/1/counters/VL15_dropped';
    const { host, clock } = await replay({ [COUNTER]: '12\n', [path]: 'N/A (no PMA)\n', [`looks/1/${path}`]: '5\n' }, { looks });
    clock.now = 15;
    expect(await host.readText(`/${COUNTER}`)).toBe('12\n');
    expect(await host.readText(`/${path}`)).toBe('5\n');
  });

  test('a number elsewhere is what the newest look says', async () => {
    const { host, clock } = await replay({ 'proc/x': '1\n', 'looks/1/proc/x': '9\n' }, { looks });
    clock.now = 5;
    expect(await host.readText('/proc/x')).toBe('1\n');
    clock.now = 10;
    expect(await host.readText('/proc/x')).toBe('9\n');
  });
});

describe('the tree', () => {
  const tree = {
    'sys/class/infiniband/rdmap16s27': '->../../devices/pci0/dev/infiniband/rdmap16s27',
    'sys/devices/pci0/dev/infiniband/rdmap16s27/device': '->../../../dev',
    'sys/devices/pci0/dev/vendor': '0x1d0f\n',
    'sys/devices/pci0/dev/driver': '->../../bus/pci/drivers/efa',
    loop: '->loop',
  };

  test('is read through its links', async () => {
    const { host } = await replay(tree);
    expect(await host.readText('/sys/class/infiniband/rdmap16s27/device/vendor')).toBe('0x1d0f\n');
    expect(await host.link('/sys/class/infiniband/rdmap16s27/device/driver')).toBe('../../bus/pci/drivers/efa');
    expect(await host.list('/sys/devices/pci0/dev')).toEqual(['driver', 'infiniband', 'vendor']);
    expect(await host.exists('/sys/class/infiniband/rdmap16s27')).toBe(true);
    expect(await host.exists('/sys/devices/pci0/dev/driver')).toBe(false);
    expect(await host.readText('/sys/devices/pci0/dev/vendor', 4)).toBe('0x1d');
  });

  test('answers with the errno that Linux gives', async () => {
    const { host } = await replay(tree);
    await expect(host.readText('/sys/nothing')).rejects.toMatchObject({ code: 'ENOENT', message: 'cannot read /sys/nothing: ENOENT' });
    await expect(host.readText('/sys/class')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(host.list('/sys/devices/pci0/dev/vendor')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(host.readText('/sys/devices/pci0/dev/vendor/x')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(host.link('/sys/devices/pci0/dev/vendor')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(host.readText('/loop/x')).rejects.toMatchObject({ code: 'ELOOP' });
  });

  test('refuses what is recorded as an error, for ever or during a look', async () => {
    const dead = '/sys/class/infiniband/rxe0/ports/1/hw_counters/sent_pkts';
    const { host, clock } = await replay(
      { [COUNTER]: '5\n' },
      { looks: [{ seconds: 0 }, { seconds: 5, errors: { [dead]: 'EIO' } }, { seconds: 9 }], errors: { '/proc/7/fd': 'EACCES' } },
    );
    await expect(host.list('/proc/7/fd')).rejects.toMatchObject({ code: 'EACCES' });
    expect(await host.list('/proc')).toEqual(['7']);
    expect(await host.readText(dead)).toBe('5\n');
    clock.now = 5;
    await expect(host.readText(dead)).rejects.toMatchObject({ code: 'EIO' });
    expect(() => host.hold(dead).readSync(Buffer.alloc(8))).toThrow(`cannot read ${dead}: EIO`);
    expect(await host.exists(dead)).toBe(true);
    clock.now = 9;
    expect(await host.readText(dead)).toBe('5\n');
  });

  test('keeps empty directories', async () => {
    const { host } = await replay({}, { emptyDirectories: ['/sys/class/infiniband'] });
    expect(await host.list('/sys/class/infiniband')).toEqual([]);
  });
});

describe('a device that goes and comes back', () => {
  const looks = [{ seconds: 0 }, { seconds: 10, removed: ['/sys/class/infiniband/rxe0'] }, { seconds: 20 }, { seconds: 30 }];
  const files = { [COUNTER]: '1000\n', 'sys/class/infiniband/rxe1/node_type': '1: CA\n', [`looks/2/${COUNTER}`]: '0\n', [`looks/3/${COUNTER}`]: '50\n' };

  test('is away in between and another one after', async () => {
    const { host, clock } = await replay(files, { looks });
    const before = host.identity('/sys/class/infiniband/rxe0');
    clock.now = 9;
    expect(host.identity('/sys/class/infiniband/rxe0')).toEqual(before);
    expect(await host.readText(`/${COUNTER}`)).toBe('1000\n');
    clock.now = 10;
    expect(await host.list('/sys/class/infiniband')).toEqual(['rxe1']);
    expect(host.identity('/sys/class/infiniband/rxe0')).toBeUndefined();
    expect(await host.exists(`/${COUNTER}`)).toBe(false);
    clock.now = 25;
    expect(host.identity('/sys/class/infiniband/rxe0')?.inode).not.toBe(before?.inode);
    expect(await host.readText(`/${COUNTER}`)).toBe('25\n');
  });

  test('is followed by a held file, which says that it was opened anew', async () => {
    const { host, clock } = await replay(files, { looks });
    const held = host.hold(`/${COUNTER}`);
    const buffer = Buffer.alloc(32);
    expect(held.openings).toBe(0);
    expect(buffer.toString('utf8', 0, held.readSync(buffer))).toBe('1000\n');
    expect(buffer.toString('utf8', 0, await held.read(buffer))).toBe('1000\n');
    expect(held.openings).toBe(1);
    clock.now = 12;
    expect(() => held.readSync(buffer)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    clock.now = 30;
    expect(buffer.toString('utf8', 0, held.readSync(buffer))).toBe('50\n');
    expect(held.openings).toBe(2);
  });

  test('within one look is another one too', async () => {
    const { host, clock } = await replay(
      { [COUNTER]: '1000\n', [`looks/1/${COUNTER}`]: '5\n' },
      { looks: [{ seconds: 0 }, { seconds: 10, removed: ['/sys/class/infiniband/rxe0'] }] },
    );
    const before = host.identity('/sys/class/infiniband/rxe0')?.inode;
    clock.now = 9;
    expect(await host.readText(`/${COUNTER}`)).toBe('1000\n');
    clock.now = 20;
    expect(await host.readText(`/${COUNTER}`)).toBe('5\n');
    expect(host.identity('/sys/class/infiniband/rxe0')?.inode).not.toBe(before);
  });
});

describe('time and log', () => {
  test('the wall clock and the uptime go on with the replay', async () => {
    const { host, clock } = await replay({ 'proc/uptime': '100.50 900.00\n', 'looks/1/proc/uptime': '110.50 990.00\n' }, { looks: [{ seconds: 0 }, { seconds: 10 }] });
    clock.now = 70.25;
    expect(host.wallTime().toISOString()).toBe('2026-11-01T00:01:10.250Z');
    expect(await host.readText('/proc/uptime')).toBe('170.75 970.25\n');
  });

  test('the kernel log is handed over in records, and later lines as they come', async () => {
    const first = '6,1,100,-;one\n SUBSYSTEM=pci\n6,2,200,-;two\n';
    const { host, clock } = await replay({ 'dev/kmsg': first, 'looks/1/dev/kmsg': `${first}3,3,300,-;three\n` }, { looks: [{ seconds: 0 }, { seconds: 10 }] });
    const log = host.openLog('/dev/kmsg', 'start');
    const end = host.openLog('/dev/kmsg', 'end');
    expect(log.read(1)).toEqual({ records: ['6,1,100,-;one\n SUBSYSTEM=pci'], overruns: 0, more: true });
    expect(log.read(9)).toEqual({ records: ['6,2,200,-;two'], overruns: 0, more: false });
    expect(end.read(9).records).toEqual([]);
    clock.now = 10;
    expect(log.read(9).records).toEqual(['3,3,300,-;three']);
    expect(end.read(9).records).toEqual(['3,3,300,-;three']);
    expect(() => host.openLog('/dev/nothing', 'start')).toThrow('cannot read /dev/nothing: ENOENT');
  });
});

describe('what does not lie in the tree', () => {
  const http = [
    { method: 'PUT', url: '/latest/api/token', status: 200, body: 'token' },
    { url: '/latest/meta-data/mac', status: 200, body: '02:00:00:00:00:01' },
    { url: '/slow', error: 'ETIMEDOUT' },
  ];
  const ask = (host: Host, path: string, method: 'GET' | 'PUT' = 'GET') => host.fetch({ url: `http://169.254.169.254${path}`, method, timeoutSeconds: 1 });

  test('HTTP answers by method and path', async () => {
    const { host } = await replay({}, { http });
    expect(await ask(host, '/latest/api/token', 'PUT')).toEqual({ status: 200, body: 'token' });
    expect(await ask(host, '/latest/api/token')).toEqual({ status: 404, body: '' });
    expect(await ask(host, '/latest/meta-data/mac')).toEqual({ status: 200, body: '02:00:00:00:00:01' });
    expect(await ask(host, '/latest/meta-data/none')).toEqual({ status: 404, body: '' });
    await expect(ask(host, '/slow')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('without any HTTP answer, requests time out', async () => {
    const { host } = await replay({});
    await expect(ask(host, '/latest/meta-data/mac')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('programs answer by their name and arguments', async () => {
    const commands = [
      { program: 'nvidia-smi', args: ['-L'], stdout: 'GPU 0\n' },
      { program: 'nvidia-smi', args: ['-q'], stderr: 'no driver\n', exitCode: 9 },
    ];
    const { host } = await replay({}, { commands });
    const bounds = { timeoutSeconds: 1, maxBytes: 100 };
    expect(await host.run('/usr/bin/nvidia-smi', ['-L'], bounds)).toEqual({ stdout: 'GPU 0\n', stderr: '' });
    await expect(host.run('nvidia-smi', ['-q'], bounds)).rejects.toMatchObject({ failure: 'exit-code', exitCode: 9, message: 'nvidia-smi -q: exit code 9: no driver' });
    await expect(host.run('nvidia-smi', ['-x'], bounds)).rejects.toMatchObject({ failure: 'not-found' });
    await expect(host.start('nvidia-smi', ['dmon'], () => undefined).ended).resolves.toMatchObject({ failure: 'not-found' });
    const lines: string[] = [];
    await expect(host.start('nvidia-smi', ['-L'], (line) => lines.push(line)).ended).resolves.toBeUndefined();
    expect(lines).toEqual(['GPU 0']);
    expect(await host.program({ from: 'here', path: '/opt/nvidia-smi' })).toEqual({ path: '/opt/nvidia-smi' });
    await expect(host.program({ from: 'here', path: '/opt/other' })).rejects.toThrow('cannot run /opt/other: ENOENT');
  });

  test('mounts answer as recorded, or when they are there', async () => {
    const { host } = await replay({ 'shared/x': '' }, { probes: [{ path: '/fsx', error: 'ETIMEDOUT' }, { path: '/scratch' }] });
    await expect(host.probe('/shared', 1)).resolves.toBeUndefined();
    await expect(host.probe('/scratch', 1)).resolves.toBeUndefined();
    await expect(host.probe('/fsx', 1)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await expect(host.probe('/other', 1)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('name and addresses of the node', async () => {
    const interfaces = [{ name: 'ens5', address: '10.0.3.7', mac: '02:00:00:00:00:01', internal: false }];
    const { host } = await replay({}, { interfaces });
    expect(host.hostname()).toBe('node');
    expect(host.interfaces()).toEqual(interfaces);
  });
});
