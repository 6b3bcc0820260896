import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../agent/config.ts';
import { playedLog, treeLog } from './played.ts';

const PAGE = join(import.meta.dirname, '../../../docs/reading-the-log.md');
const directory = mkdtempSync(join(tmpdir(), 'railmedic-log-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const silenced = {
  ...DEFAULT_CONFIG,
  suppressions: [{ rule: 'FabricOneWayTraffic', subject: '*', until: '2026-12-01T00:00:00Z', reason: 'the security group is being replaced, ticket 4711' }],
};

/** What the page shows, by the name before the excerpt. */
const EXCERPTS: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  fault: () => playedLog('efa-one-way', 150),
  again: () => treeLog(directory, 900, (passed) => passed < 60 || (passed >= 150 && passed < 400) || passed > 700),
  many: () => playedLog('rdma-lab-link-down', 120),
  unseen: () => playedLog('rdma-lab-device-made-again', 120),
  xid: () => playedLog('h200-580-xid', 120),
  silenced: async () => (await playedLog('efa-one-way', 60, silenced)).filter((line) => line.includes('SUPPRESSED')),
  json: async () => (await playedLog('h200-580-xid', 0, undefined, 'json')).slice(0, 1),
};

test.each(Object.entries(EXCERPTS))('the excerpt %s is what the program prints', async (name, print) => {
  const page = readFileSync(PAGE, 'utf8');
  const begin = `<!-- excerpt: ${name} -->\n\`\`\`\n`;
  const from = page.indexOf(begin) + begin.length;
  const to = page.indexOf('```\n', from);
  const text = (await print()).map((line) => `${line}\n`).join('');
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(PAGE, page.slice(0, from) + text + page.slice(to));
  expect(from, `docs/reading-the-log.md has no "${begin.trim()}"`).toBeGreaterThan(begin.length);
  expect(readFileSync(PAGE, 'utf8').slice(from, from + text.length), 'UPDATE_GOLDEN=1 vitest run test/exporters/log writes it anew').toBe(text);
});

test('the page has no other excerpts', () => {
  const names = [...readFileSync(PAGE, 'utf8').matchAll(/<!-- excerpt: (\w+) -->/g)].map(([, name]) => name);
  expect(names).toEqual(Object.keys(EXCERPTS));
});
