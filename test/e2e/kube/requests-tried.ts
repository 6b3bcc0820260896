import { NAMESPACE } from './accounts.ts';
import type { Api } from './api.ts';

/** Resources by API group that somebody might wish to reach with a token of ours, namespaced ones in a namespace. */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  '/api/v1': [
    'nodes', 'nodes/status', 'nodes/proxy', 'namespaces', 'persistentvolumes',
    '*/pods', '*/pods/status', '*/pods/log', '*/pods/exec', '*/pods/attach', '*/pods/portforward', '*/pods/proxy', '*/pods/eviction', '*/pods/binding',
    '*/secrets', '*/configmaps', '*/events', '*/services', '*/endpoints', '*/serviceaccounts', '*/serviceaccounts/token', '*/persistentvolumeclaims', '*/resourcequotas',
  ],
  '/apis/events.k8s.io/v1': ['*/events'],
  '/apis/apps/v1': ['*/daemonsets', '*/deployments', '*/deployments/scale', '*/replicasets', '*/statefulsets'],
  '/apis/batch/v1': ['*/jobs', '*/cronjobs'],
  '/apis/coordination.k8s.io/v1': ['*/leases'],
  '/apis/policy/v1beta1': ['*/poddisruptionbudgets'],
  '/apis/networking.k8s.io/v1': ['*/networkpolicies'],
  '/apis/rbac.authorization.k8s.io/v1': ['clusterroles', 'clusterrolebindings', '*/roles', '*/rolebindings'],
  '/apis/certificates.k8s.io/v1': ['certificatesigningrequests', 'certificatesigningrequests/approval'],
  '/apis/admissionregistration.k8s.io/v1': ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
  '/apis/apiextensions.k8s.io/v1': ['customresourcedefinitions'],
  '/apis/authentication.k8s.io/v1': ['tokenreviews'],
  '/apis/authorization.k8s.io/v1': ['subjectaccessreviews'],
  // Not served here: whoever may is answered 404.
  '/apis/ray.io/v1': ['*/rayclusters', '*/rayjobs', '*/rayservices'],
  '/apis/jobset.x-k8s.io/v1alpha2': ['*/jobsets'],
  '/apis/leaderworkerset.x-k8s.io/v1': ['*/leaderworkersets'],
  '/apis/kubeflow.org/v1': ['*/pytorchjobs', '*/mpijobs'],
  '/apis/trainer.kubeflow.org/v1alpha1': ['*/trainjobs', '*/trainingruntimes', 'clustertrainingruntimes'],
  '/apis/sagemaker.amazonaws.com/v1': ['*/hyperpodpytorchjobs'],
  '/apis/batch.volcano.sh/v1alpha1': ['*/jobs'],
  '/apis/karpenter.sh/v1': ['nodepools'],
  '/apis/karpenter.k8s.aws/v1': ['ec2nodeclasses'],
  '/apis/resource.k8s.io/v1': ['resourceslices', '*/resourceclaims', '*/resourceclaimtemplates'],
};
/** Groups with a resource of a name that another group has too. */
const NAMED = ['events.k8s.io', 'batch.volcano.sh'];

interface Try {
  /** `get nodes`, `patch nodes/status`, `list pods` of all namespaces; what is in a namespace has an asterisk and a slash before its name. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
}

export interface Tried {
  readonly count: number;
  /** What was answered with anything but 403. */
  readonly allowed: readonly string[];
  /** Answers that say nothing about rights. */
  readonly odd: readonly string[];
}

/** Every kind of request, each such that it would do what it is for. */
export async function tryAll(api: Api): Promise<Tried> {
  const tries = Object.entries(RESOURCES).flatMap(([group, resources]) => resources.flatMap((resource) => triesOf(group, resource)));
  const allowed = new Set<string>();
  const odd: string[] = [];
  for (const { name, method, path } of tries) {
    const { status } = await api.ask(method, path, method === 'GET' || method === 'DELETE' ? undefined : {}, method === 'PATCH' ? 'application/merge-patch+json' : undefined);
    if (status !== 403) allowed.add(name);
    if (status === 401 || status >= 500) odd.push(`${name}: ${status}`);
  }
  return { count: tries.length, allowed: [...allowed].toSorted(), odd };
}

function triesOf(group: string, resource: string): readonly Try[] {
  const isInNamespace = resource.startsWith('*/');
  const [kind = '', subresource] = resource.replace('*/', '').split('/');
  const named = NAMED.find((name) => group.startsWith(`/apis/${name}/`));
  const name = `${isInNamespace ? '*/' : ''}${named === undefined ? '' : `${named}/`}${kind}${subresource === undefined ? '' : `/${subresource}`}`;
  const all = `${group}/${isInNamespace ? `namespaces/${NAMESPACE}/` : ''}${kind}`;
  const one = `${all}/probe${subresource === undefined ? '' : `/${subresource}`}`;
  const try_ = (verb: string, method: string, path: string): Try => ({ name: `${verb} ${name}`, method, path: `${path}${path.includes('?') ? '&' : '?'}dryRun=All` });
  const onOne = [try_('get', 'GET', one), try_('update', 'PUT', one), try_('patch', 'PATCH', one)];
  if (subresource !== undefined) return [...onOne, try_('create', 'POST', one)];
  const everywhere = isInNamespace && kind === 'pods' ? [{ ...try_('list', 'GET', `${group}/pods`), name: 'list pods' }, { ...try_('watch', 'GET', `${group}/pods?watch=1&timeoutSeconds=1`), name: 'watch pods' }] : [];
  return [
    ...onOne,
    ...everywhere,
    try_('delete', 'DELETE', one),
    try_('create', 'POST', all),
    try_('list', 'GET', all),
    try_('watch', 'GET', `${all}?watch=1&timeoutSeconds=1`),
    try_('deletecollection', 'DELETE', `${all}?labelSelector=${encodeURIComponent('no-such-label=true')}`),
  ];
}
