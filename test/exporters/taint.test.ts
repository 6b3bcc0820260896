import { describe, expect, test } from 'vitest';
import { taintExporter } from '../../exporters/taint.ts';
import type { Status } from '../../exporters/node-condition/memory.ts';
import type { ConditionType } from '../../exporters/node-condition/types.ts';
import { FakeApiServer, surroundings } from './kubernetes/fake-api-server.ts';
import { look } from './kubernetes/node-fixture.ts';

const OURS = { key: 'railmedic.io/problem', value: 'agent', effect: 'NoSchedule' };
const CORDON = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: '2026-11-23T19:00:00Z' };

function agent(api = new FakeApiServer()) {
  const around = surroundings(api);
  let statuses = new Map<ConditionType, Status>();
  const exporter = taintExporter({ ...around, nowSeconds: () => around.now, effect: 'NoSchedule', afterSeconds: 300, statuses: () => statuses });
  return {
    api,
    around,
    exporter,
    look: async (seconds: number, fabric?: Status, gpu?: Status): Promise<void> => {
      statuses = new Map([...(fabric ? [['GpuFabricProblem', fabric] as const] : []), ...(gpu ? [['GpuProblem', gpu] as const] : [])]);
      around.now += seconds;
      await exporter.publish(look(around.now - 1000), new AbortController().signal);
      await exporter.settled();
    },
  };
}

describe('the taint', () => {
  test('is set after the condition has been True for long enough, beside those of others', async () => {
    const { api, look } = agent();
    api.taints = [CORDON];
    await look(0, 'True', 'False');
    await look(295, 'True', 'False');
    expect(api.calls).toEqual([]);
    await look(5, 'True', 'False');
    expect(api.taints).toEqual([CORDON, OURS]);
    expect(api.calls[1]).toMatchObject({
      method: 'PATCH',
      path: '/api/v1/nodes/ip-10-0-3-7',
      contentType: 'application/merge-patch+json',
      body: { metadata: { resourceVersion: '1' }, spec: { taints: [CORDON, OURS] } },
    });
    await look(3600, 'True', 'False');
    expect(api.calls).toHaveLength(2);
  });

  test('is taken back when both are False, not when one is Unknown or not judged', async () => {
    const { api, look } = agent();
    api.taints = [CORDON, OURS];
    await look(0, 'False');
    await look(5, 'False', 'Unknown');
    expect(api.calls).toEqual([]);
    await look(5, 'False', 'False');
    expect(api.taints).toEqual([CORDON]);
  });

  test('of another value is a person’s: neither taken back nor doubled', async () => {
    const kept = { ...OURS, value: 'kept' };
    const calm = agent();
    calm.api.taints = [kept];
    await calm.look(0, 'False', 'False');
    expect(calm.api.taints).toEqual([kept]);
    const sick = agent();
    sick.api.taints = [kept];
    await sick.look(0, 'True', 'True');
    await sick.look(300, 'True', 'True');
    expect(sick.api.taints).toEqual([kept]);
  });

  test('that a person took away is not set again before the condition has cleared', async () => {
    const { api, look } = agent();
    await look(0, 'True', 'False');
    await look(300, 'True', 'False');
    api.taints = [];
    await look(3600, 'True', 'False');
    expect(api.taints).toEqual([]);
    await look(5, 'False', 'False');
    await look(5, 'True', 'False');
    await look(300, 'True', 'False');
    expect(api.taints).toEqual([OURS]);
  });

  test('stays when the agent ends', async () => {
    const { api, look, exporter } = agent();
    await look(0, 'True', 'False');
    await look(300, 'True', 'False');
    await exporter.close();
    expect(api.taints).toEqual([OURS]);
  });

  test('a Node that changed meanwhile is read again', async () => {
    const { api, look } = agent();
    await look(0, 'True', 'False');
    let conflicts = 1;
    api.refuse = ({ method }) => (method === 'PATCH' && conflicts-- > 0 ? { status: 409 } : undefined);
    await look(300, 'True', 'False');
    expect(api.taints).toBeUndefined();
    await look(10, 'True', 'False');
    expect(api.taints).toEqual([OURS]);
  });

  test('without the right to it, says which', async () => {
    const { api, look, around } = agent();
    api.refuse = ({ method }) => (method === 'PATCH' ? { status: 403 } : undefined);
    await look(0, 'True', 'False');
    await look(300, 'True', 'False');
    expect(around.notes).toEqual([expect.stringContaining('lacks the right patch on nodes (only the taint needs it)')]);
  });
});
