import { describe, expect, test } from 'vitest';
import type { Finding, PodName } from '../../agent/model.ts';
import { HOSTILE, HOSTILE_VISIBLE, oneWay } from './fixture.ts';
import { FakeApiServer } from './kubernetes/fake-api-server.ts';
import { fabric, gpu, podsOf } from './kubernetes/node-fixture.ts';
import { Agent } from './kubernetes/telling-agent.ts';

const drops = fabric('FabricReceiveDrops', { severity: 'warning', subject: 'rdmap16s0/1' });
const held = (namespace: string, name: string): PodName => ({ namespace, name, gpus: 8, efa: 4, rdma: 0 });
const ended = (finding: Finding, changedAt: string): Finding => ({ ...finding, state: 'resolved', changedAt });

describe('an Event', () => {
  test('on the Node, when a finding begins', async () => {
    const agent = new Agent();
    await agent.look(5, [{ ...oneWay, pods: [] }]);
    expect(agent.api.made()).toEqual(['GET /api/v1/nodes/ip-10-0-3-7', 'POST /apis/events.k8s.io/v1/namespaces/default/events']);
    expect(agent.api.calls[1]?.body).toEqual({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: expect.stringMatching(/^ip-10-0-3-7\.[0-9a-f]{16}$/), namespace: 'default', labels: { 'app.kubernetes.io/name': 'railmedic' } },
      eventTime: '2026-11-23T20:01:00.000000Z',
      reportingController: 'railmedic.io/agent',
      reportingInstance: 'ip-10-0-3-7',
      action: 'Diagnose',
      reason: 'FabricOneWayTraffic',
      regarding: { apiVersion: 'v1', kind: 'Node', name: 'ip-10-0-3-7', uid: 'uid-of-node' },
      note:
        'every EFA device that sends receives nothing: 2 ports sent 36 394 packets in 10 s, received 0 (none has ever received one since its ' +
        'counters began); likely: the security group sg-0aaa1111bbbb2222c has no egress rule to itself; 0.0.0.0/0 does not count for EFA; ' +
        'railmedic explain FabricOneWayTraffic',
      type: 'Warning',
    });
  });

  test('and a Normal one when it ends; none while nothing changes', async () => {
    const agent = new Agent();
    for (let index = 0; index < 100; index += 1) await agent.look(5, [{ ...drops, message: `dropped ${index} packets` }]);
    expect(agent.events()).toHaveLength(1);
    await agent.look(5, [ended(drops, '2026-11-23T20:13:00.000Z')]);
    await agent.look(5, [ended(drops, '2026-11-23T20:13:00.000Z')]);
    await agent.look(5);
    expect(agent.events().slice(1)).toEqual([
      expect.objectContaining({
        type: 'Normal',
        action: 'Resolve',
        reason: 'FabricReceiveDrops',
        eventTime: '2026-11-23T20:13:00.000000Z',
        note: 'over after 12 min: rdmap16s0/1: dropped 18 204 received packets in 10 s (1 820 a second, limit 100)',
      }),
    ]);
  });

  test('another one when it gets worse', async () => {
    const agent = new Agent();
    await agent.look(500, [drops]);
    await agent.look(100, [{ ...drops, severity: 'critical', changedAt: '2026-11-23T20:09:00.000Z' }]);
    expect(agent.api.made().filter((one) => one.startsWith('P'))).toHaveLength(2);
  });

  test('none of what can no longer be judged, nor when it can again', async () => {
    const agent = new Agent();
    await agent.look(5, [drops]);
    await agent.look(5, [{ ...drops, state: 'unknown' }]);
    await agent.look(5, [drops]);
    expect(agent.events()).toHaveLength(1);
    expect(agent.api.calls).toHaveLength(2);
  });

  test('none of info, shadow and silenced findings; none of their end', async () => {
    const agent = new Agent();
    await agent.look(5, [{ ...drops, severity: 'info' }, { ...drops, rule: 'A', shadow: true }, { ...drops, rule: 'B', suppressed: 'known' }]);
    expect(agent.api.calls).toEqual([]);
    await agent.look(5, [drops]);
    await agent.look(5, [{ ...drops, suppressed: 'known' }]);
    await agent.look(5);
    expect(agent.events()).toHaveLength(1);
  });

  test('one for all devices that fail at once, within 1024 bytes, with hostile text made visible', async () => {
    const agent = new Agent();
    const ports = Array.from({ length: 32 }, (_, index) => ({ ...drops, subject: `rdmap${index}s0/1`, message: `${HOSTILE} 太太太 dropped` }));
    await agent.look(5, ports);
    expect(agent.events()).toHaveLength(1);
    const note = String(agent.events()[0]?.['note']);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/; and \d+ more; railmedic explain FabricReceiveDrops$/);
    expect(note).toContain(`rdmap0s0/1: ${HOSTILE_VISIBLE} 太太太 dropped; rdmap1s0/1: `);
  });
});

describe('pods', () => {
  const worker = { namespace: 'ml', name: 'grpo-worker-0', uid: 'uid-of-pod' };
  const concerned = { ...drops, pods: [held('ml', 'grpo-worker-0')] };

  test('each one concerned has its own, which names the node', async () => {
    const agent = new Agent();
    await agent.look(5, [concerned], { pods: podsOf(worker) });
    expect(agent.api.made().slice(1)).toEqual(['POST /apis/events.k8s.io/v1/namespaces/default/events', 'POST /apis/events.k8s.io/v1/namespaces/ml/events']);
    expect(agent.events()[1]).toMatchObject({
      metadata: { namespace: 'ml', name: expect.stringMatching(/^grpo-worker-0\.[0-9a-f]{16}$/) },
      regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'ml', name: 'grpo-worker-0', uid: 'uid-of-pod' },
      related: { apiVersion: 'v1', kind: 'Node', name: 'ip-10-0-3-7', uid: 'uid-of-node' },
      note: expect.stringMatching(/^node ip-10-0-3-7: rdmap16s0\/1: dropped/),
    });
    await agent.look(5, [concerned], { pods: { status: 'failed', error: new Error('no answer') } });
    await agent.look(5, [concerned], { pods: podsOf(worker) });
    expect(agent.events()).toHaveLength(2);
    await agent.look(5, [], { pods: podsOf(worker) });
    expect(agent.events().map(({ type }) => type)).toEqual(['Warning', 'Warning', 'Normal', 'Normal']);
  });

  test('a fault that concerns 250 pods makes nine Events', async () => {
    const agent = new Agent();
    const pods = Array.from({ length: 250 }, (_, index) => ({ namespace: 'ml', name: `pod-${index}`, uid: `uid-${index}` }));
    await agent.look(5, [{ ...drops, pods: pods.map(({ name }) => held('ml', name)) }], { pods: podsOf(...pods) });
    expect(agent.events()).toHaveLength(9);
  });

  test('a pod without a node is told of by the scheduler', async () => {
    const agent = new Agent();
    const waits = fabric('PodUnschedulable', { page: 'rules/workload/pod-unschedulable.md', pods: [held('ml', 'waits')] });
    await agent.look(5, [waits], { pods: podsOf(worker) });
    expect(agent.api.calls).toEqual([]);
  });

  test('one whose namespace is being deleted holds back no other Event', async () => {
    const agent = new Agent();
    agent.api.refuse = ({ path }) => (path.includes('/ml/') ? { status: 403, message: 'namespace ml is being terminated' } : undefined);
    await agent.look(5, [concerned], { pods: podsOf(worker) });
    await agent.look(5, [concerned, gpu('GpuLost')], { pods: podsOf(worker) });
    expect(agent.events().map(({ reason }) => reason)).toEqual(['FabricReceiveDrops', 'GpuLost']);
    expect(agent.around.notes).toEqual(['info: event: none on pod ml/grpo-worker-0']);
  });

  // 400: an admission webhook that denies and names no status.
  test.each([400, 422])('one that is refused with %d holds back no other Event', async (status) => {
    const agent = new Agent();
    agent.api.refuse = ({ path }) => (path.includes('/ml/') ? { status, message: 'admission webhook denied the request' } : undefined);
    await agent.look(5, [concerned], { pods: podsOf(worker) });
    await agent.look(5, [concerned, gpu('GpuLost')], { pods: podsOf(worker) });
    expect(agent.events().map(({ reason }) => reason)).toEqual(['FabricReceiveDrops', 'GpuLost']);
    expect(agent.around.notes).toEqual(['info: event: none on pod ml/grpo-worker-0']);
    expect(agent.around.failures).toEqual([]);
  });

  test.each([401, 408, 429, 500])('one that is refused with %d for now is sent again', async (status) => {
    const agent = new Agent();
    agent.api.refuse = ({ path }) => (path.includes('/ml/') ? { status } : undefined);
    await agent.look(5, [concerned], { pods: podsOf(worker) });
    expect(agent.around.failures).toEqual(['event']);
    agent.api.refuse = () => undefined;
    await agent.look(60, [concerned], { pods: podsOf(worker) });
    expect(agent.events().map(({ regarding }) => regarding)).toEqual([expect.objectContaining({ kind: 'Node' }), expect.objectContaining({ kind: 'Pod' })]);
  });
});

describe('series', () => {
  test('the same news within six minutes counts the Event up, later ones make another', async () => {
    const agent = new Agent();
    await agent.look(600, [drops]);
    for (let round = 0; round < 3; round += 1) {
      await agent.look(60);
      await agent.look(60, [{ ...drops, changedAt: `2026-11-23T20:1${round}:00.000Z` }]);
    }
    const [warning, normal] = agent.events();
    expect(agent.events()).toHaveLength(2);
    expect(warning).toMatchObject({ type: 'Warning', series: { count: 4, lastObservedTime: '2026-11-23T20:16:00.000000Z' } });
    expect(normal).toMatchObject({ type: 'Normal', series: { count: 3, lastObservedTime: '2026-11-23T20:15:00.000000Z' } });
    const patch = agent.api.calls.find(({ method }) => method === 'PATCH');
    expect(patch).toMatchObject({ contentType: 'application/strategic-merge-patch+json', body: { series: { count: 2 } } });
    await agent.look(10);
    await agent.look(361, [{ ...drops, changedAt: '2026-11-23T20:30:00.000Z' }]);
    expect(agent.events()).toHaveLength(3);
  });

  test('an Event that the API server has dropped is made anew', async () => {
    const agent = new Agent();
    await agent.look(600, [drops]);
    await agent.look(5);
    agent.api.events.clear();
    await agent.look(5, [drops]);
    expect(agent.events()).toEqual([expect.objectContaining({ type: 'Warning', reason: 'FabricReceiveDrops' })]);
    expect(agent.events()[0]).not.toHaveProperty('series');
  });
});

describe('after a restart of the agent', () => {
  test('what was told is not told again', async () => {
    const api = new FakeApiServer();
    const found = [{ ...oneWay, pods: [] }, drops, gpu('GpuLost')];
    await new Agent(api).look(600, found);
    expect(api.events.size).toBe(3);
    const again = new Agent(api, 900);
    await again.look(5, []);
    await again.look(40, found.map((finding) => ({ ...finding, since: '2026-11-23T20:15:45.000Z', changedAt: '2026-11-23T20:15:45.000Z' })));
    expect(api.events.size).toBe(3);
    expect(again.around.notes).toEqual([]);
  });

  test('an event with its own time is another one only when it happened again', async () => {
    const api = new FakeApiServer();
    const xid = gpu('GpuXid', { since: '2026-11-23T19:58:00.000Z' });
    await new Agent(api).look(60, [xid]);
    const again = new Agent(api, 120);
    await again.look(5, [xid]);
    expect(api.events.size).toBe(1);
    const third = new Agent(api, 240);
    await third.look(5, [{ ...xid, since: '2026-11-23T20:03:00.000Z' }]);
    expect(api.events.size).toBe(2);
  });

  test('the same fault a while after the start is news', async () => {
    const api = new FakeApiServer();
    await new Agent(api).look(60, [drops]);
    const again = new Agent(api, 120);
    await again.look(600, [{ ...drops, changedAt: '2026-11-23T20:12:00.000Z' }]);
    expect(api.events.size).toBe(2);
  });
});
