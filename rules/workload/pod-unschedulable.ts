import type { Pod, Pods, Symptom } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { hasRoom, obstacles, schedulerReasons, type Obstacles } from './placement.ts';
import { askedWords, secondsFrom, spanWords, subjectOf, unseenPods, usesDevices, workloadWords } from './pod-words.ts';
import { refusedCauses, unschedulableCauses } from './unschedulable-causes.ts';

/** Reasons with which kubelet fails a pod that the scheduler had sent to it (pkg/kubelet/lifecycle, cm/topologymanager). */
const REFUSED = /^(UnexpectedAdmissionError|TopologyAffinityError|NodeAffinity|OutOf.+|Outof.+|PreemptionFailed)$/;

export const podUnschedulable = defineRule({
  name: 'PodUnschedulable',
  title: 'A pod that asks for GPUs or EFA finds no node',
  severity: 'warning',
  page: 'rules/workload/pod-unschedulable.md',
  needs: ['pods'],
  forSeconds: 60,
  settings: {},
  *check(now) {
    const { pods } = now;
    yield* unseenPods(pods);
    for (const pod of pods.unscheduled) if (usesDevices(pod) && concernsNode(pod, pods)) yield waiting(pod, pods);
    for (const pod of pods.pods) if (usesDevices(pod) && pod.phase === 'Failed' && REFUSED.test(pod.reason ?? '')) yield refused(pod);
  },
});

/**
 * A pod that waits because every node is full waits for its turn, and a pod for another pool is that pool's. This node
 * speaks of those whose GPUs it has free and that may come here, or that no node of the cluster may take. Of a pod that
 * asks by claim alone nobody knows what is free.
 */
function concernsNode(pod: Pod, pods: Pods): boolean {
  const verdict = scheduled(pod);
  // A gate is somebody's will (Kueue, a job controller).
  if (verdict?.status !== 'False' || verdict.reason === 'SchedulingGated') return false;
  const room = hasRoom(pod, pods);
  if (room === false) return false;
  const told = schedulerReasons(verdict.message ?? '');
  const elsewhere = told?.reasons.find(({ text }) => /affinity|selector/.test(text))?.count ?? 0;
  return (room === true && obstacles(pod, pods).selectors.length === 0) || (told !== undefined && elsewhere === told.nodes);
}

function scheduled({ conditions }: Pod): Pod['conditions'][number] | undefined {
  return conditions.find(({ type }) => type === 'PodScheduled');
}

function waiting(pod: Pod, pods: Pods): Symptom {
  const verdict = scheduled(pod);
  const found = obstacles(pod, pods);
  const seconds = secondsFrom(verdict?.since ?? pod.createdAt, pods.seenAt);
  const span = seconds === undefined ? '' : ` for ${spanWords(seconds)}`;
  const said = verdict?.message === undefined ? '' : `; the scheduler says: ${verdict.message}`;
  return {
    subject: subjectOf(pod),
    message: `asks for ${askedWords(pod)} and has had no node${span}${workloadWords(pod)}${here(pod, found)}${said}`,
    evidence: {
      podUid: pod.uid,
      asks: Object.entries(pod.requests).map(([resource, amount]) => `${resource}=${amount}`),
      free: Object.entries(pods.free).map(([resource, amount]) => `${resource}=${amount}`),
      ...(verdict?.message !== undefined && { scheduler: verdict.message }),
    },
    causes: unschedulableCauses(pod, pods, found),
  };
}

function here({ requests, claims }: Pod, { short, taints, selectors, isCordoned }: Obstacles): string {
  const parts = [
    ...short.map(({ resource, asked, free, allocatable }) => `${free} of ${allocatable} ${resource} free, ${asked} asked`),
    ...taints.map(({ key, value, effect }) => `a taint it does not tolerate (${key}${value === '' ? '' : `=${value}`}:${effect})`),
    ...selectors.map((text) => `not what it selects: ${text}`),
    ...(isCordoned ? ['cordoned'] : []),
  ];
  if (parts.length > 0) return `; on this node: ${parts.join('; ')}`;
  if (claims.length === 0) return '; this node has room for it';
  return Object.keys(requests).length === 0 ? '' : '; this node has free what it asks for by number, what it claims is not counted';
}

function refused(pod: Pod): Symptom {
  const said = pod.message === undefined ? '' : `: ${pod.message}`;
  return {
    subject: subjectOf(pod),
    title: 'This node refused a pod that asks for GPUs or EFA',
    message: `asks for ${askedWords(pod)} and was refused by kubelet of this node${workloadWords(pod)} with ${pod.reason ?? ''}${said}`,
    evidence: { podUid: pod.uid, reason: pod.reason ?? '', ...(pod.message !== undefined && { kubelet: pod.message }) },
    causes: refusedCauses(pod),
  };
}
