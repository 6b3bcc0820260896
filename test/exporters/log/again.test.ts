import { expect, test } from 'vitest';
import { finding } from '../fixture.ts';
import { opened } from './opened.ts';

const drops = finding();
const over = { ...drops, state: 'resolved', changedAt: '2026-11-23T20:05:10.000Z' } as const;

test('what fires once more within the hour is one line, so that a flapping fault does not fill the log', async () => {
  const { logged } = opened('text');
  await logged([drops]);
  await logged([over]);
  expect(await logged([drops])).toEqual([
    `2026-11-23T20:02:20Z WARNING    FabricReceiveDrops on rdmap16s0/1: fires again 10 s after it cleared (2 times now): ${drops.message}`,
  ]);
  await logged([over]);
  expect(await logged([drops], { takenAt: '2026-11-23T20:20:00.000Z' })).toEqual([
    `2026-11-23T20:20:00Z WARNING    FabricReceiveDrops on rdmap16s0/1: fires again 17 min 30 s after it cleared (3 times now): ${drops.message}`,
  ]);
});

test('it is a block again when it is critical now, of another cause, or quiet for an hour', async () => {
  const { logged } = opened('text');
  const cause = { cause: 'other', likelihood: 'likely', why: 'another one', check: [], fix: [] } as const;
  await logged([drops]);
  await logged([]);
  expect((await logged([{ ...drops, severity: 'critical' }])).length).toBeGreaterThan(1);
  await logged([]);
  expect((await logged([{ ...drops, causes: [cause] }])).length).toBeGreaterThan(1);
  await logged([], { takenAt: '2026-11-23T20:10:00.000Z' });
  expect(await logged([{ ...drops, causes: [cause] }], { takenAt: '2026-11-23T21:09:59.000Z' })).toHaveLength(1);
  await logged([], { takenAt: '2026-11-23T21:10:00.000Z' });
  await logged([], { takenAt: '2026-11-23T22:10:00.000Z' });
  expect((await logged([{ ...drops, causes: [cause] }], { takenAt: '2026-11-23T22:10:10.000Z' })).length).toBeGreaterThan(1);
});
