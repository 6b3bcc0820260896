import type { Cause, ContainerState, Pod, PodContainer, Pods } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { counted, grouped } from '../words.ts';
import { budgetCommand, hostMemoryWords } from './host-memory.ts';
import { containerFlag, kubectl, subjectOf, usesDevices, workloadWords } from './pod-words.ts';

export const podOomKilled = defineRule({
  name: 'PodOomKilled',
  title: 'A pod that uses GPUs or EFA was killed at its memory limit',
  severity: 'warning',
  page: 'rules/workload/pod-oom-killed.md',
  needs: ['pods'],
  lasts: 'event',
  clearAfterSeconds: 3600,
  settings: {},
  *check(now, before) {
    const earlier = new Set(before && killings(before.pods).map(({ key }) => key));
    for (const { pod, container, state, key } of killings(now.pods)) {
      if (earlier.has(key)) continue;
      yield {
        subject: subjectOf(pod),
        message: messageOf(pod, container, state),
        evidence: {
          podUid: pod.uid,
          container: container.name,
          restarts: container.restarts,
          ...(container.memoryLimitBytes !== undefined && { memoryLimitBytes: container.memoryLimitBytes }),
          ...(state.exitCode !== undefined && { exitCode: state.exitCode }),
        },
        causes: causesOf(pod, container),
        ...(state.finishedAt !== undefined && { happenedAt: state.finishedAt }),
      };
    }
  },
});

interface Killing {
  readonly pod: Pod;
  readonly container: PodContainer;
  readonly state: ContainerState;
  /** The same killing in two looks has the same key: it moves from `state` to `lastState` when the container restarts. */
  readonly key: string;
}

function killings({ pods }: Pods): readonly Killing[] {
  return pods.filter(usesDevices).flatMap((pod) =>
    pod.containers.flatMap((container) =>
      [container.state, container.lastState].flatMap((state) => {
        if (state?.kind !== 'terminated' || state.reason !== 'OOMKilled') return [];
        return [{ pod, container, state, key: JSON.stringify([pod.uid, container.name, state.finishedAt]) }];
      }),
    ),
  );
}

function messageOf(pod: Pod, { name, restarts, memoryLimitBytes }: PodContainer, { exitCode, finishedAt }: ContainerState): string {
  const limit = memoryLimitBytes === undefined ? 'for want of memory (it has no limit of its own)' : `at its memory limit of ${grouped(memoryLimitBytes / 2 ** 20)} MiB`;
  const when = finishedAt === undefined ? '' : ` at ${finishedAt}`;
  const code = exitCode === undefined ? '' : `, exit code ${exitCode}`;
  return `container ${name}${workloadWords(pod)} was killed ${limit}${when} (OOMKilled${code}); ${counted(restarts, 'restart')} so far`;
}

function causesOf(pod: Pod, container: PodContainer): readonly Cause[] {
  const flag = containerFlag(container);
  const inside = kubectl('exec', pod, `${flag} -- sh -c 'df -h /dev/shm; cat /sys/fs/cgroup/memory.stat | grep -E "^(anon|shmem|file) "'`);
  return [
    {
      cause: 'host-memory-of-the-job',
      likelihood: 'likely',
      why: `weights, optimizer states or checkpoints pass through host memory, not the GPU's: loading a model takes its size once a process, offloading more${hostMemoryWords(container)}`,
      check: [kubectl('describe pod', pod, " | grep -A8 -E 'Last State|Limits'"), kubectl('logs --previous --tail=40', pod, flag), inside],
      fix: [budgetCommand(pod), '# then raise resources.limits.memory in its template, or let the job offload less'],
    },
    {
      cause: 'shared-memory-counts',
      likelihood: 'possible',
      why: 'what lies in a Memory-backed /dev/shm counts against the limit: NCCL, data loaders and the Ray object store fill it',
      check: [inside],
      fix: ['# limits.memory at least half as large again as the sizeLimit of /dev/shm'],
    },
  ];
}
