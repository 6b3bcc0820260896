import { describe, expect, it } from 'vitest';

import { kernelOomKill } from '../../../rules/host/kernel-oom-kill.ts';
import { judge } from '../fixtures.ts';
import { kernelLog } from '../kernel-lines.ts';

const POD = '968a06fb-9ab9-4819-8caf-0392ddff3d9b';
const CONTAINER = '0f32894de86edf3d3832702af794874ef8d400b4969acdea4976b12040756e0d';
const CGROUP = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD.replaceAll('-', '_')}.slice/cri-containerd-${CONTAINER}.scope`;

function look(...texts: readonly string[]) {
  return { 'kernel-log': kernelLog(texts) };
}
function context(pid: number, constraint: string, cgroup: string) {
  return `oom-kill:constraint=${constraint},nodemask=(null),cpuset=/,mems_allowed=0-1,oom_memcg=${cgroup},task_memcg=${cgroup},task=python3,pid=${pid},uid=0`;
}
function killed(pid: number, name = 'python3', prefix = 'Memory cgroup out of memory: ') {
  return `${prefix}Killed process ${pid} (${name}) total-vm:59726088kB, anon-rss:8388608kB, file-rss:26912kB, shmem-rss:0kB, UID:0 pgtables:21384kB oom_score_adj:969`;
}

describe('KernelOomKill is silent', () => {
  it('about a log without kills', () => {
    expect(judge(kernelOomKill, look())).toEqual([]);
    expect(judge(kernelOomKill, look('oom_reaper: reaped process 4242 (python3), now anon-rss:0kB', 'Out of memory handling is enabled'))).toEqual([]);
  });
  it('about a kill that another program only tells of', () => {
    expect(judge(kernelOomKill, look(`kubelet[77]: ${killed(4242)}`))).toEqual([]);
  });
});

describe('KernelOomKill reports', () => {
  it('the process, its memory, its pod and its time', () => {
    expect(judge(kernelOomKill, look(context(4242, 'CONSTRAINT_MEMCG', CGROUP), killed(4242)))).toMatchObject([
      {
        subject: 'python3[4242]',
        message: `python3[4242] was killed holding 8 192 MiB: the memory limit of pod ${POD} was reached`,
        happenedAt: '2026-11-23T10:00:01.000Z',
        evidence: { pid: 4242, process: 'python3', anonRssBytes: 8_589_934_592, cgroup: CGROUP, podUid: POD, containerId: CONTAINER },
        causes: [{ cause: 'container-memory-limit', likelihood: 'confirmed' }, { cause: 'node-memory-exhausted' }],
      },
    ]);
  });
  it('a node without memory', () => {
    const lines = look(context(77, 'CONSTRAINT_NONE', '/system.slice/ray.service'), killed(77, 'raylet', 'Out of memory: '));
    expect(judge(kernelOomKill, lines)).toMatchObject([
      {
        subject: 'raylet[77]',
        message: 'raylet[77] was killed holding 8 192 MiB: the node had no memory left',
        causes: [{ cause: 'node-memory-exhausted', likelihood: 'confirmed' }, { cause: 'container-memory-limit' }],
      },
    ]);
  });
  it('a kill whose summary line was not seen', () => {
    expect(judge(kernelOomKill, look(killed(5)))).toMatchObject([{ message: 'python3[5] was killed holding 8 192 MiB: out of memory' }]);
  });
  it('a long name cut to 64 characters', () => {
    expect(judge(kernelOomKill, look(killed(5, 'x'.repeat(300))))).toMatchObject([{ subject: `${'x'.repeat(64)}[5]` }]);
  });
  it('the first of a flood each, the rest as one', () => {
    const kills = Array.from({ length: 1_025 }, (_, pid) => killed(pid + 1));
    const judgements = judge(kernelOomKill, look(...kills));
    expect(judgements).toHaveLength(21);
    expect(judgements.at(-1)).toMatchObject({
      subject: 'node',
      message: '1 005 more processes were killed for want of memory in the same moment',
      evidence: { kills: 1_025, namedKills: 20 },
    });
  });
});
