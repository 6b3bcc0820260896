import { describe, expect, it } from 'vitest';

import type { PodContainer, PodProbe } from '../../../agent/model.ts';
import { podProbeFailing } from '../../../rules/workload/pod-probe-failing.ts';
import { judge } from '../fixtures.ts';
import { container, pod, pods, state } from './pods.ts';

const probe = (kind: PodProbe['kind'], budgetSeconds = 30): PodProbe => ({ kind, what: 'GET :8000/health', budgetSeconds, failureThreshold: 3 });
const unready = (since: string) => [{ type: 'ContainersReady', status: 'False', reason: undefined, message: undefined, since }];
const killed = (exitCode: number, ranSeconds: number, changes: Partial<PodContainer> = {}): PodContainer =>
  container({
    restarts: 2,
    lastState: state('terminated', {
      reason: 'Error',
      exitCode,
      startedAt: new Date(Date.parse('2026-11-23T19:58:00Z') - ranSeconds * 1000).toISOString(),
      finishedAt: '2026-11-23T19:58:00Z',
    }),
    ...changes,
  });

describe('PodProbeFailing is silent', () => {
  it('about pods that are ready, and that use no device', () => {
    const one = container({ ready: false, probes: [probe('readiness')] });
    expect(judge(podProbeFailing, pods([pod(), pod({ requests: {}, containers: [one], conditions: unready('2026-11-23T19:30:00Z') })]))).toEqual([]);
  });
  it('about a model that still loads, a pod that ends, and a Ray worker without a replica', () => {
    const loading = container({ ready: false, probes: [probe('readiness')], state: state('running', { startedAt: '2026-11-23T19:50:00Z' }) });
    const late = unready('2026-11-23T19:55:00Z');
    expect(judge(podProbeFailing, pods([pod({ containers: [loading], conditions: unready('2026-11-23T19:49:59Z') })]))).toEqual([]);
    expect(judge(podProbeFailing, pods([pod({ containers: [loading], conditions: late, deletedAt: '2026-11-23T19:59:00Z' })]))).toEqual([]);
    expect(judge(podProbeFailing, pods([pod({ containers: [loading], conditions: late, role: 'worker' })]))).toEqual([]);
  });
  it('about kills that are old, too early, or for want of memory, and containers without a probe', () => {
    const old = killed(137, 900, { probes: [probe('liveness')], lastState: { ...state('terminated', { exitCode: 137 }), finishedAt: '2026-11-23T19:00:00Z', startedAt: '2026-11-23T18:00:00Z' } });
    const early = killed(137, 10, { probes: [probe('startup', 600), probe('liveness')] });
    const memory = killed(137, 900, { probes: [probe('liveness')] });
    const oom = { ...memory, lastState: memory.lastState && { ...memory.lastState, reason: 'OOMKilled' } };
    for (const one of [old, early, oom, killed(137, 900), killed(1, 900, { probes: [probe('liveness')] })]) {
      expect(judge(podProbeFailing, pods([pod({ containers: [one] })]))).toEqual([]);
    }
  });
});

describe('PodProbeFailing reports', () => {
  it('a container that was ready', () => {
    const one = container({ ready: false, probes: [probe('readiness')] });
    expect(judge(podProbeFailing, pods([pod({ containers: [one], conditions: unready('2026-11-23T19:56:00Z') })]))).toMatchObject([
      {
        subject: 'ml/grpo-worker-0',
        message: 'container trainer (RayCluster grpo) was ready and has not been for 4 min: its readiness probe (GET :8000/health) fails',
        evidence: { probe: 'readiness', inferred: false },
        causes: [{ cause: 'engine-hangs', likelihood: 'likely' }, { cause: 'budget-too-short' }, { cause: 'probe-asks-the-wrong-thing' }],
      },
    ]);
  });
  it('a container that was never ready in an hour', () => {
    const one = container({ ready: false, probes: [probe('readiness')], started: undefined });
    expect(judge(podProbeFailing, pods([pod({ containers: [one], conditions: unready('2026-11-23T19:00:00Z') })]))).toMatchObject([
      { message: expect.stringContaining('has been running for 59 min 30 s and was never ready: its readiness probe (GET :8000/health) has not succeeded once') },
    ]);
  });
  it('a kill by the startup probe, and by the liveness probe', () => {
    const startup = killed(137, 602, { probes: [probe('startup', 600), probe('liveness')], ready: false, started: false });
    expect(judge(podProbeFailing, pods([pod({ containers: [startup] })]))).toMatchObject([
      {
        message: expect.stringContaining('was killed 10 min 2 s after its start: its startup probe (GET :8000/health) allows 10 min; 2 restarts so far'),
        evidence: { probe: 'startup', inferred: true, budgetSeconds: 600 },
        causes: [{ cause: 'budget-too-short', likelihood: 'likely' }, { cause: 'engine-hangs' }, {}],
      },
    ]);
    const liveness = killed(143, 4000, { probes: [probe('startup', 600), probe('liveness')] });
    expect(judge(podProbeFailing, pods([pod({ containers: [liveness] })]))).toMatchObject([
      { message: expect.stringContaining('was killed 1 h 6 min after its start with exit code 143, as by its liveness probe (GET :8000/health)'), evidence: { probe: 'liveness', inferred: true } },
    ]);
  });
});
