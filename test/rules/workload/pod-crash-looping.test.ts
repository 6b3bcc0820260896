import { describe, expect, it } from 'vitest';

import { podCrashLooping } from '../../../rules/workload/pod-crash-looping.ts';
import { judge } from '../fixtures.ts';
import { container, pod, pods, state } from './pods.ts';

const crashing = (exitCode: number, message?: string) =>
  container({
    ready: false,
    restarts: 7,
    state: state('waiting', { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' }),
    lastState: state('terminated', { reason: 'Error', exitCode, message, startedAt: '2026-11-23T19:50:00Z', finishedAt: '2026-11-23T19:50:12Z' }),
  });

describe('PodCrashLooping is silent', () => {
  it('about pods that run, that wait for an image, and that use no device', () => {
    const pulling = container({ state: state('waiting', { reason: 'ImagePullBackOff' }) });
    expect(judge(podCrashLooping, pods([pod(), pod({ containers: [pulling] }), pod({ requests: {}, containers: [crashing(1)] })]))).toEqual([]);
  });
});

describe('PodCrashLooping reports', () => {
  it('the last exit code, how long it ran, and its last words', () => {
    expect(judge(podCrashLooping, pods([pod({ containers: [crashing(1, 'ValueError: no GPU\n')] })]))).toMatchObject([
      {
        subject: 'ml/grpo-worker-0',
        message:
          'container trainer (RayCluster grpo) has restarted 7 times; the last run ended after 12 s with exit code 1 (Error); ' +
          'it left this message: ValueError: no GPU',
        evidence: { container: 'trainer', restarts: 7, exitCode: 1, reason: 'Error', lastEnded: '2026-11-23T19:50:12Z' },
        causes: [
          {
            cause: 'application-error',
            likelihood: 'likely',
            check: [
              'kubectl logs --previous --tail=80 -n ml grpo-worker-0 -c trainer',
              'kubectl describe pod -n ml grpo-worker-0',
              'kubectl get events -n ml --field-selector involvedObject.uid=11111111-2222-3333-4444-555555555555 --sort-by=.lastTimestamp',
            ],
          },
        ],
      },
    ]);
  });
  it.each([
    [137, 'SIGKILL, Error', 'killed'],
    [143, 'SIGTERM, Error', 'terminated'],
    [139, 'SIGSEGV, Error', 'native-crash'],
    [135, 'SIGBUS, Error', 'shared-memory-full'],
    [127, 'Error', 'no-such-command'],
    [0, 'Error', 'not-meant-to-end'],
  ])('exit code %i', (code, words, cause) => {
    expect(judge(podCrashLooping, pods([pod({ workload: undefined, containers: [crashing(code)] })]))).toMatchObject([
      { message: expect.stringContaining(`with exit code ${code} (${words})`), causes: [{ cause, likelihood: 'likely' }, { cause: 'application-error', likelihood: 'possible' }] },
    ]);
  });
  it('an init container of a pod with a claim, and one whose last run is forgotten', () => {
    const init = { ...crashing(1), isInit: true, name: 'setup', lastState: undefined, restarts: 1 };
    expect(judge(podCrashLooping, pods([pod({ requests: {}, claims: ['gpu'], containers: [init] })]))).toMatchObject([
      { message: 'init container setup (RayCluster grpo) has restarted 1 time and waits for the next try (CrashLoopBackOff)' },
    ]);
  });
});
