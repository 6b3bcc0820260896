import type { KernelLine } from '../../agent/model.ts';

/** One process that the kernel killed for want of memory. */
export interface OomKill {
  readonly pid: number;
  /** Attacker-controlled text: escape it wherever it goes. */
  readonly process: string;
  readonly anonRssBytes: number;
  /** Control group of the killed process, from the line that goes before. */
  readonly cgroup: string | undefined;
  readonly podUid: string | undefined;
  readonly containerId: string | undefined;
  /** `CONSTRAINT_MEMCG`: the limit of its control group; `CONSTRAINT_NONE`: the node itself had no memory left. */
  readonly constraint: string | undefined;
  /** The line that says that it was killed. */
  readonly line: KernelLine;
}

/** What the kernel says before and between the kills of one shortage. */
interface Shortage {
  readonly pid: number;
  readonly constraint: string;
  readonly cgroup: string;
  /** Set once the kernel goes on to kill the victim's whole control group. */
  group?: string;
  readonly killed: Set<number>;
}

/**
 * __oom_kill_process, mm/oom_kill.c: `Out of memory: Killed process 1234 (python3) total-vm:…kB, anon-rss:…kB, …`, with
 * `Memory cgroup out of memory` or `Out of memory (oom_kill_allocating_task)` in front; older kernels write none.
 */
const KILLED = /^(?:[A-Z][\w ()]*: )?Killed process (\d+) \((.*)\),?(?: UID:? ?\d+,)? total-vm:\d+kB, anon-rss:(\d+)kB/;
/** dump_oom_summary, mm/oom_kill.c (Linux 5.0 and later). A name may hold commas; what stands around it may not. */
const CONTEXT = /^oom-kill:constraint=(CONSTRAINT_\w+),.*?,task_memcg=(.*),task=.*,pid=(\d+),uid=\d+$/;
/** mem_cgroup_print_oom_group, mm/memcontrol.c: kubelet sets memory.oom.group on version 2, so that all of a container dies. */
const GROUP = /^Tasks in (\/.*) are going to be killed due to memory\.oom\.group set$/;
/** The systemd driver writes `kubepods-burstable-pod<uid with _ for ->.slice`, the cgroupfs driver `kubepods/burstable/pod<uid>`. */
const POD = /kubepods.*?[/-]pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?=[./:]|$)/;
const CONTAINER = /[/:-]([0-9a-f]{64})(?=\.scope|[/:]|$)/g;

/**
 * The OOM kills among these lines, each process once, joined to the summary that went before. A kill whose summary is
 * not among the lines has no control group.
 */
export function* oomKills(lines: readonly KernelLine[]): Generator<OomKill> {
  let shortage: Shortage | undefined;
  for (const line of lines) {
    shortage = parseSummary(line.text) ?? shortage;
    const group = GROUP.exec(line.text)?.[1];
    if (shortage && group !== undefined) shortage.group = group;
    const [, pid, process, anonRss] = KILLED.exec(line.text) ?? [];
    if (pid === undefined || process === undefined || shortage?.killed.has(Number(pid))) continue;
    shortage?.killed.add(Number(pid));
    const cgroup = shortage?.pid === Number(pid) ? shortage.cgroup : shortage?.group;
    const constraint = cgroup === undefined ? undefined : shortage?.constraint;
    const anonRssBytes = Number(anonRss) * 1024;
    yield { pid: Number(pid), process, anonRssBytes, cgroup, ...ownerOf(cgroup ?? ''), constraint, line };
  }
}

function parseSummary(text: string): Shortage | undefined {
  const [, constraint, cgroup, pid] = CONTEXT.exec(text) ?? [];
  if (constraint === undefined || cgroup === undefined) return undefined;
  return { pid: Number(pid), constraint, cgroup, killed: new Set() };
}

function ownerOf(cgroup: string): Pick<OomKill, 'podUid' | 'containerId'> {
  const podUid = POD.exec(cgroup)?.[1]?.replaceAll('_', '-');
  return { podUid, containerId: [...cgroup.matchAll(CONTAINER)].at(-1)?.[1] };
}
