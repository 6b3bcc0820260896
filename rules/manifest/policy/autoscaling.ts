import { GPUS } from './cel.ts';
import { RAY_KINDS, type ManifestPolicy } from './policy.ts';

const GROUPS = 'variables.rays.size() == 0 ? [] : variables.rays[0].?workerGroupSpecs.orValue([])';
const groupsWhere = (condition: string): string => `(${GROUPS}).filter(g, has(g.minReplicas) && has(g.maxReplicas) && ${condition}).map(g, 'worker group ' + g.groupName).join(', ')`;

export const autoscalingDisabledPolicy: ManifestPolicy = {
  rule: 'AutoscalingDisabled',
  page: 'rules/manifest/autoscaling-disabled.md',
  kinds: RAY_KINDS,
  faults: groupsWhere(`!variables.rays[0].?enableInTreeAutoscaling.orValue(false) && g.minReplicas < g.maxReplicas && g.template.spec.containers.exists(c, ${GPUS})`),
  message: 'minReplicas below maxReplicas, and enableInTreeAutoscaling is not true: KubeRay holds replicas whatever the load',
  misses: 'worker groups without GPUs, of which the rule only informs',
};

export const autoscalingInconsistentPolicy: ManifestPolicy = {
  rule: 'AutoscalingInconsistent',
  page: 'rules/manifest/autoscaling-inconsistent.md',
  kinds: RAY_KINDS,
  faults: groupsWhere('g.minReplicas > g.maxReplicas'),
  message: 'minReplicas above maxReplicas: KubeRay refuses it',
  misses: 'what serveConfigV2 says: it is a text of its own, which CEL cannot read',
};
