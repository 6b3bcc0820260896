import { describe, expect, test } from 'vitest';
import type { Finding, Snapshot } from '../../../agent/model.ts';
import { Allowance } from '../../../exporters/event/allowance.ts';
import { fabric, gpu, podsOf } from '../kubernetes/node-fixture.ts';
import { Agent } from '../kubernetes/telling-agent.ts';

const drops = fabric('FabricReceiveDrops', { severity: 'warning', subject: 'rdmap16s0/1' });
const ended = (finding: Finding, changedAt: string): Finding => ({ ...finding, state: 'resolved', changedAt });

describe('trouble', () => {
  test('Kubernetes 1.20 takes Events about Nodes in kube-system', async () => {
    const agent = new Agent();
    agent.api.refuse = ({ path }) => (path.includes('/default/') ? { status: 422, message: 'does not match event.namespace' } : undefined);
    await agent.look(5, [drops]);
    await agent.look(5, [drops, gpu('GpuLost')]);
    expect([...agent.api.events.keys()].every((key) => key.startsWith('kube-system/'))).toBe(true);
    expect(agent.api.made().filter((one) => one.includes('/default/'))).toHaveLength(1);
    expect(agent.around.notes).toEqual([]);
  });

  test('an hour without the API server: what still stands is told, what came and went is not', async () => {
    const agent = new Agent();
    agent.api.refuse = () => ({});
    for (let index = 0; index < 720; index += 1) await agent.look(5, index % 2 ? [gpu('GpuLost')] : [gpu('GpuLost'), { ...drops, subject: `port-${index}` }]);
    expect(agent.api.calls.length).toBeLessThan(25);
    agent.api.refuse = () => undefined;
    await agent.look(400, [gpu('GpuLost')]);
    expect(agent.events()).toEqual([expect.objectContaining({ reason: 'GpuLost', eventTime: '2026-11-23T20:01:00.000000Z' })]);
    expect(agent.around.notes).toHaveLength(2);
  });

  test('an end that comes while the API server is away is told with the time at which it came', async () => {
    const agent = new Agent();
    await agent.look(60, [drops]);
    agent.api.refuse = () => ({});
    // The engine leaves a resolved finding in the report for ten minutes.
    for (let index = 0; index < 120; index += 1) await agent.look(5, [gpu('GpuLost'), ended(drops, '2026-11-23T20:05:00.000Z')]);
    for (let index = 0; index < 120; index += 1) await agent.look(5, [gpu('GpuLost')]);
    agent.api.refuse = () => undefined;
    await agent.look(400);
    expect(agent.events().filter(({ type }) => type === 'Normal')).toEqual([
      expect.objectContaining({ eventTime: '2026-11-23T20:05:00.000000Z', note: expect.stringMatching(/^over after 4 min: rdmap16s0\/1: dropped/) }),
    ]);
  });

  test('an end that nobody saw is told with the time at which it was missed', async () => {
    const agent = new Agent();
    await agent.look(60, [drops]);
    await agent.look(1200);
    expect(agent.events().at(-1)).toMatchObject({ type: 'Normal', eventTime: '2026-11-23T20:21:00.000000Z', note: expect.stringMatching(/^over after 20 min: /) });
  });

  test('a Node that is made anew is named with its new uid, and its Event is not counted up on the old one', async () => {
    const named = (uid: string): Partial<Snapshot> => {
      const pods = podsOf();
      return { pods: pods.status === 'ok' ? { ...pods, value: { ...pods.value, node: { ...pods.value.node, uid } } } : pods };
    };
    const agent = new Agent();
    await agent.look(600, [drops], named('uid-of-node'));
    await agent.look(60, [], named('uid-of-node'));
    agent.api.uid = 'uid-of-new-node';
    await agent.look(60, [{ ...drops, changedAt: '2026-11-23T20:12:00.000Z' }], named('uid-of-new-node'));
    await agent.look(60, [], named('uid-of-new-node'));
    const uids = agent.events().map(({ type, regarding }) => `${String(type)} ${(regarding as { uid: string }).uid}`);
    expect(uids).toEqual(['Warning uid-of-node', 'Normal uid-of-node', 'Warning uid-of-new-node', 'Normal uid-of-new-node']);
    expect(agent.api.made().filter((one) => one.startsWith('GET'))).toHaveLength(2);
  });

  test('a report that lags behind the Node costs one more question, not one at every Event', async () => {
    const agent = new Agent();
    agent.api.uid = 'uid-of-new-node';
    await agent.look(5, [drops]);
    for (const rule of ['A', 'B', 'C']) await agent.look(60, [drops, gpu(rule)], { pods: podsOf() });
    expect(agent.api.made().filter((one) => one.startsWith('GET'))).toHaveLength(2);
  });

  test('each kind of failure is said once, also where they alternate', async () => {
    const agent = new Agent();
    let calls = 0;
    agent.api.refuse = () => ((calls += 1) % 2 ? { status: 503 } : {});
    for (let index = 0; index < 720; index += 1) await agent.look(5, [drops]);
    expect(calls).toBeGreaterThan(10);
    expect(agent.around.notes).toEqual([expect.stringContaining(': 503: no; tried again'), expect.stringContaining(': no answer: no; tried again')]);
    agent.api.refuse = () => undefined;
    await agent.look(400, [drops]);
    expect(agent.around.notes.at(-1)).toMatch(/^info: event: the API server takes it again, after 1 h/);
    agent.api.refuse = () => ({ status: 503 });
    await agent.look(400, [drops, gpu('GpuLost')]);
    expect(agent.around.notes).toHaveLength(4);
  });

  test('403 names the right', async () => {
    const agent = new Agent();
    agent.api.refuse = ({ method }) => (method === 'POST' ? { status: 403 } : undefined);
    await agent.look(5, [drops]);
    await agent.look(5, [drops]);
    expect(agent.around.notes).toEqual([
      'warn: event: POST /apis/events.k8s.io/v1/namespaces/default/events: 403: no; ' +
        "the agent's ServiceAccount lacks the right create on events in events.k8s.io (deploy/ has the role); tried again in 30 s, said once",
    ]);
  });

  test('a storm of findings makes a burst of Events, then one in five minutes, and the rest later', async () => {
    const agent = new Agent();
    const storm = Array.from({ length: 60 }, (_, index) => gpu(`GpuRule${index}`));
    await agent.look(5, storm);
    expect(agent.events()).toHaveLength(25);
    await agent.look(300, storm);
    expect(agent.events()).toHaveLength(26);
    await agent.look(3600, storm);
    expect(agent.events()).toHaveLength(38);
    expect(agent.around.notes).toEqual(['warn: event: findings change more often than Events may be made; what still holds later is told later, said once']);
  });

  test('all objects together have a limit too', () => {
    const allowance = new Allowance();
    const taken = Array.from({ length: 200 }, (_, index) => allowance.take(`pod-${index}`, 1000)).filter(Boolean);
    expect(taken).toHaveLength(60);
    expect(allowance.take('pod-x', 1009)).toBe(false);
    expect(allowance.take('pod-x', 1010)).toBe(true);
  });
});
