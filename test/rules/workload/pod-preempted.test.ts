import { describe, expect, it } from 'vitest';

import type { Pod } from '../../../agent/model.ts';
import { podPreempted } from '../../../rules/workload/pod-preempted.ts';
import { judge } from '../fixtures.ts';
import { pod, pods } from './pods.ts';

const target = (reason: string, message: string, changes: Partial<Pod> = {}): Pod =>
  pod({ conditions: [{ type: 'DisruptionTarget', status: 'True', reason, message, since: '2026-11-23T19:59:00Z' }], ...changes });

describe('PodPreempted is silent', () => {
  it('about pods that stay, that are deleted by their owner, and that use no device', () => {
    const deleted = pod({ deletedAt: '2026-11-23T19:59:00Z' });
    const spared = pod({ conditions: [{ type: 'DisruptionTarget', status: 'False', reason: undefined, message: undefined, since: undefined }] });
    expect(judge(podPreempted, pods([deleted, spared, target('EvictionByEvictionAPI', 'x', { requests: {} })]))).toEqual([]);
  });
  it('about one that it has told, also when it is gone', () => {
    const one = target('EvictionByEvictionAPI', 'Eviction API: evicting');
    expect(judge(podPreempted, pods([], { gone: [one] }), pods([one]))).toEqual([]);
  });
});

describe('PodPreempted reports', () => {
  it.each([
    ['PreemptionByScheduler', 'was preempted by the scheduler', 'higher-priority'],
    ['EvictionByEvictionAPI', 'was evicted through the API', 'drained'],
    ['DeletionByTaintManager', 'was deleted because of a taint of its node', 'node-tainted'],
    ['DeletionByPodGC', 'was deleted because its node no longer exists', 'node-gone'],
    ['TerminationByKubelet', 'was terminated by kubelet', 'node-pressure'],
    ['Reason2030', 'was taken away', 'disrupted'],
  ])('%s', (reason, words, cause) => {
    expect(judge(podPreempted, pods([target(reason, 'said so')]), pods([pod()]))).toMatchObject([
      {
        subject: 'ml/grpo-worker-0',
        message: `${words} (RayCluster grpo): said so`,
        happenedAt: '2026-11-23T19:59:00Z',
        evidence: { reason, said: 'said so' },
        causes: [{ cause, likelihood: 'confirmed' }],
      },
    ]);
  });
  it('one that was gone before the look, and an eviction of a Kubernetes without the condition', () => {
    const evicted = pod({ name: 'old', uid: 'old', phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' });
    expect(judge(podPreempted, pods([evicted], { gone: [target('PreemptionByScheduler', 'for ml/other')] }))).toMatchObject([
      { subject: 'ml/old', message: 'was terminated by kubelet (RayCluster grpo): The node was low on resource: memory.' },
      { subject: 'ml/grpo-worker-0' },
    ]);
  });
});
