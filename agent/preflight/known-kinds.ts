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

/** Whether Kubernetes itself defines the version, and no operator. */
export function isKubernetesGroup(apiVersion: string): boolean {
  const group = groupOf(apiVersion);
  return group === '' || OWN_GROUPS.has(group) || (group.endsWith('.k8s.io') && !group.endsWith('.x-k8s.io'));
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** Whether this program knows what the kind is: of Kubernetes itself, or one that its rules read. */
export function isKnownKind({ apiVersion, kind }: Pick<ManifestObject, 'apiVersion' | 'kind'>): boolean {
  return isKubernetesGroup(apiVersion) || (OTHERS[groupOf(apiVersion)]?.includes(kind) ?? false);
}
