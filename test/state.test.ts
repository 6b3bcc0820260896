import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Engine, type RememberedEvent } from '../agent/engine.ts';
import type { Judgement } from '../agent/model.ts';
import { StateFile, stateNow } from '../agent/state.ts';
import { defineRule, type Rule } from '../rules/define.ts';
import { efa, ok, report, snapshot as reading } from './exporters/fixture.ts';
import { hostFacts, moment, snapshot } from './snapshot.ts';

const directory = mkdtempSync(join(tmpdir(), 'railmedic-state-'));
afterEach(() => rmSync(join(directory, 'state-8a5edab2.json'), { force: true }));
const look = snapshot({ host: hostFacts() });
const xid: Judgement = { subject: 'GPU-1', message: 'fell off the bus', evidence: { xid: 79, count: 9_007_199_254_740_993n }, happenedAt: moment(0).wall.toISOString() };

/** An agent's engine with one rule, and what that rule yields next. */
function run(lasts: Rule['lasts'], remembered: readonly RememberedEvent[]): { readonly engine: Engine; yields: readonly Judgement[] } {
  const next: { yields: readonly Judgement[] } = { yields: [] };
  const engine = new Engine({
    remembered,
    rules: [
      {
        rule: defineRule({ name: 'Made', title: 'Made', severity: 'critical', page: 'rules/gpu/made.md', needs: ['host'], lasts, clearAfterSeconds: 600, settings: {}, check: () => next.yields }),
        settings: {},
        forSeconds: 0,
        clearAfterSeconds: 600,
        severity: undefined,
        shadow: false,
      },
    ],
  });
  return Object.assign(next, { engine });
}

/** What the next run is told, through the file. */
async function throughTheFile(events: readonly RememberedEvent[]): Promise<readonly RememberedEvent[]> {
  const file = new StateFile(directory, '/');
  await file.write({ bootId: 'b', sequence: 7, devices: [], events }, 0, true);
  return (await new StateFile(directory, '/').read('b'))?.events ?? [];
}

describe('an event outlives a restart of the agent, since the kernel log is not read twice', () => {
  test('what only a reset cures still fires, with its count, its time and its numbers', async () => {
    const before = run('until-reboot', []);
    before.yields = [xid];
    before.engine.look(look, moment(5));
    before.engine.look(look, moment(10));
    const after = run('until-reboot', await throughTheFile(before.engine.events()));
    expect(after.engine.look(look, moment(5000))).toMatchObject([
      { rule: 'Made', subject: 'GPU-1', state: 'firing', count: 2, since: moment(0).wall.toISOString(), message: 'fell off the bus', evidence: { xid: 79, count: '9007199254740993' } },
    ]);
    after.yields = [{ ...xid, happenedAt: moment(5004).wall.toISOString() }];
    expect(after.engine.look(look, moment(5005))).toMatchObject([{ state: 'firing', count: 3 }]);
  });

  test('one that is shown for a while is shown for the rest of it', async () => {
    const before = run('event', []);
    before.yields = [xid];
    before.engine.look(look, moment(5));
    const events = await throughTheFile(before.engine.events());
    const after = run('event', events);
    expect(after.engine.look(look, moment(300)).map(({ state }) => state)).toEqual(['firing']);
    expect(after.engine.look(look, moment(599)).map(({ state }) => state)).toEqual(['firing']);
    expect(after.engine.look(look, moment(601)).map(({ state }) => state)).toEqual(['resolved']);
    expect(run('event', events).engine.look(look, moment(601))).toEqual([]);
  });

  test('a level is not kept: the next look sees it', () => {
    const it = run('level', []);
    it.yields = [xid];
    it.engine.look(look, moment(5));
    expect(it.engine.events()).toEqual([]);
  });

  test('a rule that was turned off meanwhile is not asked for', () => {
    const event: RememberedEvent = { rule: 'Other', symptom: { subject: 's', message: 'm', evidence: {} }, since: '', changedAt: '', lastAt: '', count: 1 };
    expect(run('event', [event]).engine.look(look, moment(0))).toEqual([]);
  });
});

describe('the state file', () => {
  test('of another boot says nothing', async () => {
    const file = new StateFile(directory, '/');
    await file.write({ bootId: 'b', sequence: 7, devices: ['rdmap16s0'], events: [] }, 0, true);
    expect(await file.read('b')).toEqual({ bootId: 'b', sequence: 7, devices: ['rdmap16s0'], events: [] });
    expect(await file.read('c')).toBeUndefined();
  });

  test('without a place in the kernel log is read too', async () => {
    const file = new StateFile(directory, '/');
    await file.write({ bootId: 'b', devices: ['rdmap16s0'], events: [] }, 0, true);
    expect(await file.read('b')).toEqual({ bootId: 'b', devices: ['rdmap16s0'], events: [] });
  });

  test('that an older agent wrote has no events', async () => {
    const file = new StateFile(directory, '/');
    writeFileSync(file.path, '{"bootId":"b","sequence":7,"devices":[]}');
    expect((await file.read('b'))?.events).toEqual([]);
  });

  test.each(['{', '[]', '{"bootId":"b","sequence":"7","devices":[]}', '{"bootId":"b","sequence":7,"devices":[],"events":[{"rule":1}]}'])('%s cannot be used, and says where', async (text) => {
    const file = new StateFile(directory, '/');
    writeFileSync(file.path, text);
    await expect(file.read('b')).rejects.toThrow(`cannot use ${file.path}: `);
  });

  test('keeps the newest 500 of a storm', async () => {
    const file = new StateFile(directory, '/');
    const events = Array.from({ length: 800 }, (_, index) => ({ rule: 'Made', symptom: { subject: `s${index}`, message: 'm', evidence: {} }, since: '', changedAt: '', lastAt: '', count: 1 }));
    await file.write({ bootId: 'b', sequence: 7, devices: [], events }, 0, true);
    expect(JSON.parse(readFileSync(file.path, 'utf8'))).toMatchObject({ events: { length: 500, 0: { symptom: { subject: 's300' } } } });
  });
});

describe('what a run leaves to the next', () => {
  const look = (bootId: string | undefined, ...names: readonly string[]) =>
    report({ nodeGroup: 'gpu', snapshot: reading({ host: ok(hostFacts({ bootId })), infiniband: ok({ devices: names.map((name) => efa(name, 0n, 0n)), vanished: [] }) }) });
  const before = { bootId: 'b', sequence: 7, devices: ['rdmap9s0'], events: [], nodeGroup: 'old' };

  test('is kept without any record of the kernel log: devices and events are of the boot that the host tells', () => {
    const events: readonly RememberedEvent[] = [{ rule: 'Made', symptom: { subject: 's', message: 'm', evidence: {} }, since: '', changedAt: '', lastAt: '', count: 1 }];
    expect(stateNow(look('b', 'rdmap16s0'), undefined, events, undefined)).toEqual({ bootId: 'b', sequence: undefined, devices: ['rdmap16s0'], events, nodeGroup: 'gpu' });
  });

  test('has the place that was read to, else the one it was left itself', () => {
    expect(stateNow(look('b'), { bootId: 'b', sequence: 9 }, [], before)).toMatchObject({ sequence: 9 });
    expect(stateNow(look('b'), undefined, [], before)).toMatchObject({ sequence: 7 });
    expect(stateNow(look('c'), { bootId: 'b', sequence: 9 }, [], before)).toMatchObject({ bootId: 'c', sequence: undefined });
  });

  test('is what it was left itself where it has not looked yet, or could not', () => {
    expect(stateNow(undefined, undefined, [], before)).toEqual(before);
    expect(stateNow(report({ snapshot: reading({}) }), { bootId: 'b', sequence: 9 }, [], before)).toMatchObject({ bootId: 'b', sequence: 9, devices: ['rdmap9s0'] });
  });

  test('is nothing where nobody knows the boot', () => {
    expect(stateNow(look(undefined, 'rdmap16s0'), { bootId: undefined, sequence: 9 }, [], undefined)).toBeUndefined();
  });
});
