import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readTree } from '../agent/host/tree.ts';
import { openReplay } from '../agent/replay.ts';
import { captureOf } from './capture-builder/node.ts';
import { SCENES } from './capture-builder/scenes.ts';

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
  expect(names.filter((name) => !made.includes(name) && !name.startsWith('rdma-lab-'))).toEqual([]);
});

test.each(names)('%s opens as a node', async (name) => {
  const host = await openReplay(join(CAPTURES, name), { monotonicSeconds: () => 0 });
  expect(await host.readText('/proc/sys/kernel/random/boot_id')).toMatch(/^[0-9a-f-]{36}\n$/);
});
