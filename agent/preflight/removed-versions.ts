import type { YamlMap } from '../model.ts';
import type { SchemaProblem } from './schema-walk.ts';
import type { Schemas } from './schema-types.ts';
import { textAt } from './values.ts';

interface Removed {
  /** First release of Kubernetes that does not serve it any more. */
  readonly release: string;
  /** What to write instead; undefined: the kind itself is gone. */
  readonly now: string | undefined;
  /** Its fields are the same but for small things, so that the current schema may judge them. */
  readonly isAlike?: boolean;
}

const APPS: Removed = { release: '1.16', now: 'apps/v1', isAlike: true };
const RBAC: Removed = { release: '1.22', now: 'rbac.authorization.k8s.io/v1', isAlike: true };
const STORAGE: Removed = { release: '1.22', now: 'storage.k8s.io/v1', isAlike: true };
const INGRESS: Removed = { release: '1.22', now: 'networking.k8s.io/v1' };
const WEBHOOK: Removed = { release: '1.22', now: 'admissionregistration.k8s.io/v1' };

/** https://kubernetes.io/docs/reference/using-api/deprecation-guide/ */
const REMOVED: Readonly<Record<string, Removed>> = {
  ...each('extensions/v1beta1', ['Deployment', 'DaemonSet', 'ReplicaSet'], APPS),
  ...each('apps/v1beta1', ['Deployment', 'StatefulSet', 'ReplicaSet'], APPS),
  ...each('apps/v1beta2', ['Deployment', 'StatefulSet', 'ReplicaSet', 'DaemonSet'], APPS),
  'extensions/v1beta1 NetworkPolicy': { release: '1.16', now: 'networking.k8s.io/v1', isAlike: true },
  'extensions/v1beta1 PodSecurityPolicy': { release: '1.16', now: undefined },
  ...each('extensions/v1beta1', ['Ingress'], INGRESS),
  ...each('networking.k8s.io/v1beta1', ['Ingress', 'IngressClass'], INGRESS),
  ...each('rbac.authorization.k8s.io/v1beta1', ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'], RBAC),
  ...each('rbac.authorization.k8s.io/v1alpha1', ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'], RBAC),
  ...each('storage.k8s.io/v1beta1', ['StorageClass', 'CSIDriver', 'CSINode', 'VolumeAttachment'], STORAGE),
  'storage.k8s.io/v1beta1 CSIStorageCapacity': { release: '1.27', now: 'storage.k8s.io/v1' },
  ...each('admissionregistration.k8s.io/v1beta1', ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'], WEBHOOK),
  'apiregistration.k8s.io/v1beta1 APIService': { release: '1.22', now: 'apiregistration.k8s.io/v1' },
  'coordination.k8s.io/v1beta1 Lease': { release: '1.22', now: 'coordination.k8s.io/v1' },
  'scheduling.k8s.io/v1beta1 PriorityClass': { release: '1.22', now: 'scheduling.k8s.io/v1', isAlike: true },
  'certificates.k8s.io/v1beta1 CertificateSigningRequest': { release: '1.22', now: 'certificates.k8s.io/v1' },
  'batch/v1beta1 CronJob': { release: '1.25', now: 'batch/v1', isAlike: true },
  'policy/v1beta1 PodDisruptionBudget': { release: '1.25', now: 'policy/v1', isAlike: true },
  'policy/v1beta1 PodSecurityPolicy': { release: '1.25', now: undefined },
  'autoscaling/v2beta1 HorizontalPodAutoscaler': { release: '1.25', now: 'autoscaling/v2' },
  'autoscaling/v2beta2 HorizontalPodAutoscaler': { release: '1.26', now: 'autoscaling/v2', isAlike: true },
  'discovery.k8s.io/v1beta1 EndpointSlice': { release: '1.25', now: 'discovery.k8s.io/v1' },
  'events.k8s.io/v1beta1 Event': { release: '1.25', now: 'events.k8s.io/v1' },
  'node.k8s.io/v1beta1 RuntimeClass': { release: '1.25', now: 'node.k8s.io/v1' },
};

/** Versions that KubeRay still serves beside the current one, with the same fields or fewer. */
const OLDER: Readonly<Record<string, string>> = { 'ray.io/v1alpha1': 'ray.io/v1' };

/** `apps/v1 Deployment`: by what version's schema an object is judged. */
export function currentKind(object: YamlMap): string {
  const [version, kind] = [textAt(object, 'apiVersion') ?? '', textAt(object, 'kind') ?? ''];
  const removed = REMOVED[`${version} ${kind}`];
  if (removed?.isAlike === true) return `${removed.now ?? ''} ${kind}`;
  return `${OLDER[version] ?? version} ${kind}`;
}

/** A version that no supported Kubernetes serves, or a kind of another group: `kubectl apply` says "no matches for kind". */
export function versionProblem(schemas: Schemas, object: YamlMap): SchemaProblem | undefined {
  const [version, name] = [textAt(object, 'apiVersion') ?? '', textAt(object, 'kind') ?? ''];
  const removed = REMOVED[`${version} ${name}`];
  if (removed) {
    const instead = removed.now === undefined ? 'and nothing takes its place' : `write ${removed.now}`;
    return problem(`Kubernetes serves no ${version} ${name} since ${removed.release}: kubectl apply answers "no matches for kind"; ${instead}`, version, removed.now);
  }
  const now = elsewhere(schemas, version, name);
  return now === undefined ? undefined : problem(`there is no ${name} in ${version}: kubectl apply answers "no matches for kind"; it is of ${now}`, version, now);
}

/** The version that has this kind, where the written one is a version that has others and not this. */
function elsewhere({ kinds }: Schemas, version: string, kind: string): string | undefined {
  const known = Object.keys(kinds);
  if (version.startsWith('ray.io/') || !known.some((key) => key.startsWith(`${version} `)) || kinds[`${version} ${kind}`] !== undefined) return undefined;
  return known.find((key) => key.endsWith(` ${kind}`) && !key.startsWith('ray.io/'))?.split(' ')[0];
}

function problem(message: string, found: string, expected: string | undefined): SchemaProblem {
  return { path: ['apiVersion'], message, found, expected: expected ?? 'nothing of this kind', snippet: expected === undefined ? undefined : `apiVersion: ${expected}` };
}

function each(version: string, kinds: readonly string[], removed: Removed): Record<string, Removed> {
  return Object.fromEntries(kinds.map((kind) => [`${version} ${kind}`, removed]));
}
