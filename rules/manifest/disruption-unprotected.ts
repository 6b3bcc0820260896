import type { Command, Judgement, ManifestObject, Manifests, ManifestWorkload, PodGroup } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { expiringNodePool } from './expiring-node-pool.ts';
import { selects } from './label-selector.ts';
import { faultAt, spotAt } from './place.ts';
import { mapOf } from './yaml-values.ts';

/** Karpenter's and the Cluster Autoscaler's word that a pod must not be moved. Karpenter also takes a duration such as 4h. */
const PROTECTIONS: readonly (readonly [string, RegExp])[] = [
  ['karpenter.sh/do-not-disrupt', /^(true|\d+[smh].*)$/],
  ['karpenter.sh/do-not-evict', /^true$/],
  ['cluster-autoscaler.kubernetes.io/safe-to-evict', /^false$/],
];

export const disruptionUnprotected = defineRule({
  name: 'DisruptionUnprotected',
  title: 'A training may be moved off its nodes',
  severity: 'warning',
  page: 'rules/manifest/disruption-unprotected.md',
  needs: ['manifests'],
  settings: { shortSeconds: 3600 },
  *check({ manifests }, _before, _seconds, settings) {
    for (const workload of manifests.workloads) {
      // Who wrote the annotation at all wants its effect, whatever the pods are for.
      const isMeant = workload.purpose === 'training' || isProtected(workload.object.annotations);
      if (!isMeant || !hasGpus(workload) || isShort(workload, settings.shortSeconds) || isGuarded(manifests, workload)) continue;
      for (const pod of workload.pods) if (isNeeded(workload, pod)) yield* judge(workload, pod);
    }
    yield* expiringNodePool(manifests);
  },
});

/** Pods with GPUs, and Ray's head, without which the rest ends, whoever makes its pod. A TrainJob's annotations are its runtime's. */
function isNeeded({ ray }: ManifestWorkload, pod: PodGroup): boolean {
  if (pod.isPartial || pod.role === 'submitter') return false;
  return pod.containers.some(({ gpus }) => gpus !== 0) || (pod.role === 'head' && ray !== undefined) || pod.containers.some(({ commands }) => commands.some(startsRayHead));
}

/** `ray start --head`, as in a JobSet of a head and workers. */
function startsRayHead({ words }: Command): boolean {
  const program = words.findIndex(({ text }) => /(^|\/)ray$/.test(text));
  return program !== -1 && words[program + 1]?.text === 'start' && words.some(({ text }) => text === '--head');
}

function* judge({ object, isMultiNode }: ManifestWorkload, pod: PodGroup): Iterable<Judgement> {
  if (isProtected(pod.annotations)) return;
  const isMisplaced = pod.path.length > 0 && isProtected(object.annotations);
  // The one replica spec of a HyperPodPyTorchJob is called so.
  const who = pod.name === '' || pod.name === 'pods' ? 'these pods' : `the pods of group ${pod.name}`;
  const what = isMisplaced ? `the annotation against disruption stands on the ${object.kind} and does not reach ${who}` : `nothing tells Karpenter or the Cluster Autoscaler to leave ${who} alone`;
  // HyperPod's nodes are its own; and one pod alone costs only itself.
  const isOwn = pod.instanceTypes.length > 0 && pod.instanceTypes.every((type) => type.startsWith('ml.'));
  yield faultAt(spotAt(pod.object, [...pod.path, 'metadata']), {
    message: `${what}: when a node is consolidated, its pod is evicted${lossWords(object, isMultiNode)}`,
    found: isMisplaced ? `annotation on the ${object.kind} only` : 'no annotation on the pod template',
    expected: 'karpenter.sh/do-not-disrupt: "true" on the pod template',
    snippet: 'metadata:   # of the pod template\n  annotations:\n    karpenter.sh/do-not-disrupt: "true"\n    cluster-autoscaler.kubernetes.io/safe-to-evict: "false"',
    evidence: { ...(pod.name !== '' && { group: pod.name }), isMisplaced },
    ...(!isMisplaced && (isMultiNode !== true || isOwn) && { severity: 'info' }),
  });
}

function lossWords(object: ManifestObject, isMultiNode: boolean | undefined): string {
  if (isMultiNode !== true) return ' and its training falls back to the last checkpoint';
  const { minReplicas, maxReplicas } = mapOf(object.get(['spec', 'elasticPolicy'])) ?? {};
  // As many at least as at most: elastic in name only, the job waits for the pod that is gone.
  const most = maxReplicas ?? object.get(['spec', 'pytorchReplicaSpecs', 'Worker', 'replicas']);
  const mayShrink = typeof minReplicas === 'number' && typeof most === 'number' && minReplicas < most;
  return mayShrink ? ', and the whole job starts again from its last checkpoint with the pods that are left' : ', the whole job stops and falls back to its last checkpoint';
}

function isProtected(annotations: Readonly<Record<string, string>>): boolean {
  return PROTECTIONS.some(([name, value]) => value.test(annotations[name] ?? ''));
}

function hasGpus({ pods }: ManifestWorkload): boolean {
  return pods.some(({ containers }) => containers.some(({ gpus }) => gpus !== 0));
}

/** A run that its own deadline ends soon loses little. */
function isShort({ object }: ManifestWorkload, seconds: number): boolean {
  const deadline = object.get(['spec', 'activeDeadlineSeconds']);
  return typeof deadline === 'number' && deadline < seconds;
}

/** A PodDisruptionBudget in the input that admits no eviction of these pods. */
function isGuarded({ objects }: Manifests, { object, pods }: ManifestWorkload): boolean {
  const budgets = objects.filter(({ kind, namespace }) => kind === 'PodDisruptionBudget' && namespace === object.namespace);
  return budgets.some((budget) => admitsNone(budget) && pods.every(({ labels }) => selects(mapOf(budget.get(['spec', 'selector'])), labels)));
}

function admitsNone(budget: ManifestObject): boolean {
  const most = budget.get(['spec', 'maxUnavailable']);
  return most === 0 || most === '0%' || most === '0' || budget.get(['spec', 'minAvailable']) === '100%';
}
