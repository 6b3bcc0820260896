import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { nvidiaCollectors } from '../agent/collectors/nvidia.ts';
import { readTree } from '../agent/host/tree.ts';
import { WANTED_FIELDS } from '../agent/parse/smi-fields.ts';
import { openReplay } from '../agent/replay.ts';
import { captureOf } from './capture-builder/node.ts';
import { SCENES } from './capture-builder/scenes.ts';
import { lookWith } from './fake-nvidia-smi/gpu-node.ts';

const CAPTURES = join(import.meta.dirname, 'captures');
const names = globSync('*/capture.json', { cwd: CAPTURES }).map(dirname).map((path) => basename(path)).toSorted();

test.each(SCENES.map((node) => [node.name, node] as const))('%s is what `node test/capture-builder/main.ts` writes', async (name, node) => {
  const written = [...(await readTree(join(CAPTURES, name)))].flatMap(([path, entry]): [string, string][] => {
    if (entry.kind === 'directory') return [];
    return [[path.slice(1), entry.kind === 'file' ? entry.text : `-> ${entry.target}`]];
  });
  const built = [...captureOf(node)].flatMap(([path, entry]): [string, string][] => {
    if ('empty' in entry) return [];
    return [[path, 'text' in entry ? entry.text : `-> ${entry.link}`]];
  });
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(built));
});

test('every capture is made up, or one of a real kernel', () => {
  const made = SCENES.map(({ name }) => name);
  expect(names.filter((name) => !made.includes(name) && !/^(rdma-lab|recorded)-/.test(name))).toEqual([]);
});

test.each(names)('%s opens as a node', async (name) => {
  const host = await openReplay(join(CAPTURES, name), { monotonicSeconds: () => 0 });
  expect(await host.readText('/proc/sys/kernel/random/boot_id')).toMatch(/^[0-9a-f-]{36}\n$/);
});

const withGpus = SCENES.flatMap(({ name, gpus }) => (gpus ? [[name, gpus] as const] : []));

test.each(withGpus)('nvidia-smi on %s tells of each GPU of its PCI bus, in both of its streams', async (name, { addresses, driver }) => {
  const host = await openReplay(join(CAPTURES, name), { monotonicSeconds: () => 0 });
  const collectors = nvidiaCollectors({ intervalSeconds: 5, timing: { now: () => 0 } });
  const { query, dmon } = await lookWith(collectors, host);
  for (const collector of collectors) collector.close?.();
  if (query.status !== 'ok' || dmon.status !== 'ok') throw new Error(JSON.stringify({ query, dmon }));
  expect(query.value.driverVersion).toBe(driver);
  expect(query.value.gpus.map(({ pciAddress }) => pciAddress)).toEqual(addresses);
  expect(new Set(query.value.gpus.map(({ uuid }) => uuid)).size).toBe(addresses.length);
  expect(dmon.value.gpus.map(({ index, samples }) => [index, samples])).toEqual(addresses.map((_, index) => [index, 1]));
});

test('every wanted field of driver 580 is answered or is one that the card has not', async () => {
  const host = await openReplay(join(CAPTURES, 'efa-32-rails'), { monotonicSeconds: () => 0 });
  const collectors = nvidiaCollectors({ intervalSeconds: 5, timing: { now: () => 0 } });
  const { query } = await lookWith(collectors, host);
  for (const collector of collectors) collector.close?.();
  const unknown = query.status === 'ok' ? Object.entries(query.value.gpus[0]?.fields ?? {}).filter(([, { kind }]) => kind === 'unknown') : [];
  expect(unknown.map(([field]) => field)).toEqual(['retired_pages.single_bit_ecc.count', 'retired_pages.double_bit.count', 'retired_pages.pending']);
  expect(WANTED_FIELDS.length).toBe(query.status === 'ok' ? Object.keys(query.value.gpus[0]?.fields ?? {}).length : 0);
});
