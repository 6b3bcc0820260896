import { describe, expect, test } from 'vitest';
import { conditionRemover } from '../../../exporters/node-condition/remover.ts';
import { oneWay } from '../fixture.ts';
import { FakeApiServer, surroundings } from '../kubernetes/fake-api-server.ts';
import { gpu, look } from '../kubernetes/node-fixture.ts';
import { Agent } from '../kubernetes/watching-agent.ts';

const absent = (why: string) => ({ status: 'absent' as const, why });
const failed = (why: string) => ({ status: 'failed' as const, error: new Error(why) });
const lost = gpu('GpuLost');
const oneWayFound = { ...oneWay, pods: [] };

describe('after a restart of the agent', () => {
  const standing = (fields: Record<string, unknown>): FakeApiServer => {
    const api = new FakeApiServer();
    api.conditions.push({
      status: 'True',
      message: 'what stood there',
      lastHeartbeatTime: '2026-11-23T19:59:00Z',
      lastTransitionTime: '2026-11-23T19:30:00Z',
      ...fields,
    });
    return api;
  };

  test('a True that stands is cleared by the first verdict, not by the first look', async () => {
    const api = standing({ type: 'GpuFabricProblem', reason: 'FabricOneWayTraffic' });
    const agent = new Agent(api);
    // 30 s of window, then as long as the engine would have shown it.
    await agent.watch(85);
    expect(api.condition('GpuFabricProblem')).toMatchObject({ status: 'True', message: 'what stood there', lastTransitionTime: '2026-11-23T19:30:00Z' });
    await agent.watch(15);
    expect(api.condition('GpuFabricProblem')).toMatchObject({ status: 'False', reason: 'NoProblem' });
    expect(api.condition('GpuFabricProblem')?.['lastTransitionTime']).not.toBe('2026-11-23T19:30:00Z');
  });

  test('a True that goes on to hold keeps its time of transition', async () => {
    const api = standing({ type: 'GpuFabricProblem', reason: 'FabricOneWayTraffic' });
    const agent = new Agent(api);
    await agent.watch(30);
    await agent.watch(600, [oneWayFound]);
    expect(api.condition('GpuFabricProblem')).toMatchObject({ status: 'True', reason: 'FabricOneWayTraffic', lastTransitionTime: '2026-11-23T19:30:00Z' });
  });

  test('a True of a rule that is no longer there clears with the first verdict', async () => {
    const api = standing({ type: 'GpuProblem', reason: 'GpuOfYore' });
    const agent = new Agent(api);
    await agent.watch(10);
    expect(api.condition('GpuProblem')).toMatchObject({ status: 'False' });
  });

  test('text that others left on the Node cannot act where the condition is shown', async () => {
    const agent = new Agent(standing({ type: 'GpuProblem', reason: 'GpuRowRemapFailure', message: 'lost\u001b[2J' }));
    await agent.watch(700, [], { 'nvidia-query': failed('no answer') });
    expect(agent.api.condition('GpuProblem')).toMatchObject({ message: 'cannot tell: nvidia-query: no answer; before: GpuRowRemapFailure: lost\\u001b[2J' });
  });

  test('absence of data never heals', async () => {
    const api = standing({ type: 'GpuProblem', reason: 'GpuRowRemapFailure' });
    const agent = new Agent(api);
    await agent.watch(100, [], { 'nvidia-query': failed('no answer') });
    expect(api.condition('GpuProblem')).toMatchObject({ status: 'True' });
    await agent.watch(600, [], { 'nvidia-query': failed('no answer') });
    expect(api.condition('GpuProblem')).toMatchObject({ status: 'Unknown', message: 'cannot tell: nvidia-query: no answer; before: GpuRowRemapFailure: what stood there' });
  });

  test('what only a reset cures stands until the node has booted', async () => {
    const api = standing({ type: 'GpuProblem', reason: 'GpuLost' });
    const agent = new Agent(api);
    await agent.watch(7200);
    expect(api.condition('GpuProblem')).toMatchObject({ status: 'True', reason: 'GpuLost', message: 'what stood there', lastTransitionTime: '2026-11-23T19:30:00Z' });
    const old = standing({ type: 'GpuProblem', reason: 'GpuLost', lastHeartbeatTime: '2026-11-23T18:59:00Z' });
    const booted = new Agent(old);
    await booted.watch(10);
    expect(old.condition('GpuProblem')).toMatchObject({ status: 'False' });
  });

  test('an event is shown as long as its rule says', async () => {
    const api = standing({ type: 'GpuProblem', reason: 'GpuXid' });
    const agent = new Agent(api);
    await agent.watch(1790);
    expect(api.condition('GpuProblem')).toMatchObject({ status: 'True', reason: 'GpuXid' });
    await agent.watch(20);
    expect(api.condition('GpuProblem')).toMatchObject({ status: 'False' });
  });

  test('another fault meanwhile does not end the one that was found', async () => {
    const api = standing({ type: 'GpuProblem', reason: 'GpuLost' });
    const agent = new Agent(api);
    await agent.watch(60, [gpu('GpuRowRemapFailure')]);
    await agent.watch(300);
    expect(api.condition('GpuProblem')).toMatchObject({ status: 'True', reason: 'GpuLost' });
  });
});

describe('trouble', () => {
  test('the API server is away for an hour: what holds then is written, calls are few, both are said once', async () => {
    const agent = new Agent();
    await agent.watch(60);
    agent.api.refuse = () => ({});
    const before = agent.api.calls.length;
    await agent.watch(3600, [lost]);
    expect(agent.api.calls.length - before).toBeLessThan(22);
    agent.api.refuse = () => undefined;
    await agent.watch(400, [oneWayFound]);
    expect(agent.api.condition('GpuFabricProblem')).toMatchObject({ status: 'True', reason: 'FabricOneWayTraffic' });
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'False' });
    expect(agent.around.notes).toHaveLength(2);
    expect(agent.around.notes[0]).toMatch(/^warn: node-condition: PATCH .*no answer.*; tried again in 5 s, said once$/);
    expect(agent.around.notes[1]).toMatch(/^info: node-condition: the API server takes it again, after 1 h/);
    expect(agent.around.failures.length).toBeGreaterThan(5);
  });

  test('429: waits as long as the server wishes', async () => {
    const agent = new Agent();
    agent.api.refuse = () => ({ status: 429, retryAfterSeconds: 120 });
    await agent.watch(115);
    expect(agent.api.calls).toHaveLength(1);
    await agent.watch(60);
    expect(agent.api.calls).toHaveLength(2);
  });

  test('403: says which right is missing, and asks rarely', async () => {
    const agent = new Agent();
    agent.api.refuse = ({ method }) => (method === 'PATCH' ? { status: 403, message: 'nodes "ip-10-0-3-7" is forbidden' } : undefined);
    await agent.watch(1200, [lost]);
    expect(agent.api.patches().length).toBeLessThanOrEqual(8);
    expect(agent.around.notes).toEqual([
      'warn: node-condition: PATCH /api/v1/nodes/ip-10-0-3-7/status: 403: nodes "ip-10-0-3-7" is forbidden; ' +
        "the agent's ServiceAccount lacks the right patch on nodes/status (deploy/ has the role); tried again in 30 s, said once",
    ]);
  });

  test('no such Node: said once, asked rarely', async () => {
    const agent = new Agent();
    agent.api.refuse = () => ({ status: 404, message: 'nodes "ip-10-0-3-7" not found' });
    await agent.watch(3600, [lost]);
    expect(agent.api.calls.length).toBeLessThanOrEqual(16);
    expect(agent.around.notes).toEqual([
      'warn: node-condition: GET /api/v1/nodes/ip-10-0-3-7: 404: nodes "ip-10-0-3-7" not found; ' +
        'expected a Node named ip-10-0-3-7: is it deleted, or --node-name not its name?; tried again in 30 s, said once',
    ]);
  });

  test('a Node that is made anew gets whole entries', async () => {
    const agent = new Agent();
    await agent.watch(60, [lost]);
    agent.api.refuse = () => ({ status: 404 });
    await agent.watch(400, [lost]);
    agent.api.refuse = () => undefined;
    agent.api.conditions = [];
    await agent.watch(700, [lost]);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'True', lastTransitionTime: '2026-11-23T20:00:05Z' });
    expect(agent.api.condition('GpuFabricProblem')).toMatchObject({ status: 'False' });
  });

  test('entries that vanish without a word come back whole', async () => {
    const agent = new Agent();
    await agent.watch(60, [lost]);
    agent.api.conditions = [];
    await agent.watch(420, [lost]);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'True', lastTransitionTime: '2026-11-23T20:00:05Z' });
  });

  test('two agents on one Node: each says once that there is another, and neither writes more than a few times an hour', async () => {
    const api = new FakeApiServer();
    const [sick, blind] = [new Agent(api), new Agent(api)];
    for (let index = 0; index < 60; index += 1) {
      await sick.watch(60, [gpu('GpuRowRemapFailure')]);
      await blind.watch(60);
    }
    for (const agent of [sick, blind]) {
      expect(agent.around.notes).toEqual([expect.stringMatching(/^warn: someone else turned the condition GpuProblem of Node ip-10-0-3-7 at .*: do two agents speak for it\? said once$/)]);
    }
    expect(api.patches().length).toBeLessThan(100);
  });

  test('an answer that is no Node is a failure and no crash', async () => {
    const agent = new Agent();
    agent.api.node = () => 'hello';
    await agent.watch(5, [lost]);
    expect(agent.around.notes).toEqual([expect.stringContaining('cannot read the Node in the answer to GET /api/v1/nodes/ip-10-0-3-7')]);
  });

  test('a kernel log that is absent leaves its rules aside', async () => {
    const agent = new Agent();
    await agent.watch(60, [], { 'kernel-log': absent('no /dev/kmsg') });
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'False', message: 'no critical fault of the GPUs, 2 rules judged' });
  });
});

describe('switched off', () => {
  const remover = async (api: FakeApiServer, looks = 3) => {
    const around = surroundings(api);
    const exporter = conditionRemover(around);
    for (let index = 0; index < looks; index += 1) {
      around.now += 5;
      await exporter.publish(look(index * 5), new AbortController().signal);
      await exporter.settled();
    }
    await exporter.close();
    return around;
  };

  test('what stands from before is taken away, once, and nothing else is', async () => {
    const api = new FakeApiServer();
    api.conditions.push({ type: 'GpuProblem', status: 'True', reason: 'GpuLost' }, { type: 'KernelDeadlock', status: 'False' });
    const { notes } = await remover(api);
    expect(api.calls.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
    expect(api.patches()).toEqual([[{ type: 'GpuProblem', $patch: 'delete' }]]);
    expect(notes).toEqual(['info: node-condition: switched off: took away GpuProblem, which an earlier agent had left']);
  });

  test('a Node without them is only read, once; without the right to it, nothing is asked again', async () => {
    const api = new FakeApiServer();
    await remover(api);
    expect(api.calls.map(({ method }) => method)).toEqual(['GET']);
    const closed = new FakeApiServer();
    closed.refuse = () => ({ status: 403 });
    await remover(closed, 300);
    expect(closed.calls).toHaveLength(1);
  });
});
