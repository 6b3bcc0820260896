import { describe, expect, it } from 'vitest';

import type { Pod, PodPlacement, Pods } from '../../../agent/model.ts';
import { schedulerReasons } from '../../../rules/workload/placement.ts';
import { podUnschedulable } from '../../../rules/workload/pod-unschedulable.ts';
import { judge } from '../fixtures.ts';
import { pod, pods } from './pods.ts';

const ANYWHERE: PodPlacement = { nodeSelector: {}, nodeAffinity: [], tolerations: [] };

function waiting(message: string, changes: Partial<Pod> = {}): Pod {
  const scheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, since: '2026-11-23T19:56:00Z' };
  return pod({ phase: 'Pending', containers: [], conditions: [scheduled], placement: ANYWHERE, ...changes });
}

function look(unscheduled: readonly Pod[], changes: Partial<Pods> = {}) {
  return judge(podUnschedulable, pods([], { unscheduled, ...changes }));
}

describe('PodUnschedulable is silent', () => {
  it('without such pods, and about one without GPUs or EFA', () => {
    expect(look([])).toEqual([]);
    expect(look([waiting('0/1 nodes are available: 1 Insufficient cpu.', { requests: {} })])).toEqual([]);
  });
  it('about a pod that waits for its turn: this node has not so many GPUs free', () => {
    expect(look([waiting('0/1 nodes are available: 1 Insufficient nvidia.com/gpu.')], { free: { 'nvidia.com/gpu': 4, 'vpc.amazonaws.com/efa': 4 } })).toEqual([]);
  });
  it('about a gate, and a pod that no scheduler has looked at', () => {
    const gated = { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked', since: undefined };
    expect(look([waiting('', { conditions: [gated] }), waiting('', { conditions: [] })])).toEqual([]);
  });
  it('about a pod of another pool', () => {
    const other = waiting("0/4 nodes are available: 2 Insufficient nvidia.com/gpu, 2 node(s) didn't match Pod's node affinity/selector.", {
      placement: { ...ANYWHERE, nodeSelector: { pool: 'h200' } },
    });
    expect(look([other])).toEqual([]);
  });
});

describe('PodUnschedulable and resource claims', () => {
  const busy = '0/4 nodes are available: 4 cannot allocate all claims.';
  it('says nothing of a pod that asks by claim alone: what is free of that is not known', () => {
    expect(look([waiting(busy, { requests: {}, claims: ['gpus'] })])).toEqual([]);
  });
  it('but that its selector fits no node of the cluster', () => {
    const message = "0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector.";
    const found = look([waiting(message, { requests: {}, claims: ['gpus'], placement: { ...ANYWHERE, nodeSelector: { pool: 'h200' } } })]);
    expect(found).toMatchObject([{ message: expect.stringContaining('; on this node: not what it selects: pool=h200 (this node: gpu); the scheduler says: 0/4'), causes: [{ cause: 'selects-no-node' }, {}] }]);
  });
  it('does not say that there is room where only numbers are counted', () => {
    const found = look([waiting(busy, { requests: { 'nvidia.com/gpu': 8 }, claims: ['efa'] })]);
    expect(found).toMatchObject([{ message: expect.stringContaining('; this node has free what it asks for by number, what it claims is not counted; the scheduler says: 0/4') }]);
  });
});

describe('PodUnschedulable reports', () => {
  it('EFA that this node does not offer, though its GPUs are free', () => {
    const message = '0/2 nodes are available: 2 Insufficient vpc.amazonaws.com/efa. preemption: 0/2 nodes are available: 2 No preemption victims found.';
    const found = look([waiting(message)], { free: { 'nvidia.com/gpu': 8 }, node: { ...pods([]).pods.node, allocatable: { 'nvidia.com/gpu': 8 } } });
    expect(found).toMatchObject([
      {
        subject: 'ml/grpo-worker-0',
        message:
          'asks for 8 nvidia.com/gpu and 4 vpc.amazonaws.com/efa and has had no node for 4 min (RayCluster grpo); ' +
          `on this node: 0 of 0 vpc.amazonaws.com/efa free, 4 asked; the scheduler says: ${message}`,
        causes: [{ cause: 'efa-not-offered', likelihood: 'likely' }, { cause: 'other-constraint' }],
      },
    ]);
  });
  it('a taint that it does not tolerate, with the toleration to add', () => {
    const node = { ...pods([]).pods.node, taints: [{ key: 'nvidia.com/gpu', value: 'true', effect: 'NoSchedule' }, { key: 'soft', value: '', effect: 'PreferNoSchedule' }] };
    expect(look([waiting('0/1 nodes are available: 1 node(s) had untolerated taint {nvidia.com/gpu: true}.')], { node })).toMatchObject([
      {
        message: expect.stringContaining('; on this node: a taint it does not tolerate (nvidia.com/gpu=true:NoSchedule); the scheduler says'),
        causes: [
          { cause: 'taint-not-tolerated', fix: ['# in the pod template:  tolerations: [{ key: nvidia.com/gpu, operator: Equal, value: "true", effect: NoSchedule }]'] },
          { cause: 'other-constraint' },
        ],
      },
    ]);
    const tolerations = [{ key: 'nvidia.com/gpu', operator: 'Exists', value: '', effect: undefined }];
    expect(look([waiting('0/1 nodes are available: 1 Insufficient memory.', { placement: { ...ANYWHERE, tolerations } })], { node })).toMatchObject([
      { message: expect.stringContaining('; this node has room for it; the scheduler says: 0/1 nodes are available: 1 Insufficient memory.'), causes: [{ cause: 'other-constraint' }] },
    ]);
  });
  it('a node that is not ready', () => {
    const node = { ...pods([]).pods.node, taints: [{ key: 'node.kubernetes.io/not-ready', value: '', effect: 'NoSchedule' }] };
    expect(look([waiting('0/1 nodes are available: 1 node(s) had taint {node.kubernetes.io/not-ready: }.')], { node })).toMatchObject([
      { causes: [{ cause: 'node-not-ready', why: 'the control plane keeps pods away from this node: node.kubernetes.io/not-ready', fix: [] }, { cause: 'other-constraint' }] },
    ]);
  });
  it('a selector that fits no node of the cluster, and a cordoned node', () => {
    const message = "0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector.";
    const affinity = [[{ key: 'zone', operator: 'In', values: ['use1-az9'] }]];
    const found = look([waiting(message, { placement: { ...ANYWHERE, nodeSelector: { pool: 'gpus' }, nodeAffinity: affinity } })], {
      node: { ...pods([]).pods.node, isCordoned: true },
    });
    expect(found).toMatchObject([
      {
        message: expect.stringContaining('not what it selects: pool=gpus (this node: gpu); not what it selects: zone In use1-az9 (this node: no such label); cordoned'),
        causes: [{ cause: 'node-cordoned', likelihood: 'confirmed', fix: ['kubectl uncordon ip-10-0-3-7.ec2.internal'] }, { cause: 'selects-no-node' }, { cause: 'other-constraint' }],
      },
    ]);
  });
  it('a pod that kubelet refused', () => {
    const refused = pod({ phase: 'Failed', reason: 'UnexpectedAdmissionError', message: 'Allocate failed due to no healthy devices present; cannot allocate unhealthy devices nvidia.com/gpu' });
    expect(judge(podUnschedulable, pods([refused]))).toMatchObject([
      {
        title: 'This node refused a pod that asks for GPUs or EFA',
        message: expect.stringMatching(/was refused by kubelet of this node \(RayCluster grpo\) with UnexpectedAdmissionError: Allocate failed due to no healthy devices/),
        causes: [{ cause: 'device-plugin', likelihood: 'likely' }, { cause: 'topology-manager', likelihood: 'possible' }],
      },
    ]);
  });
  it('that it cannot tell when the API server does not say, not when it was told not to look', () => {
    expect(look([], { unscheduledMissing: '--no-pending-pods was given' })).toEqual([]);
    expect(look([], { unscheduledMissing: 'GET /api/v1/pods: 403 Forbidden' })).toEqual([
      { undecided: 'node', why: 'pods without a node cannot be seen: GET /api/v1/pods: 403 Forbidden', report: true },
    ]);
  });
  it('names that are none stay out of commands', () => {
    const [found] = look([waiting('0/1 nodes are available: 1 Insufficient memory.', { namespace: 'ml;reboot', name: '$(reboot)', uid: 'x;reboot' })]);
    const causes = found && 'causes' in found ? found.causes : [];
    const text = (causes ?? []).flatMap(({ check, fix }) => [...check, ...fix]).join('\n');
    expect(text).toContain('kubectl describe pod -n "$NAMESPACE" "$POD"');
    expect(text).not.toContain('reboot');
  });
});

it('the scheduler names each reason with a count', () => {
  const text = "0/7 nodes are available: 1 node(s) had untolerated taint {a: b, c}, 2 Insufficient nvidia.com/gpu, 4 node(s) didn't match Pod's node affinity/selector. preemption: 0/7 nodes are available: 7 Preemption is not helpful for scheduling.";
  expect(schedulerReasons(text)).toEqual({
    nodes: 7,
    reasons: [
      { count: 1, text: 'node(s) had untolerated taint {a: b, c}' },
      { count: 2, text: 'Insufficient nvidia.com/gpu' },
      { count: 4, text: "node(s) didn't match Pod's node affinity/selector" },
    ],
  });
  expect(schedulerReasons('running PreBind plugin: timed out')).toBeUndefined();
});
