import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KernelLine } from '../../../agent/model.ts';
import { oomKills } from '../../../rules/host/oom-line.ts';

const ID = '0f32894de86edf3d3832702af794874ef8d400b4969acdea4976b12040756e0d';
const POD = '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod968a06fb_9ab9_4819_8caf_0392ddff3d9b.slice';
const CONTAINER = `${POD}/cri-containerd-${ID}.scope`;
const SUMMARY = `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-containerd-${ID}.scope,mems_allowed=0-1,oom_memcg=${POD},task_memcg=${CONTAINER},task=python3,pid=39079,uid=107`;
const KILL =
  'Memory cgroup out of memory: Killed process 39079 (python3) total-vm:59726088kB, anon-rss:8225208kB, file-rss:26912kB, shmem-rss:0kB, UID:107 pgtables:21384kB oom_score_adj:969';

const line = (text: string, sequence = 1): KernelLine => ({ sequence, uptimeSeconds: 1, time: '2026-01-01T00:00:00.000Z', priority: 3, text, fields: {} });
const kills = (...texts: string[]) => [...oomKills(texts.map((text, index) => line(text, index)))];

describe('oomKills is silent', () => {
  test.each([
    ['the summary alone', SUMMARY],
    ['the invocation', 'python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=969'],
    ['the reaper', 'oom_reaper: reaped process 39079 (python3), now anon-rss:0kB, file-rss:0kB, shmem-rss:4kB'],
    ['a line that quotes one', `systemd[1]: saw "${KILL}"`],
    ['a program that kills', 'Killed process 12 (x)'],
    ['a group named and none killed', 'Tasks in /kubepods/pod1 are going to be killed due to memory.oom.group set'],
  ])('%s', (_, text) => {
    expect(kills(text)).toEqual([]);
  });
});

describe('oomKills reports', () => {
  test('a kill in a pod, joined to its summary', () => {
    expect(kills('x', SUMMARY, KILL)).toEqual([
      {
        pid: 39079,
        process: 'python3',
        anonRssBytes: 8_422_612_992,
        cgroup: CONTAINER,
        podUid: '968a06fb-9ab9-4819-8caf-0392ddff3d9b',
        containerId: ID,
        constraint: 'CONSTRAINT_MEMCG',
        line: line(KILL, 2),
      },
    ]);
  });

  test('a kill without its summary, or after that of another process', () => {
    const bare = { cgroup: undefined, podUid: undefined, containerId: undefined, constraint: undefined };
    expect(kills(KILL)).toMatchObject([{ pid: 39079, ...bare }]);
    expect(kills(SUMMARY.replace('39079', '7'), KILL)).toMatchObject([{ pid: 39079, ...bare }]);
  });

  test('the node itself out of memory', () => {
    const summary = 'oom-kill:constraint=CONSTRAINT_NONE,nodemask=0-1,4,cpuset=/,mems_allowed=0,global_oom,task_memcg=/user.slice/a,b,task=my (odd), name,pid=12,uid=0';
    const kill = 'Out of memory: Killed process 12 (my (odd), name) total-vm:2676kB, anon-rss:84kB, file-rss:1468kB, shmem-rss:4kB, UID:0 pgtables:40kB oom_score_adj:0';
    expect(kills(summary, kill)).toMatchObject([
      { process: 'my (odd), name', anonRssBytes: 86_016, cgroup: '/user.slice/a,b', podUid: undefined, constraint: 'CONSTRAINT_NONE' },
    ]);
  });

  test('every process of a container that dies as a whole, each once', () => {
    const group = `Tasks in ${CONTAINER} are going to be killed due to memory.oom.group set`;
    const other = KILL.replace('39079 (python3)', '39080 (ray::IDLE)');
    expect(kills(SUMMARY, KILL, group, KILL, other).map(({ pid, process, containerId }) => [pid, process, containerId])).toEqual([
      [39079, 'python3', ID],
      [39080, 'ray::IDLE', ID],
    ]);
  });

  test.each([
    'Killed process 39079 (python3) total-vm:1kB, anon-rss:2kB, file-rss:0kB, shmem-rss:0kB',
    'Killed process 39079 (python3), UID 1000, total-vm:1kB, anon-rss:2kB, file-rss:0kB, shmem-rss:0kB',
    'Out of memory (oom_kill_allocating_task): Killed process 39079 (python3) total-vm:1kB, anon-rss:2kB, file-rss:0kB',
  ])('wording of another kernel: %s', (text) => {
    expect(kills(text)).toMatchObject([{ pid: 39079, process: 'python3', anonRssBytes: 2048 }]);
  });

  test('a pod of the cgroupfs driver', () => {
    const summary = `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0-1,oom_memcg=/kubepods/burstable/pod28fcb1a0-a45c-44e7-b9bf-e3b9360bedba,task_memcg=/kubepods/burstable/pod28fcb1a0-a45c-44e7-b9bf-e3b9360bedba/${ID},task=java,pid=39079,uid=10000`;
    expect(kills(summary, KILL)).toMatchObject([{ podUid: '28fcb1a0-a45c-44e7-b9bf-e3b9360bedba', containerId: ID }]);
  });
});

test('never throws', () => {
  fc.assert(fc.property(fc.array(fc.string()), (texts) => void kills(...texts)));
});
