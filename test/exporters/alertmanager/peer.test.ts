import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../agent/model.ts';
import { FakePeer, settled, setUp, type Setup } from './fake-peer.ts';
import { finding, oneWay, report } from '../fixture.ts';

const never = new AbortController().signal;

/** Publishes and lets what it set off finish. */
async function look({ exporter }: Setup, findings: readonly Finding[]): Promise<void> {
  await exporter.publish(report({ findings }), never);
  await settled();
}

describe('a peer', () => {
  const refused = (): never => {
    throw Object.assign(new Error('cannot fetch http://alertmanager:9093/api/v2/alerts: ECONNREFUSED'), { code: 'ECONNREFUSED' });
  };

  test('that is away for an hour hears what stands and what ended; each change is logged once', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    await look(setup, [oneWay, finding()]);
    peer.heard();
    peer.answer = refused;
    for (let seconds = 0; seconds < 3600; seconds += 5) {
      await setup.clock.pass(5);
      // The drops end, a lost GPU comes, and goes again before anyone has heard of it.
      const lost = seconds > 600 && seconds < 1200 ? [finding({ rule: 'GpuLost', subject: 'GPU-1' })] : [];
      await look(setup, [oneWay, ...lost]);
    }
    expect(setup.failures()).toBeLessThan(100);
    expect(setup.exporter.peers()).toEqual([{ name: 'http://alertmanager:9093', isUp: false, waiting: 2 }]);
    peer.answer = () => ({ status: 200, body: '' });
    await setup.clock.pass(60);
    expect(peer.heard()).toEqual([
      'FabricOneWayTraffic node until 21:05:13',
      'FabricReceiveDrops rdmap16s0/1 until 20:01:10',
      'GpuLost GPU-1 until 20:21:10',
    ]);
    expect(setup.notes).toEqual([
      'warn Alertmanager takes no alerts; they are kept and sent when it does ' +
        '{"alertmanager":"http://alertmanager:9093","reason":"cannot fetch http://alertmanager:9093/api/v2/alerts: ECONNREFUSED","waiting":1}',
      'info Alertmanager takes alerts again after 1 h {"alertmanager":"http://alertmanager:9093"}',
    ]);
    expect(setup.exporter.peers()).toEqual([{ name: 'http://alertmanager:9093', isUp: true, waiting: 0 }]);
  });

  test('is tried again after one, two, four seconds, at last every minute', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    peer.answer = refused;
    await look(setup, [oneWay]);
    const attempts: number[] = [];
    for (const seconds of [0, 1, 2, 4, 8, 16, 32, 60, 60]) {
      await setup.clock.pass(seconds);
      attempts.push(peer.attempts);
    }
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test.each([429, 500, 503, 401, 404, 302])('that answers %i gets the same again', async (status) => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    peer.answer = () => ({ status, body: 'not now' });
    await look(setup, [oneWay, finding()]);
    expect(peer.attempts).toBe(1);
    peer.answer = () => ({ status: 200, body: '' });
    await setup.clock.pass(1);
    expect(peer.heard()).toHaveLength(2);
    expect(setup.notes[0]).toContain(`answered ${status}: not now`);
  });

  test('that says when to come again is not asked before, and not later than five minutes', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    peer.answer = () => ({ status: 429, body: '', retryAfterSeconds: 86_400 });
    await look(setup, [oneWay]);
    await setup.clock.pass(299);
    await look(setup, [oneWay]);
    expect(peer.attempts).toBe(1);
    await setup.clock.pass(1);
    expect(peer.attempts).toBe(2);
  });

  test('that refuses one alert gets the others; it is logged once and tried again much later', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    peer.answer = (alerts) => (alerts.some(({ labels }) => labels['subject'] === 'bad') ? { status: 400, body: '"bad label"' } : { status: 200, body: '' });
    const findings = [finding({ subject: 'one' }), finding({ subject: 'bad' }), finding({ subject: 'two' })];
    await look(setup, findings);
    expect(peer.heard().map((heard) => heard.split(' ')[1])).toEqual(['one', 'two']);
    expect(peer.attempts).toBe(4);
    for (let seconds = 0; seconds < 540; seconds += 60) {
      await setup.clock.pass(60);
      await look(setup, findings);
    }
    expect(peer.attempts).toBe(4 + 9);
    await setup.clock.pass(60);
    await look(setup, findings);
    expect(peer.attempts).toBe(4 + 9 + 4);
    expect(setup.notes).toEqual([
      'warn Alertmanager refuses an alert; the others are sent ' +
        '{"alertmanager":"http://alertmanager:9093","rule":"FabricReceiveDrops","subject":"bad","reason":"answered 400: \\"bad label\\""}',
    ]);
    expect(setup.exporter.peers()).toMatchObject([{ isUp: true, waiting: 0 }]);
  });

  test('that never answers holds up neither the look nor the others', async () => {
    const [stuck, good] = [new FakePeer('http://stuck:9093'), new FakePeer('http://good:9093')];
    const setup = setUp([stuck, good]);
    stuck.answer = () => new Promise(() => {});
    await look(setup, [oneWay]);
    await setup.clock.pass(60);
    await look(setup, []);
    expect(stuck.attempts).toBe(1);
    expect(good.heard()).toEqual(['FabricOneWayTraffic node until 20:05:05', 'FabricOneWayTraffic node until 20:02:05']);
  });

  test('whose clock is ahead is told by its own clock', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    peer.answer = () => ({ status: 200, body: '', dateMs: setup.clock.wallMs() + 3_600_000 });
    await look(setup, [oneWay]);
    expect(peer.heard()).toEqual(['FabricOneWayTraffic node until 20:05:05', 'FabricOneWayTraffic node until 21:05:05']);
    await setup.clock.pass(60);
    await look(setup, [oneWay]);
    expect(peer.heard()).toEqual(['FabricOneWayTraffic node until 21:06:05']);
    expect(setup.notes).toEqual([
      'warn the clock of this node is 1 h behind that of Alertmanager, whose time is used {"alertmanager":"http://alertmanager:9093"}',
    ]);
  });

  test('whose clock jumps at every answer does not make the agent talk without end', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    let hours = 0;
    peer.answer = () => ({ status: 200, body: '', dateMs: setup.clock.wallMs() + (hours += 1) * 3_600_000 });
    await look(setup, [oneWay]);
    expect(peer.attempts).toBe(2);
  });
});

describe('bounds', () => {
  const many = (count: number): readonly Finding[] => Array.from({ length: count }, (_, index) => finding({ subject: `pod-${index}` }));

  test('the worst are sent, in parts, and it is said that some are not', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    await look(setup, many(700));
    expect(peer.taken.map((alerts) => alerts.length)).toEqual([64, 64, 64, 64, 64, 64, 64, 52]);
    expect(peer.taken.flat().at(-1)?.labels['subject']).toBe('pod-499');
    await look(setup, many(700));
    await look(setup, many(1));
    expect(setup.notes).toEqual(['warn too many alerts at once: 200 alerts of the least severe are not sent {}', 'info all alerts are sent again {}']);
  });

  test('a peer that never comes back costs a bounded number of ends, the oldest go first', async () => {
    const [dead, good] = [new FakePeer('http://dead:9093'), new FakePeer('http://good:9093')];
    const setup = setUp([dead, good]);
    dead.answer = () => new Promise(() => {});
    for (let turn = 0; turn < 3; turn += 1) {
      await look(setup, Array.from({ length: 300 }, (_, index) => finding({ subject: `pod-${turn}-${index}` })));
      await look(setup, []);
    }
    expect(good.taken.flat()).toHaveLength(1800);
    expect(setup.exporter.peers()).toEqual([
      { name: 'http://dead:9093', isUp: true, waiting: 500 },
      { name: 'http://good:9093', isUp: true, waiting: 0 },
    ]);
    expect(setup.notes).toEqual(['warn an Alertmanager has been away so long that ends of alerts are given up; it lets those alerts run out {}']);
  });
});
