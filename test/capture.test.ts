import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { layOut, type CaptureLook } from '../agent/capture/layout.ts';
import { recordCapture, type CaptureSummary } from '../agent/capture.ts';
import { Absent, type Collector } from '../agent/collector.ts';
import { openCollectors } from '../agent/collectors/index.ts';
import { openHost, type Host } from '../agent/host.ts';
import { readTree } from '../agent/host/tree.ts';
import { openReplay } from '../agent/replay.ts';
import { directoryWith } from './capture-directory.ts';

const still = { monotonicSeconds: () => 0 };
const capture = (name: string): string => join(import.meta.dirname, 'captures', name);

function freshCollectors(): readonly Collector[] {
  return openCollectors({
    nodeIp: undefined,
    imdsUrl: 'http://169.254.169.254',
    requiredMounts: [{ path: '/shared' }],
    lookBackSeconds: 900,
    kernelLogPosition: undefined,
    knownDevices: [],
    nvidiaSmi: undefined,
    pods: 'not in a cluster',
    intervalSeconds: 5,
    now: () => 0,
  }).all;
}

/** What every source says of a node, errors and absence in words. */
async function everySource(host: Host): Promise<Readonly<Record<string, unknown>>> {
  const said: Record<string, unknown> = {};
  for (const collector of freshCollectors()) {
    said[collector.name] = await collector.collect(host, AbortSignal.timeout(5000)).catch((error: unknown) => {
      // The root is in this one message, and no two directories are alike.
      return error instanceof Absent ? 'absent' : String(error);
    });
    collector.close?.();
  }
  return said;
}

async function record(host: Host, more: Partial<Parameters<typeof recordCapture>[2]> = {}): Promise<{ directory: string; summary: CaptureSummary }> {
  const directory = await directoryWith();
  const collectors = freshCollectors();
  const summary = await recordCapture(host, directory, { collectors, seconds: 0.02, interval: 0.02, mask: false, ...more });
  for (const collector of collectors) collector.close?.();
  return { directory, summary };
}

const NODES = ['efa-healthy', 'efa-dead-admin-queue', 'efa-driverless-function', 'p6-b200', 'no-fabric', 'rdma-lab-traffic', 'rdma-lab-link-down'];

test.each(NODES)('what collectors read of %s they read of its recording', async (name) => {
  const node = await openReplay(capture(name), { monotonicSeconds: () => 30 });
  const { directory } = await record(node);
  expect(await everySource(await openReplay(directory, still))).toEqual(await everySource(node));
});

test('a masked recording holds no identifier of the node and leads to the same joins', async () => {
  const node = await openReplay(capture('efa-one-way'), still);
  const { directory, summary } = await record(node, { mask: true });
  const tree = JSON.stringify([...(await readTree(directory))]);
  const { stdout: gpus } = await node.run('nvidia-smi', ['-L'], { timeoutSeconds: 1, maxBytes: 4096 });
  const uuids = gpus.match(/GPU-[\da-f-]{36}/g) ?? [];
  expect(uuids).toHaveLength(8);
  for (const secret of [...uuids, 'sg-0a1b2c3d4e5f60718', 'ip-10-0-3-7', node.interfaces()[0]?.mac ?? '', (await node.readText('/proc/sys/kernel/random/boot_id')).trim()]) {
    expect(tree).not.toContain(secret);
  }
  expect(summary.masked).toEqual([
    { what: 'UUIDs', count: 10 },
    { what: 'AWS resource ids', count: 9 },
    { what: 'GUIDs', count: 4 },
    { what: 'MAC addresses', count: 5 },
    { what: 'host names', count: 1 },
  ]);
  const masked = await openReplay(directory, still);
  const gid = await masked.readText('/sys/class/infiniband/rdmap32s27/ports/1/gids/0');
  const last = /00ff:fe00:000(\d)\n$/.exec(gid)?.[1];
  const macs = await masked.fetch({ url: 'http://169.254.169.254/latest/meta-data/network/interfaces/macs/', timeoutSeconds: 1 });
  expect(macs.body.split('\n')).toContain(`02:00:00:00:00:0${last}/`);
});

test('a tree of plain files is recorded with what changed between the looks', async () => {
  const root = await directoryWith({
    'sys/class/infiniband/mlx5_0': '->../../devices/pci0/infiniband/mlx5_0',
    'sys/devices/pci0/infiniband/mlx5_0/device': '->../..',
    'sys/devices/pci0/vendor': '0x15b3\n',
    'sys/devices/pci0/device': '0x101e\n',
    'sys/devices/pci0/infiniband/mlx5_0/ports/1/state': '4: ACTIVE\n',
    'sys/devices/pci0/infiniband/mlx5_0/ports/1/counters/port_xmit_data': '18446744073709551615\n',
    'sys/devices/pci0/infiniband/mlx5_0/ports/1/gids/0': 'fe80:0000:0000:0000:0013:c2ff:fe6f:f03d\n',
    'sys/devices/pci0/infiniband/mlx5_0/ports/1/gids/1': 'fe80:0000:0000:0000:0013:c2ff:fe6f:f03e\n',
    'dev/kmsg': '6,1,100,-;boot\n6,2,200,-;later\n',
    'proc/uptime': '100.00 200.00\n',
    'proc/77/fd/5': '->/dev/infiniband/uverbs0',
    'proc/77/fd/6': '->/home/somebody/private',
    'proc/77/comm': 'trainer\n',
    'proc/77/limits': 'Max locked memory         unlimited            unlimited            bytes     \n',
    'proc/78/fd/5': '->/dev/null',
    'proc/78/comm': 'sshd\n',
  });
  const progress: string[] = [];
  const { directory, summary } = await record(openHost(root), { onProgress: ({ look, looks }) => progress.push(`${look}/${looks}`) });
  expect(progress).toEqual(['1/2', '2/2']);
  expect(summary.looks).toBe(2);
  expect(summary.masked).toEqual([]);
  const tree = await readTree(directory);
  expect(summary.files).toBe([...tree.values()].filter(({ kind }) => kind !== 'directory').length);
  expect([...tree.keys()].filter((path) => path.startsWith('/proc/7') || path.startsWith('/looks/1/sys')).toSorted()).toEqual([
    '/proc/77', '/proc/77/comm', '/proc/77/fd', '/proc/77/fd/5', '/proc/77/limits',
  ]); // prettier-ignore
  expect(tree.has('/sys/devices/pci0/infiniband/mlx5_0/ports/1/gids/1')).toBe(false);
  expect(await readlink(join(directory, 'sys/class/infiniband/mlx5_0'))).toBe('../../devices/pci0/infiniband/mlx5_0');
  expect(await readFile(join(directory, 'dev/kmsg'), 'utf8')).toBe('6,1,100,-;boot\n6,2,200,-;later\n');
  const replayed = await everySource(await openReplay(directory, still));
  expect(replayed['infiniband']).toEqual((await everySource(openHost(root)))['infiniband']);
  expect(replayed['fabric-processes']).toMatchObject({ processes: [{ pid: 77, command: 'trainer', devices: ['uverbs0'] }], hiddenCount: 0 });
});

test('a device that is made anew between two looks is recorded as another one', async () => {
  let made = 1n;
  const root = await directoryWith({ 'sys/class/infiniband/rxe0/hw_counters/x': '7\n', 'sys/class/infiniband/rxe0/hw_counters/y': '7\n' });
  const inner = openHost(root);
  const node: Host = { ...inner, identity: (path) => (inner.identity(path) ? { inode: made, modifiedMs: 0 } : undefined) };
  const collector: Collector = {
    name: 'infiniband',
    timeoutSeconds: 5,
    async collect(host) {
      host.identity('/sys/class/infiniband/rxe0');
      await host.readText('/sys/class/infiniband/rxe0/hw_counters/x');
      made += 1n;
      return { devices: [], vanished: [] };
    },
  };
  const { directory } = await record(node, { collectors: [collector] });
  const description = JSON.parse(await readFile(join(directory, 'capture.json'), 'utf8')) as { looks: object[] };
  expect(description.looks[1]).toMatchObject({ removed: ['/sys/class/infiniband/rxe0'] });
  expect(await readFile(join(directory, 'looks/1/sys/class/infiniband/rxe0/hw_counters/x'), 'utf8')).toBe('7\n');
});

test('a source that fails is said, and one that hangs is left behind', async () => {
  const hangs: Collector = { name: 'pci', timeoutSeconds: 0.05, collect: () => new Promise(() => undefined) };
  const fails: Collector = { name: 'netdev', timeoutSeconds: 1, collect: () => Promise.reject(new Error('cannot read i-0abcdef1234567890')) };
  const none: Collector = { name: 'mounts', timeoutSeconds: 1, collect: () => Promise.reject(new Absent('none')) };
  const { summary } = await record(openHost(await directoryWith()), { collectors: [hangs, fails, none], mask: true });
  expect(summary.errors).toEqual([
    { what: 'netdev', error: 'cannot read i-00000000000000001' },
    { what: 'pci', error: 'no answer within 0.05 s' },
  ]);
});

test('an IMDS token is never written', async () => {
  const collector: Collector = {
    name: 'imds',
    timeoutSeconds: 1,
    async collect(host) {
      await host.fetch({ url: 'http://169.254.169.254/latest/api/token', method: 'PUT', timeoutSeconds: 1 });
      throw new Absent('enough');
    },
  };
  const node: Host = { ...openHost(await directoryWith()), fetch: async () => ({ status: 200, body: 'AQAEAEXAMPLE==' }) };
  const { directory } = await record(node, { collectors: [collector], mask: false });
  const description = JSON.parse(await readFile(join(directory, 'capture.json'), 'utf8')) as { http: object[] };
  expect(description.http).toEqual([{ method: 'PUT', url: '/latest/api/token', status: 200, body: 'xxxxxxxxxxxxxx' }]);
});

test('an abort ends the recording early, with what was seen', async () => {
  const stop = new AbortController();
  const { summary } = await record(openHost(await directoryWith({ 'proc/version': 'Linux\n' })), {
    seconds: 600,
    interval: 300,
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  expect(summary.looks).toBe(1);
});

test('a directory that holds something is refused and left alone', async () => {
  const directory = await directoryWith({ notes: 'mine' });
  const recording = recordCapture(openHost('/nowhere'), directory, { collectors: [], seconds: 0, interval: 1, mask: true });
  await expect(recording).rejects.toThrow(`cannot write to ${directory}: got a directory that holds notes, expected a new or an empty one`);
  expect(await readTree(directory)).toEqual(new Map([['/notes', { kind: 'file', text: 'mine' }]]));
});

test('the layout: later looks hold what changed, removals name the highest path, errors of all looks stand once', () => {
  const look = (seconds: number, entries: Record<string, string>, errors: Record<string, string> = {}): CaptureLook => ({
    seconds,
    entries: new Map(Object.entries(entries).map(([path, text]) => [path, { text }])),
    errors,
  });
  const files = layOut(
    [
      look(0, { '/sys/a/x': '1', '/sys/a/y': '1', '/sys/b/c/d': '1', '/proc/k': '1' }, { '/sys/e': 'EIO' }),
      look(5, { '/sys/a/x': '2', '/sys/a/y': '1', '/proc/k': '1' }, { '/sys/e': 'EIO', '/sys/a/z': 'EINVAL' }),
    ],
    { description: 'd', takenAt: '2026-11-01T00:00:00.000Z', hostname: 'h' },
  );
  expect([...files.keys()]).toEqual(['sys/a/x', 'sys/a/y', 'sys/b/c/d', 'proc/k', 'looks/1/sys/a/x', 'capture.json']);
  const entry = files.get('capture.json');
  expect(JSON.parse(entry && 'text' in entry ? entry.text : '')).toEqual({
    version: 1,
    description: 'd',
    takenAt: '2026-11-01T00:00:00.000Z',
    hostname: 'h',
    looks: [{ seconds: 0 }, { seconds: 5, removed: ['/sys/b'], errors: { '/sys/a/z': 'EINVAL' } }],
    errors: { '/sys/e': 'EIO' },
  });
});
