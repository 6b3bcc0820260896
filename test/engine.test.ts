import { describe, expect, test } from 'vitest';
import { configureRules, DEFAULT_CONFIG } from '../agent/config.ts';
import { Engine } from '../agent/engine.ts';
import type { Judgement, Snapshot } from '../agent/model.ts';
import { defineRule, type Rule } from '../rules/define.ts';
import { cannotTell, undecided } from '../rules/rates.ts';
import { device, infiniband, port } from './rules/fixtures.ts';
import { engineWith, hostFacts, moment, snapshot } from './snapshot.ts';

const fabric = (txPackets = 0n, generation = 1): Snapshot =>
  snapshot({
    host: hostFacts(),
    infiniband: infiniband([device({ generation, ports: [port({ hwCounters: { tx_pkts: txPackets } })] })]),
  });
const symptom: Judgement = { subject: 'rdmap16s0/1', message: 'it is broken', evidence: { packets: 3 } };

/** What each look yields, the last one repeated; the states that come out, look by look. */
function states(definition: Parameters<typeof engineWith>[0], looks: readonly (readonly [number, readonly Judgement[] | Error])[]): readonly string[] {
  let yields: readonly Judgement[] = [];
  const engine = engineWith(definition, () => yields);
  return looks.map(([seconds, given]) => {
    const failed = given instanceof Error;
    yields = failed ? [] : given;
    const findings = engine.look(failed ? snapshot({ host: hostFacts(), infiniband: given }) : fabric(), moment(seconds));
    return findings.map((finding) => finding.state).join(',') || '-';
  });
}

describe('a level', () => {
  test('fires at once without forSeconds and is resolved clearAfterSeconds after it went away', () => {
    expect(states({ clearAfterSeconds: 60 }, [[0, [symptom]], [5, []], [60, []], [65, []], [664, []], [665, []]])).toEqual([
      'firing', 'firing', 'firing', 'resolved', 'resolved', '-',
    ]);
  });

  test('must hold for forSeconds without a gap', () => {
    expect(states({ forSeconds: 10 }, [[0, [symptom]], [5, []], [10, [symptom]], [15, [symptom]], [20, [symptom]]])).toEqual([
      '-', '-', '-', '-', 'firing',
    ]);
  });

  test('that comes back while it clears goes on firing', () => {
    expect(states({ clearAfterSeconds: 60 }, [[0, [symptom]], [5, []], [50, [symptom]], [70, []], [129, []], [131, []]])).toEqual([
      'firing', 'firing', 'firing', 'firing', 'firing', 'resolved',
    ]);
  });

  test('is unknown while its source fails, however long, and fires again with the source', () => {
    const gone = new Error('cannot list /sys/class/infiniband: EIO');
    expect(states({ clearAfterSeconds: 60 }, [[0, [symptom]], [5, gone], [5000, gone], [5005, [symptom]]])).toEqual([
      'firing', 'unknown', 'unknown', 'firing',
    ]);
  });

  test('that was unknown needs the full clear time of looks that could see', () => {
    const gone = new Error('EIO');
    expect(states({ clearAfterSeconds: 60 }, [[0, [symptom]], [5, gone], [500, []], [555, []], [560, []]])).toEqual([
      'firing', 'unknown', 'unknown', 'unknown', 'resolved',
    ]);
  });

  test('whose subject cannot be judged is unknown; a subject that never fired is not made by that', () => {
    expect(states({}, [[0, [undecided('rdmap16s0/1', 'no baseline')]], [5, [symptom]], [10, [undecided('rdmap16s0/1', 'no baseline')]]])).toEqual([
      '-', 'firing', 'unknown',
    ]);
  });

  test('whose rule says that a fault could hide is unknown at once, and gone when it can be seen', () => {
    expect(states({}, [[0, [cannotTell('node', 'IMDS did not answer')]], [5, []]])).toEqual(['unknown', '-']);
  });

  test('makes no finding where the source that would tell is absent on this node', () => {
    expect(states({}, [[0, [cannotTell('node', 'no zone is known', 'imds')]]])).toEqual(['-']);
    expect(states({}, [[0, [cannotTell('node', 'no zone is known', 'infiniband')]]])).toEqual(['unknown']);
  });

  test('that could hide a fault and now only has no baseline is no longer worth a word', () => {
    const why = [undecided('node', 'no earlier look')];
    expect(states({ forSeconds: 10 }, [[0, [cannotTell('node', 'no answer')]], [5, why], [10, [symptom]], [15, why]])).toEqual(['unknown', '-', '-', '-']);
    const there = { ...symptom, subject: 'node' };
    expect(states({ forSeconds: 10 }, [[0, [cannotTell('node', 'no answer')]], [5, why], [10, [there]], [15, [there]], [20, [there]]])).toEqual([
      'unknown', '-', '-', '-', 'firing',
    ]);
  });

  test('keeps its beginning and tells why it is unknown', () => {
    let yields: readonly Judgement[] = [symptom];
    const engine = engineWith({}, () => yields);
    engine.look(fabric(), moment(0));
    yields = [undecided('rdmap16s0/1', 'its counters began anew')];
    const [finding] = engine.look(fabric(), moment(5));
    expect(finding).toMatchObject({
      state: 'unknown',
      since: '2026-11-23T12:00:00.000Z',
      changedAt: '2026-11-23T12:00:05.000Z',
      message: 'cannot be judged now: its counters began anew; before: it is broken',
    });
  });
});

describe('an event', () => {
  const at = (second: number): Judgement => ({ ...symptom, happenedAt: moment(second).wall.toISOString() });

  test('lasts clearAfterSeconds from when it happened, whether it can be seen or not', () => {
    const event = { lasts: 'event', clearAfterSeconds: 3600 } as const;
    expect(states(event, [[0, [at(-3000)]], [500, new Error('kernel log gone')], [599, []], [600, []]])).toEqual([
      'firing', 'firing', 'firing', 'resolved',
    ]);
  });

  test('that is older than it would be shown is no news', () => {
    expect(states({ lasts: 'event', clearAfterSeconds: 3600 }, [[0, [at(-3600)]]])).toEqual(['-']);
  });

  test('without a time of its own is a state seen again, and is not counted', () => {
    const engine = engineWith({ lasts: 'until-reboot' }, () => [symptom]);
    engine.look(fabric(), moment(0));
    expect(engine.look(fabric(), moment(5))[0]).toMatchObject({ count: 1 });
  });

  test('is counted, and keeps the time of the first', () => {
    const yields: (readonly Judgement[])[] = [[at(0)], [at(5), at(6)]];
    const engine = engineWith({ lasts: 'event', clearAfterSeconds: 3600 }, () => yields.shift() ?? []);
    engine.look(fabric(), moment(1));
    const [finding] = engine.look(fabric(), moment(7));
    expect(finding).toMatchObject({ count: 3, since: '2026-11-23T12:00:00.000Z' });
  });

  test('that only a reset cures ends with the boot', () => {
    const yields: (readonly Judgement[])[] = [[symptom]];
    const engine = engineWith({ lasts: 'until-reboot' }, () => yields.shift() ?? []);
    engine.look(fabric(), moment(0));
    expect(engine.look(fabric(), moment(100_000))[0]?.state).toBe('firing');
    const rebooted = { ...fabric(), ...pick(snapshot({ host: hostFacts({ bootId: 'boot-2' }) })) };
    expect(engine.look(rebooted, moment(100_005))[0]?.state).toBe('resolved');
  });
});

function pick(from: Snapshot): Pick<Snapshot, 'host'> {
  return { host: from.host };
}

describe('what a rule is given', () => {
  function calls(windowSeconds: number | undefined, looks: readonly (readonly [number, Snapshot])[], windowLimitSeconds?: number): readonly string[] {
    const seen: string[] = [];
    const engine = engineWith(
      { settings: windowSeconds === undefined ? {} : { windowSeconds } },
      ({ before, seconds }) => {
        const packets = before?.devices[0]?.ports[0]?.hwCounters['tx_pkts'];
        seen.push(before ? `${seconds}s ${packets ?? 'restarted'}` : 'first');
        return [];
      },
      windowLimitSeconds === undefined ? {} : { windowLimitSeconds },
    );
    for (const [seconds, look] of looks) engine.look(look, moment(seconds));
    return seen;
  }

  test('without a window: the last look, from the second one on', () => {
    expect(calls(undefined, [[0, fabric(1n)], [5, fabric(2n)], [10, fabric(3n)]])).toEqual(['first', '5s 1', '5s 2']);
  });

  test('with a window: the youngest look that is old enough', () => {
    expect(calls(10, [[0, fabric(1n)], [5, fabric(2n)], [10, fabric(3n)], [15, fabric(4n)]])).toEqual(['first', 'first', '10s 1', '10s 2']);
  });

  test('on a short watch: the watch itself', () => {
    expect(calls(30, [[0, fabric(1n)], [5, fabric(2n)], [10, fabric(3n)]], 10)).toEqual(['first', 'first', '10s 1']);
  });

  test('a look without the source is not taken for a baseline', () => {
    const failed = snapshot({ host: hostFacts(), infiniband: new Error('EIO') });
    expect(calls(undefined, [[0, fabric(1n)], [5, failed], [10, fabric(3n)]])).toEqual(['first', '10s 1']);
  });

  test('a device whose counters fell inside the window is left out of before', () => {
    expect(calls(10, [[0, fabric(100n)], [5, fabric(1n)], [10, fabric(200n)], [15, fabric(300n)]])).toEqual([
      'first', 'first', '10s restarted', '10s 1',
    ]);
  });

  test('so is one that was opened anew, though its counters did not fall', () => {
    expect(calls(5, [[0, fabric(1n, 1)], [5, fabric(2n, 2)], [10, fabric(3n, 2)]])).toEqual(['first', '5s restarted', '5s 2']);
  });
});

describe('the agent itself', () => {
  test('a rule that throws is a finding about the agent, holds its findings as unknown, and recovers', () => {
    let fails = false;
    const engine = engineWith({}, () => {
      if (fails) throw new TypeError('x is not a function');
      return [symptom];
    });
    engine.look(fabric(), moment(0));
    fails = true;
    expect(engine.look(fabric(), moment(5)).map(({ rule, state, message }) => [rule, state, message])).toEqual([
      ['AgentRuleFailed', 'firing', 'rule TestRule failed and judges nothing: TypeError: x is not a function'],
      ['TestRule', 'unknown', 'cannot be judged now: the rule failed: TypeError: x is not a function; before: it is broken'],
    ]);
    fails = false;
    engine.look(fabric(), moment(10));
    expect(engine.look(fabric(), moment(75)).map(({ rule, state }) => [rule, state])).toEqual([
      ['TestRule', 'firing'],
      ['AgentRuleFailed', 'resolved'],
    ]);
  });

  test('findings that a rule says explain its own are told with them', () => {
    const engine = engineWith({ name: 'Effect', explainedBy: ['Effect'] }, () => [symptom]);
    expect(engine.look(fabric(), moment(0))[0]).toMatchObject({
      explainedBy: [{ rule: 'Effect', subject: 'rdmap16s0/1' }],
      explains: [{ rule: 'Effect', subject: 'rdmap16s0/1' }],
    });
  });

  test.each([
    ['GPU-1', 'GPU-1 Xid 79', 1],
    ['GPU-1', 'GPU-11 Xid 79', 0],
    ['GPU-1', 'GPU-2', 0],
    ['node', 'GPU-2', 1],
    ['rdmap16s0/1', 'node', 1],
  ])('a fault of %s explains one of %s: %i', (cause, effect, links) => {
    const engine = engineWith({ name: 'Effect', explainedBy: ['Effect'] }, () => [cause, effect].map((subject) => ({ ...symptom, subject })));
    const told = engine.look(fabric(), moment(0)).find(({ subject }) => subject === effect);
    expect(told?.explainedBy.filter(({ subject }) => subject === cause)).toHaveLength(links);
  });

  test.each([
    ['ml/a', 'ml/a', 1],
    ['ml/a', 'ml/b', 0],
    ['ml/a', 'ml/ab', 0],
  ])('a fault of the pod %s explains one of %s: %i', (cause, effect, links) => {
    const rule = (name: string, subject: string, explainedBy: readonly string[] = []): Rule =>
      defineRule({
        name, explainedBy, title: 'A fault of a pod', severity: 'warning', page: `rules/workload/${name}.md`, needs: ['infiniband'], settings: {},
        *check() {
          yield { ...symptom, subject };
        },
      });
    const engine = new Engine({ rules: configureRules(DEFAULT_CONFIG, [rule('Cause', cause), rule('Effect', effect, ['Cause'])]) });
    const told = engine.look(fabric(), moment(0)).find((finding) => finding.rule === 'Effect');
    expect(told?.explainedBy).toHaveLength(links);
  });

  test('wall clock jumps change no state: durations are monotonic', () => {
    const engine = engineWith({ forSeconds: 10, clearAfterSeconds: 60 }, () => [symptom]);
    const jump = (seconds: number, year: number) => engine.look(fabric(), { monotonicSeconds: seconds, wall: new Date(Date.UTC(year, 0, 1)) });
    expect(jump(0, 2026)).toEqual([]);
    expect(jump(5, 2040)).toEqual([]);
    expect(jump(10, 1990)[0]?.state).toBe('firing');
  });

  test('shadow, severity and suppression of the configuration are on the finding', () => {
    const engine = engineWith({}, () => [symptom], { shadow: true, severity: 'info', suppressed: 'known (until 2027)' });
    expect(engine.look(fabric(), moment(0))[0]).toMatchObject({ shadow: true, severity: 'info', suppressed: 'known (until 2027)' });
  });
});
