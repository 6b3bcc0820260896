import { GPUS, templatesWhere } from './cel.ts';
import { RAY_KINDS, RUN_KINDS, JOB, type ManifestPolicy } from './policy.ts';

const annotation = (holder: string, name: string): string => `${holder}.?metadata.?annotations[?'${name}'].orValue('')`;
const isProtected = (holder: string): string =>
  `(${annotation(holder, 'karpenter.sh/do-not-disrupt')}.matches('^(true|[0-9]+[smh].*)$') || ${annotation(holder, 'karpenter.sh/do-not-evict')} == 'true' || ${annotation(holder, 'cluster-autoscaler.kubernetes.io/safe-to-evict')} == 'false')`;

export const disruptionUnprotectedPolicy: ManifestPolicy = {
  rule: 'DisruptionUnprotected',
  page: 'rules/manifest/disruption-unprotected.md',
  kinds: [JOB, ...RAY_KINDS, ...RUN_KINDS],
  // Who wrote the annotation on the object wants it for the pods: no guess at what they are for is needed.
  faults: templatesWhere(
    `${isProtected('dyn(object)')} && !${isProtected('t')} && t.spec.containers.exists(c, ${GPUS}) && !(dyn(object).spec.?activeDeadlineSeconds.hasValue() && dyn(object).spec.activeDeadlineSeconds < 3600)`,
    "'a pod template'",
  ),
  message: 'lacks the annotation against disruption that stands on its object, and does not reach the pods: karpenter.sh/do-not-disrupt belongs on the pod template',
  misses: 'trainings that carry the annotation nowhere, and node pools that expire',
};
