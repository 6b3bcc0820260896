import { expect, test } from 'vitest';
import { finding, source } from '../fixture.ts';
import { opened } from './opened.ts';

const rails = Array.from({ length: 32 }, (_, index) => finding({ subject: `rdmap${index}s0/1`, message: `dropped ${index} packets` }));

test('thirty-two rails are one block', async () => {
  const lines = await opened('text').logged(rails);
  expect(lines).toHaveLength(1 + 12 + 1 + 3);
  expect(lines[0]).toBe(
    `2026-11-23T20:02:00Z WARNING    FabricReceiveDrops on ${rails.slice(0, 12).map(({ subject }) => subject).join(', ')} and 20 more: Fabric port drops received packets`,
  );
  expect(lines[1]).toBe('    rdmap0s0/1   dropped 0 packets');
  expect(lines[13]).toBe('    and 20 more (/api/v1/report has them all)');
});

test('their ends are one line, and so is what cannot be judged for one reason', async () => {
  const { logged } = opened('text');
  await logged(rails.slice(0, 2));
  const why = { state: 'unknown', message: 'cannot be judged now: the device is gone' } as const;
  expect(await logged(rails.slice(0, 2).map((rail) => ({ ...rail, ...why })))).toEqual([
    '2026-11-23T20:02:10Z UNKNOWN    FabricReceiveDrops on rdmap0s0/1, rdmap1s0/1: cannot be judged now: the device is gone',
  ]);
  expect(await logged([])).toEqual(['2026-11-23T20:02:20Z CLEARED    FabricReceiveDrops on rdmap0s0/1, rdmap1s0/1 after 1 min 20 s']);
});

test('other causes are another block, and JSON has each by itself', async () => {
  const cause = { cause: 'other', likelihood: 'likely', why: 'another one', check: [], fix: [] } as const;
  const two = [finding(), finding({ subject: 'rdmap17s0/1', causes: [cause] })];
  expect((await opened('text').logged(two)).filter((line) => line.includes('WARNING'))).toHaveLength(2);
  expect(await opened('json').logged(rails)).toHaveLength(32);
});

test('sources that fail for one reason', async () => {
  const sources = (['nvidia-query', 'nvidia-dmon'] as const).map((name) => source(name, { status: 'failed', why: 'nvidia-smi does not answer' }));
  expect(await opened('text').logged([], { sources })).toEqual(['2026-11-23T20:02:00Z SOURCE     nvidia-query, nvidia-dmon not seen: nvidia-smi does not answer']);
});
