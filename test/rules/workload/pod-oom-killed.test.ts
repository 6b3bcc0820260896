import { describe, expect, it } from 'vitest';

import { podOomKilled } from '../../../rules/workload/pod-oom-killed.ts';
import { judge } from '../fixtures.ts';
import { container, pod, pods, state } from './pods.ts';

const killed = state('terminated', { reason: 'OOMKilled', exitCode: 137, startedAt: '2026-11-23T19:00:30Z', finishedAt: '2026-11-23T19:59:00Z' });
const again = state('terminated', { reason: 'OOMKilled', exitCode: 137, finishedAt: '2026-11-23T19:59:50Z' });

describe('PodOomKilled is silent', () => {
  it('about pods that run, that ended otherwise, and that use no device', () => {
    const failed = container({ lastState: state('terminated', { reason: 'Error', exitCode: 137 }) });
    expect(judge(podOomKilled, pods([pod(), pod({ containers: [failed] }), pod({ requests: {}, containers: [container({ lastState: killed })] })]))).toEqual([]);
  });
  it('about a kill that it has told, also when the container has restarted since', () => {
    const before = pods([pod({ containers: [container({ state: killed })] })]);
    const now = pods([pod({ containers: [container({ lastState: killed, restarts: 1 })] })]);
    expect(judge(podOomKilled, now, before)).toEqual([]);
  });
});

describe('PodOomKilled reports', () => {
  it('the limit, when, and how often', () => {
    const now = pods([pod({ containers: [container({ lastState: killed, restarts: 1 })] })]);
    expect(judge(podOomKilled, now, pods([pod()]))).toMatchObject([
      {
        subject: 'ml/grpo-worker-0',
        message:
          'container trainer (RayCluster grpo) was killed at its memory limit of 524 288 MiB at 2026-11-23T19:59:00Z ' +
          '(OOMKilled, exit code 137); 1 restart so far',
        happenedAt: '2026-11-23T19:59:00Z',
        causes: [{ cause: 'host-memory-of-the-job', likelihood: 'likely' }, { cause: 'shared-memory-counts' }],
      },
    ]);
  });
  it('what the limit holds of a model, in host memory, and how to know what is needed', () => {
    const now = pods([pod({ containers: [container({ lastState: killed })] })]);
    expect(judge(podOomKilled, now)).toMatchObject([
      {
        causes: [
          {
            why: expect.stringContaining("At most 275 G parameters of sleeping vLLM's weights (2 bytes each), or 39 G of an offloaded AdamW trainer (14), fit into the limit"),
            fix: [expect.stringMatching(/^railmedic budget train .* 8 times, once for each GPU of this pod$/), expect.any(String)],
          },
          { cause: 'shared-memory-counts' },
        ],
      },
    ]);
    const without = pods([pod({ requests: { 'vpc.amazonaws.com/efa': 4 }, containers: [container({ lastState: killed, memoryLimitBytes: undefined })] })]);
    expect(judge(podOomKilled, without)).toMatchObject([{ causes: [{ why: expect.stringMatching(/offloading more$/) }, {}] }]);
  });
  it('the next one of the same container, and one without a limit', () => {
    const before = pods([pod({ containers: [container({ lastState: killed, restarts: 1 })] })]);
    const now = pods([pod({ containers: [container({ lastState: again, restarts: 2, memoryLimitBytes: undefined })] })]);
    expect(judge(podOomKilled, now, before)).toMatchObject([
      { message: expect.stringContaining('was killed for want of memory (it has no limit of its own) at 2026-11-23T19:59:50Z'), happenedAt: '2026-11-23T19:59:50Z' },
    ]);
  });
});
