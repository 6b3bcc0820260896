import { expect, test } from 'vitest';
import { infinibandCollector } from '../../agent/collectors/infiniband.ts';
import type { HeldFile } from '../../agent/host.ts';
import type { Infiniband } from '../../agent/model.ts';
import { addEfa, addPlain, CLASS, errno, withReads } from './infiniband-tree.ts';
import { nodeTree, running } from './node-tree.ts';

const NEVER = Promise.withResolvers<number>().promise;

function summary({ devices }: Infiniband): unknown {
  return devices.map(({ name, silence, ports }) => [name, silence ?? ports[0]?.hwCounters]);
}

function late<T>(value: T, milliseconds: number): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), milliseconds));
}

test('a device that does not answer is silent, asked once, and costs the others nothing', async () => {
  using tree = nodeTree();
  for (const name of ['efa0', 'efa2']) addEfa(tree, name, `0000:00:0${name.at(-1)}.0`);
  addEfa(tree, 'efa1', '0000:00:01.0');
  const host = withReads(tree.host, (path) => (path.includes('efa1') && path.includes('hw_counters') ? NEVER : undefined));
  const collector = infinibandCollector({ budgetSeconds: 0.2 });
  const first = await collector.collect(host, running);
  const healthy = { tx_pkts: 18_204n, rx_pkts: 0n };
  expect(summary(first)).toEqual([['efa0', healthy], ['efa1', 'no answer for 0.2 s'], ['efa2', healthy]]);
  expect(first.devices[1]).toMatchObject({
    isEfa: true,
    driver: 'efa',
    counters: {},
    unreadable: {},
    ports: [{ name: 'efa1/1', state: undefined, hwCounters: {}, pmaCounters: {} }],
  });
  const second = await collector.collect(host, running);
  expect(second.devices[1]?.silence).toMatch(/^no answer for 0\.[2-9] s$/);
  expect(host.reads.filter((read) => read.includes('efa1') && read.includes('hw_counters'))).toHaveLength(1);
});

test('a device that answers again is read again, in the same generation', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n' });
  const stuck = Promise.withResolvers<number>();
  let isStuck = false;
  const host = withReads(tree.host, (path) => (isStuck && path.endsWith('sent_pkts') ? stuck.promise : undefined));
  const collector = infinibandCollector({ budgetSeconds: 0.05 });
  expect(summary(await collector.collect(host, running))).toEqual([['rxe0', { sent_pkts: 7n }]]);
  isStuck = true;
  const { devices } = await collector.collect(host, running);
  expect(devices[0]).toMatchObject({ silence: expect.stringMatching(/^no answer for 0\.\d s$/), generation: 1 });
  isStuck = false;
  stuck.resolve(0);
  await late(undefined, 10);
  const after = await collector.collect(host, running);
  expect(after.devices[0]).toMatchObject({ silence: undefined, generation: 1, ports: [{ hwCounters: { sent_pkts: 7n } }] });
});

test('no more devices may be out than threads can be spared; the rest says why it was not asked', async () => {
  using tree = nodeTree();
  for (let index = 0; index < 6; index += 1) addPlain(tree, `rxe${index}`, { sent_pkts: `${index}\n` });
  const host = withReads(tree.host, (path) => (/rxe[0-3]/.test(path) && path.endsWith('sent_pkts') ? NEVER : undefined));
  const collector = infinibandCollector({ budgetSeconds: 0.3, silentLimit: 3 });
  await collector.collect(host, running);
  const { devices } = await collector.collect(host, running);
  const silences = devices.map(({ name, silence }) => `${name} ${silence?.replace(/[\d.]+ s$/, 'some time')}`);
  expect(silences).toEqual([
    'rxe0 no answer for some time',
    'rxe1 no answer for some time',
    'rxe2 no answer for some time',
    'rxe3 not asked: 3 other devices have not answered yet',
    'rxe4 not asked: 3 other devices have not answered yet',
    'rxe5 not asked: 3 other devices have not answered yet',
  ]);
});

test('the first file of a port that asks the card is read in the pool, the rest at once after it', async () => {
  using tree = nodeTree();
  addEfa(tree, 'rdmap79s0', '0000:4f:00.0');
  const host = withReads(tree.host, () => undefined);
  await infinibandCollector().collect(host, running);
  const counters = host.reads.filter((read) => read.includes('hw_counters'));
  expect(counters.map((read) => read.replace('/sys/class/infiniband/rdmap79s0/', ''))).toEqual([
    'pool ports/1/hw_counters/rx_pkts',
    'sync ports/1/hw_counters/tx_pkts',
    'sync hw_counters/no_completion_cmds',
    'sync hw_counters/submitted_cmds',
  ]);
});

test('a slow card is read wholly in the pool, until it has been quick for some looks', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { a: '1\n', b: '2\n', c: '3\n' });
  let isSlow = true;
  const host = withReads(tree.host, (path, how) => (isSlow && how === 'pool' && path.endsWith('/a') ? late(0, 60) : undefined));
  const collector = infinibandCollector();
  const howMany = async (how: string): Promise<number> => {
    const before = host.reads.length;
    await collector.collect(host, running);
    return host.reads.slice(before).filter((read) => read.startsWith(how) && read.includes('hw_counters')).length;
  };
  expect(await howMany('sync')).toBe(0);
  isSlow = false;
  for (let look = 0; look < 4; look += 1) expect(await howMany('pool')).toBe(3);
  expect(await howMany('sync')).toBe(2);
});

test('a card that stalls each failing read is not asked for every file', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { a: '1\n', b: '2\n', c: '3\n', d: '4\n' });
  const failing = async (path: string): Promise<number> => {
    await late(undefined, 60);
    throw errno('ETIME', path);
  };
  const host = withReads(tree.host, (path) => (path.includes('hw_counters') ? failing(path) : undefined));
  const { devices } = await infinibandCollector().collect(host, running);
  expect(devices[0]?.unreadable).toEqual({
    'ports/1/hw_counters/a': 'ETIME',
    'ports/1/hw_counters/b': 'ETIME',
    'ports/1/hw_counters/c': 'ETIME',
    'ports/1/hw_counters/d': 'ETIME',
  });
  expect(host.reads.filter((read) => read.includes('hw_counters'))).toHaveLength(2);
});

test.each(['EIO', 'EINVAL', 'EOPNOTSUPP', 'EPERM', 'ENODEV', 'ETIME'])('%s on one file leaves the others as they are', async (code) => {
  using tree = nodeTree();
  addEfa(tree, 'rdmap79s0', '0000:4f:00.0');
  const host = withReads(tree.host, (path) => (path.endsWith('tx_pkts') ? errno(code, path) : undefined));
  const { devices } = await infinibandCollector().collect(host, running);
  expect(devices[0]).toMatchObject({ counters: { submitted_cmds: 792n }, silence: undefined });
  expect(devices[0]?.ports[0]?.hwCounters).toEqual({ rx_pkts: 0n });
  expect(devices[0]?.unreadable).toEqual({ 'ports/1/hw_counters/tx_pkts': code });
});

test('a card in error loses its port counters, keeps those of its driver, and its generation', async () => {
  using tree = nodeTree();
  addEfa(tree, 'rdmap79s0', '0000:4f:00.0');
  let isSick = true;
  const host = withReads(tree.host, (path) => (isSick && path.includes('ports/1/hw_counters') ? errno('ENODEV', path) : undefined));
  const collector = infinibandCollector();
  await collector.collect(host, running);
  const { devices } = await collector.collect(host, running);
  expect(devices[0]).toMatchObject({
    generation: 1,
    counters: { submitted_cmds: 792n, no_completion_cmds: 0n },
    ports: [{ state: '4: ACTIVE', hwCounters: {} }],
    unreadable: { 'ports/1/hw_counters/rx_pkts': 'ENODEV', 'ports/1/hw_counters/tx_pkts': 'ENODEV' },
  });
  isSick = false;
  const after = await collector.collect(host, running);
  expect(after.devices[0]).toMatchObject({ generation: 1, unreadable: {}, ports: [{ hwCounters: { tx_pkts: 18_204n, rx_pkts: 0n } }] });
});

test('a descriptor that died and was opened anew by itself is another generation, once', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n', rcvd_pkts: '9\n' });
  let reopened = 0;
  const hold = (path: string): HeldFile => {
    const file = tree.host.hold(path);
    const read = file.read.bind(file);
    const readSync = file.readSync.bind(file);
    return { path, read, readSync, close: () => file.close(), get openings() { return file.openings + reopened; } }; // prettier-ignore
  };
  const collector = infinibandCollector();
  const generation = async (): Promise<number | undefined> =>
    (await collector.collect({ ...tree.host, hold }, running)).devices[0]?.generation;
  expect([await generation(), await generation(), await generation()]).toEqual([1, 1, 1]);
  reopened = 1;
  expect([await generation(), await generation()]).toEqual([2, 2]);
});

test('a device that goes between the listing and the reading is gone, and only it', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n' });
  addPlain(tree, 'rxe1', { sent_pkts: '8\n' });
  const host = {
    ...tree.host,
    async list(path: string) {
      const names = await tree.host.list(path);
      if (path === '/sys/class/infiniband') tree.remove(`${CLASS}/rxe0`);
      return names;
    },
  };
  expect(summary(await infinibandCollector().collect(host, running))).toEqual([['rxe1', { sent_pkts: 8n }]]);
});

test('a look that is aborted ends at once', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n' });
  const host = withReads(tree.host, (path) => (path.endsWith('sent_pkts') ? NEVER : undefined));
  const controller = new AbortController();
  const look = infinibandCollector({ budgetSeconds: 60 }).collect(host, controller.signal);
  setTimeout(() => controller.abort(new Error('told to stop')), 20);
  await expect(look).rejects.toThrow('told to stop');
});
