import type { GpuProcess, XidEvent } from '../../agent/model.ts';
import { grouped } from '../words.ts';
import { EKS_AGENT_DATE, EKS_GUIDE_DATE, type Xid } from './xid-catalogue.ts';

/** A process names itself: what a message holds of it is short; exporters escape it. */
const NAME_LENGTH = 64;

/** NVIDIA's buckets of what to do at once, in words. */
const STEPS: Readonly<Record<string, string>> = {
  IGNORE: 'nothing',
  RESTART_APP: 'restart the application',
  RESET_GPU: 'reset the GPU',
  RESTART_VM: 'restart the virtual machine',
  RESTART_BM: 'restart the machine',
  UPDATE_SWFW: 'update software and firmware',
  CHECK_UVM: 'check UVM',
  CHECK_MECHANICALS: 'check power and seating',
  CONTACT_SUPPORT: 'contact support',
  WORKFLOW_XID_45: 'follow the Xid before it (alone: restart the fabric manager)',
  WORKFLOW_XID_48: 'reset the GPU, then look at its ECC counters',
  WORKFLOW_NVLINK_ERR: 'decode the registers in the line',
  WORKFLOW_NVLINK5_ERR: 'decode the line (a following Xid 154 names the action)',
  XID_154: 'what the line says',
};

/** What NVIDIA says is to be done at once. */
export function firstStep(xid: Xid | undefined): string {
  if (xid === undefined) return 'it is in no catalogue known here';
  return xid.immediate === undefined ? 'NVIDIA states no action' : `NVIDIA's first step: ${STEPS[xid.immediate] ?? xid.immediate}`;
}

/** Whether EKS would mend the node by itself, and by whose word. */
export function eksWords(xid: Xid | undefined): string {
  if (xid?.eksActs === true) return `EKS auto repair acts on it (agent of ${EKS_AGENT_DATE})`;
  const formerly = xid?.eksFormerly === undefined ? '' : `; the guide of ${EKS_GUIDE_DATE} had it ${xid.eksFormerly}`;
  return `EKS auto repair does not act on it (agent of ${EKS_AGENT_DATE}${formerly})`;
}

/** `once`, `3 times`, `13 300 times, 800 000 in all`. */
export function howOften(events: readonly XidEvent[]): string {
  const count = countOf(events);
  const total = Math.max(count, ...events.map((event) => event.total));
  const now = count === 1 ? 'once' : `${grouped(count)} times`;
  return total > count ? `${now}, ${grouped(total)} in all` : now;
}

export function countOf(events: readonly XidEvent[]): number {
  return events.reduce((sum, { count }) => sum + count, 0);
}

/** Each process of these events once, by its pid. */
export function processesOf(events: readonly XidEvent[]): readonly GpuProcess[] {
  const byPid = new Map(events.flatMap(({ process }) => (process ? [[process.pid, process] as const] : [])));
  return [...byPid.values()];
}

/** ` by bad[858] of pod 968a…`; empty when no line names a process. */
export function byWhom(processes: readonly GpuProcess[]): string {
  const [first] = processes;
  if (!first) return '';
  const pod = first.podUid === undefined ? '' : ` of pod ${first.podUid}`;
  const others = processes.length === 1 ? '' : ` and ${processes.length - 1} more`;
  return ` by ${processName(first)}${pod}${others}`;
}

export function processName({ name, pid }: GpuProcess): string {
  return `${name === undefined ? 'process ' : name.slice(0, NAME_LENGTH)}[${pid}]`;
}
