import type { Cause, Pod, Pods } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { eventsCommand, kubectl, pasted, subjectOf, usesDevices, workloadWords } from './pod-words.ts';

interface Taking {
  readonly cause: string;
  readonly words: string;
  readonly why: string;
}

/** Reasons of the DisruptionTarget condition (https://kubernetes.io/docs/concepts/workloads/pods/disruptions/). */
const TAKINGS: Readonly<Record<string, Taking>> = {
  PreemptionByScheduler: { cause: 'higher-priority', words: 'was preempted by the scheduler', why: 'a pod of higher priority needed its place' },
  EvictionByEvictionAPI: { cause: 'drained', words: 'was evicted through the API', why: 'somebody drained the node: a person, Karpenter (consolidation, expiry, spot), the cluster autoscaler or an upgrade' },
  DeletionByTaintManager: { cause: 'node-tainted', words: 'was deleted because of a taint of its node', why: 'the node got a NoExecute taint that the pod does not tolerate: not ready, unreachable, or a repair that began' },
  DeletionByPodGC: { cause: 'node-gone', words: 'was deleted because its node no longer exists', why: 'the node was removed while the pod was bound to it' },
  TerminationByKubelet: { cause: 'node-pressure', words: 'was terminated by kubelet', why: 'the node ran out of memory, disk or process ids, shut down gracefully, or made room for a critical pod' },
};
const UNKNOWN: Taking = { cause: 'disrupted', words: 'was taken away', why: 'the control plane marked it as disrupted' };

export const podPreempted = defineRule({
  name: 'PodPreempted',
  title: 'A pod that uses GPUs or EFA was taken from its node',
  severity: 'warning',
  page: 'rules/workload/pod-preempted.md',
  needs: ['pods'],
  lasts: 'event',
  clearAfterSeconds: 3600,
  explainedBy: ['InstanceInterruption'],
  settings: {},
  *check(now, before) {
    const earlier = new Set(before && taken(before.pods).map(({ uid }) => uid));
    for (const pod of taken(now.pods)) {
      if (earlier.has(pod.uid)) continue;
      const { reason, message, since } = disruption(pod);
      const taking = TAKINGS[reason ?? ''] ?? UNKNOWN;
      const said = message === undefined ? '' : `: ${message}`;
      yield {
        subject: subjectOf(pod),
        message: `${taking.words}${workloadWords(pod)}${said}`,
        evidence: { podUid: pod.uid, ...(reason !== undefined && { reason }), ...(message !== undefined && { said: message }) },
        causes: [causeOf(pod, taking, now.pods.node.name)],
        ...(since !== undefined && { happenedAt: since }),
      };
    }
  },
});

/** Pods that are marked, still here or gone already; each once. */
function taken({ pods, gone }: Pods): readonly Pod[] {
  const marked = [...pods, ...gone].filter((pod) => usesDevices(pod) && (isMarked(pod) || pod.reason === 'Evicted' || pod.reason === 'Preempting'));
  return [...new Map(marked.map((pod) => [pod.uid, pod])).values()];
}

function isMarked({ conditions }: Pod): boolean {
  return conditions.some(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
}

/** Before Kubernetes 1.26 nothing but the reason of the pod tells of an eviction by kubelet. */
function disruption(pod: Pod): { readonly reason: string | undefined; readonly message: string | undefined; readonly since: string | undefined } {
  const condition = pod.conditions.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
  return condition ?? { reason: 'TerminationByKubelet', message: pod.message, since: pod.deletedAt };
}

function causeOf(pod: Pod, { cause, why }: Taking, nodeName: string): Cause {
  const node = pasted(nodeName, 'NODE');
  const ofNode = `kubectl get events -A --field-selector involvedObject.kind=Node,involvedObject.name=${node}`;
  const protect = `# Karpenter spares pods with the annotation karpenter.sh/do-not-disrupt: "true"; a PodDisruptionBudget holds off drains`;
  const fixes: Readonly<Record<string, readonly string[]>> = {
    'higher-priority': ['# give the job a PriorityClass that is not below its neighbours, or preemptionPolicy: Never to those'],
    drained: [protect],
    'node-tainted': [`kubectl describe node ${node} | sed -n '/Conditions:/,/Addresses:/p'`],
  };
  return {
    cause,
    likelihood: 'confirmed',
    why,
    check: [eventsCommand(pod), kubectl('get pod', pod, ' -o wide'), ofNode],
    fix: fixes[cause] ?? [],
  };
}
