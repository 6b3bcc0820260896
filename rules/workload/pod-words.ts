import type { Pod, PodContainer, Pods, Undecided } from '../../agent/model.ts';
import { cannotTell } from '../rates.ts';
import { counted } from '../words.ts';

/** Whether a pod asks for GPUs or fabric devices, by count or by claim: the pods these rules are about. */
export function usesDevices(pod: Pod): boolean {
  return Object.keys(pod.requests).length > 0 || pod.claims.length > 0;
}

export function subjectOf({ namespace, name }: Pick<Pod, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

/** `8 nvidia.com/gpu and 4 vpc.amazonaws.com/efa`. */
export function askedWords({ requests, claims }: Pick<Pod, 'requests' | 'claims'>): string {
  const parts = [
    ...Object.entries(requests).map(([resource, amount]) => `${amount} ${resource}`),
    ...(claims.length > 0 ? [counted(claims.length, 'resource claim')] : []),
  ];
  return parts.length < 2 ? (parts[0] ?? 'nothing') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

/** ` (RayCluster grpo)`; empty for a bare pod. */
export function workloadWords({ workload }: Pick<Pod, 'workload'>): string {
  return workload ? ` (${workload.kind} ${workload.name})` : '';
}

// What goes into a command that a person pastes into a shell is held to the form the API demands, wherever it came from.
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** A name to paste; a variable to fill in where it is none. */
export function pasted(name: string, otherwise: string): string {
  return NAME.test(name) ? name : `"$${otherwise}"`;
}

/** `kubectl logs -n ml grpo-worker-0`, with more behind it. */
export function kubectl(verb: string, { namespace, name }: Pick<Pod, 'namespace' | 'name'>, more = ''): string {
  return `kubectl ${verb} -n ${pasted(namespace, 'NAMESPACE')} ${pasted(name, 'POD')}${more}`;
}

/** The pod's own Events, newest last. Events are kept for an hour by default. */
export function eventsCommand({ namespace, uid }: Pick<Pod, 'namespace' | 'uid'>): string {
  const selector = /^[\w-]{1,64}$/.test(uid) ? uid : '$POD_UID';
  return `kubectl get events -n ${pasted(namespace, 'NAMESPACE')} --field-selector involvedObject.uid=${selector} --sort-by=.lastTimestamp`;
}

export function containerFlag({ name }: Pick<PodContainer, 'name'>): string {
  return ` -c ${pasted(name, 'CONTAINER')}`;
}

/** Seconds from one RFC 3339 time to another; undefined where one is missing or none. */
export function secondsFrom(from: string | undefined, to: string | undefined): number | undefined {
  const seconds = (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** `4 min 10 s`: the two largest units. */
export function spanWords(seconds: number): string {
  const [whole, units] = [Math.round(seconds), [['d', 86_400], ['h', 3600], ['min', 60], ['s', 1]] as const];
  const first = units.findIndex(([, size]) => whole >= size);
  if (first < 0) return '0 s';
  return units
    .slice(first, first + 2)
    .map(([unit, size], index) => [Math.floor(index === 0 ? whole / size : (whole % (units[first]?.[1] ?? 1)) / size), unit] as const)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

/** Holds findings of pods that could be among those not listed. */
export function unseenPods({ unscheduledMissing }: Pods): readonly Undecided[] {
  return unscheduledMissing === undefined || unscheduledMissing.startsWith('--') ? [] : [cannotTell('node', `pods without a node cannot be seen: ${unscheduledMissing}`)];
}
