import type { ManifestObject } from '../model.ts';

/** API groups of Kubernetes itself; all its kinds are known, with or without a rule for them. */
const OWN_GROUPS = new Set(['apps', 'batch', 'autoscaling', 'policy', 'extensions']);
/** Kinds of others that rules read. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  'ray.io': ['RayCluster', 'RayService', 'RayJob', 'RayCronJob'],
  'karpenter.sh': ['NodePool', 'NodeClaim'],
  'karpenter.k8s.aws': ['EC2NodeClass'],
  'monitoring.coreos.com': ['ServiceMonitor', 'PodMonitor', 'PrometheusRule'],
};

/** Whether this program knows what the kind is: of Kubernetes itself, or one that its rules read. */
export function isKnownKind({ apiVersion, kind }: Pick<ManifestObject, 'apiVersion' | 'kind'>): boolean {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  if (group === '' || OWN_GROUPS.has(group) || group.endsWith('.k8s.io')) return true;
  return OTHERS[group]?.includes(kind) ?? false;
}
