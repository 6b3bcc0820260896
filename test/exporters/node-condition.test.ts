import { describe, expect, test } from 'vitest';
import { HOSTILE, HOSTILE_VISIBLE, oneWay } from './fixture.ts';
import { FakeApiServer } from './kubernetes/fake-api-server.ts';
import { fabric, gpu, look } from './kubernetes/node-fixture.ts';
import { Agent } from './kubernetes/watching-agent.ts';

const NODE = 'GET /api/v1/nodes/ip-10-0-3-7';
const STATUS = 'PATCH /api/v1/nodes/ip-10-0-3-7/status';
const absent = (why: string) => ({ status: 'absent' as const, why });
const failed = (why: string) => ({ status: 'failed' as const, error: new Error(why) });
const lost = gpu('GpuLost');
const oneWayFound = { ...oneWay, pods: [] };

describe('a fault', () => {
  test('is True with its rule, its cause and what to type', async () => {
    const agent = new Agent();
    await agent.watch(5, [oneWayFound]);
    expect(agent.api.condition('GpuFabricProblem')).toEqual({
      type: 'GpuFabricProblem',
      status: 'True',
      reason: 'FabricOneWayTraffic',
      message:
        'every EFA device that sends receives nothing: 2 ports sent 36 394 packets in 10 s, received 0 (none has ever received one since its ' +
        'counters began); likely: the security group sg-0aaa1111bbbb2222c has no egress rule to itself; 0.0.0.0/0 does not count for EFA; ' +
        'railmedic explain FabricOneWayTraffic',
      lastHeartbeatTime: '2026-11-23T20:00:05Z',
      lastTransitionTime: '2026-11-23T20:00:05Z',
    });
    expect(agent.api.condition('Ready')).toEqual({ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-01T00:00:00Z' });
    expect(agent.api.made()).toEqual([NODE, STATUS]);
  });

  test('clears with its finding, and LastTransitionTime moves only with the status', async () => {
    const agent = new Agent();
    await agent.watch(600, [lost]);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'True', lastTransitionTime: '2026-11-23T20:00:05Z' });
    await agent.watch(5, [{ ...lost, state: 'resolved' }]);
    expect(agent.api.condition('GpuProblem')).toMatchObject({
      status: 'False',
      reason: 'NoProblem',
      message: 'no critical fault of the GPUs, 3 rules judged',
      lastTransitionTime: '2026-11-23T20:10:00Z',
    });
  });

  test('of lesser severity stands in the message only, unless the configuration wants more', async () => {
    const drops = fabric('FabricReceiveDrops', { severity: 'warning', subject: 'rdmap16s0/1' });
    const agent = new Agent();
    await agent.watch(60, [drops]);
    expect(agent.api.condition('GpuFabricProblem')).toMatchObject({
      status: 'False',
      message: 'no critical fault of the fabric, 1 rule judged; warnings: FabricReceiveDrops on rdmap16s0/1',
    });
    const strict = new Agent(new FakeApiServer(), 'warning');
    await strict.watch(60, [drops]);
    expect(strict.api.condition('GpuFabricProblem')).toMatchObject({ status: 'True', reason: 'FabricReceiveDrops' });
  });

  test('of a shadow rule, a silenced one, the host or a workload sets nothing', async () => {
    const agent = new Agent();
    const host = gpu('SharedFilesystemMissing', { page: 'rules/host/shared-filesystem-missing.md' });
    const pod = gpu('PodCrashLooping', { page: 'rules/workload/pod-crash-looping.md' });
    await agent.watch(60, [{ ...lost, shadow: true }, { ...lost, suppressed: 'known (until 2026-12-01)' }, host, pod]);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'False' });
  });
});

describe('the message', () => {
  test('has at most 1024 bytes, the worst first, says how many more, and cuts no character in two', async () => {
    const agent = new Agent();
    const many = Array.from({ length: 40 }, (_, index) => gpu('GpuRowRemapFailure', { subject: `GPU-${index}`, message: 'zu spät … 太晚了 '.repeat(5) }));
    await agent.watch(5, [gpu('GpuLost', { message: `GPU-1 is lost ${HOSTILE}` }), ...many]);
    const message = String(agent.api.condition('GpuProblem')?.['message']);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
    expect(Buffer.byteLength(message)).toBeGreaterThan(850);
    expect(message).toContain(`GPU-1 is lost ${HOSTILE_VISIBLE}; GpuRowRemapFailure: GPU-0: zu spät`);
    expect(message).toMatch(/; and \d+ more; railmedic explain GpuLost$/);
    expect(message).not.toContain('\uFFFD');
  });

  test('of a single finding that is too long is cut', async () => {
    const agent = new Agent();
    await agent.watch(5, [gpu('GpuLost', { message: '太'.repeat(5000) })]);
    const message = String(agent.api.condition('GpuProblem')?.['message']);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
    expect(message).toMatch(/^GPU-1: 太+…; railmedic explain GpuLost$/);
  });
});

describe('requests', () => {
  test('at rest: one heartbeat in five minutes, for both conditions', async () => {
    const agent = new Agent();
    await agent.watch(3600);
    expect(agent.api.calls.length).toBeLessThanOrEqual(15);
    const heartbeats = agent.api.patches().slice(2);
    expect(heartbeats.length).toBeGreaterThanOrEqual(11);
    for (const conditions of heartbeats) {
      expect(conditions.map(({ type }) => type)).toEqual(['GpuFabricProblem', 'GpuProblem']);
      // What the server has is not sent again: nothing can move it.
      expect(conditions.every((one) => !('lastTransitionTime' in one))).toBe(true);
    }
  });

  test('numbers that change in a message cost none before the next heartbeat', async () => {
    const agent = new Agent();
    for (let index = 0; index < 40; index += 1) await agent.watch(5, [gpu('GpuLost', { message: `${index} errors` })]);
    expect(agent.api.made()).toEqual([NODE, STATUS, STATUS]);
    expect(agent.api.patches().map((conditions) => conditions.map(({ type, status }) => `${String(type)} ${String(status)}`))).toEqual([
      ['GpuFabricProblem Unknown', 'GpuProblem True'],
      ['GpuFabricProblem False', 'GpuProblem True'],
    ]);
  });

  test('a fault that comes and goes at every look costs one each time the status turns, other findings one a minute', async () => {
    const agent = new Agent();
    await agent.watch(120, [lost]);
    const before = agent.api.calls.length;
    for (let index = 0; index < 24; index += 1) await agent.watch(5, index % 2 ? [lost] : [lost, gpu('GpuXid')]);
    expect(agent.api.calls.length - before).toBeLessThanOrEqual(3);
  });

  test('publish does not wait for the API server, and one call is out at a time', async () => {
    const agent = new Agent();
    const { promise, resolve } = Promise.withResolvers<void>();
    agent.api.gate = promise;
    for (let seconds = 0; seconds < 60; seconds += 5) await agent.exporter.publish(look(seconds, [lost]), new AbortController().signal);
    expect(agent.api.calls).toHaveLength(1);
    resolve();
    await agent.exporter.settled();
  });

  test('nothing is taken back when the agent ends', async () => {
    const agent = new Agent();
    await agent.watch(5, [lost]);
    const before = agent.api.made().length;
    await agent.exporter.close();
    await agent.exporter.publish(look(10), new AbortController().signal);
    expect(agent.api.made()).toHaveLength(before);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'True' });
  });
});

describe('when the agent cannot see', () => {
  const blind = { 'nvidia-query': failed('nvidia-smi did not answer within 45 s') };

  test('a condition turns Unknown after two minutes, says why and what was before, and comes back', async () => {
    const agent = new Agent();
    await agent.watch(60, [gpu('GpuRowRemapFailure')]);
    const unknown = gpu('GpuRowRemapFailure', { state: 'unknown', message: 'cannot be judged now: nvidia-query: nvidia-smi did not answer within 45 s' });
    await agent.watch(60, [unknown], blind);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'True' });
    await agent.watch(90, [unknown], blind);
    expect(agent.api.condition('GpuProblem')).toMatchObject({
      status: 'Unknown',
      reason: 'CannotTell',
      message: 'cannot tell: nvidia-query: nvidia-smi did not answer within 45 s; before: GpuRowRemapFailure: GPU-1: GPU 1 does not answer; railmedic explain GpuRowRemapFailure',
    });
    expect(agent.api.condition('GpuFabricProblem')).toMatchObject({ status: 'False' });
    await agent.watch(5, [gpu('GpuRowRemapFailure')]);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'True', reason: 'GpuRowRemapFailure' });
  });

  test('a source that misses a few looks turns nothing', async () => {
    const agent = new Agent();
    await agent.watch(60);
    const since = agent.api.condition('GpuProblem')?.['lastTransitionTime'];
    for (let index = 0; index < 10; index += 1) {
      await agent.watch(30, [], blind);
      await agent.watch(30);
    }
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'False', lastTransitionTime: since });
  });

  test('a rule that fails itself hides faults as a failed source does', async () => {
    const agent = new Agent();
    const broken = gpu('AgentRuleFailed', { page: 'rules/host/agent-rule-failed.md', severity: 'warning', subject: 'GpuLost', message: 'rule GpuLost failed and judges nothing' });
    await agent.watch(5, [broken]);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'Unknown', message: 'cannot tell: rule GpuLost failed and judges nothing' });
  });

  test('a node without the hardware has no problem with it', async () => {
    const agent = new Agent();
    await agent.watch(60, [], { infiniband: absent('no /sys/class/infiniband'), 'nvidia-smi': absent('no NVIDIA function on PCI'), 'nvidia-query': absent('no NVIDIA function on PCI') });
    expect(agent.api.condition('GpuFabricProblem')).toMatchObject({ status: 'False', reason: 'NoHardware', message: 'no /sys/class/infiniband' });
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'False', reason: 'NoHardware', message: 'no NVIDIA function on PCI' });
  });

  test('before the first verdict a new Node says so', async () => {
    const agent = new Agent();
    await agent.watch(10);
    expect(agent.api.condition('GpuFabricProblem')).toMatchObject({
      status: 'Unknown',
      reason: 'NotJudgedYet',
      message: 'railmedic has just begun to watch; the first verdict is due in 25 s',
    });
    await agent.watch(30);
    expect(agent.api.condition('GpuFabricProblem')).toMatchObject({ status: 'False', reason: 'NoProblem' });
  });
});
