import { ACCOUNT, NAMESPACE, tokenFor } from '../accounts.ts';
import { Api } from '../api.ts';
import { API_URL } from '../cluster.ts';
import type { Stage } from '../stage.ts';

/** Resources by API group that somebody might wish to reach with the agent's token, namespaced ones in a namespace. */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  '/api/v1': [
    'nodes', 'nodes/status', 'nodes/proxy', 'namespaces', 'persistentvolumes',
    '*/pods', '*/pods/status', '*/pods/log', '*/pods/exec', '*/pods/attach', '*/pods/portforward', '*/pods/eviction', '*/pods/binding',
    '*/secrets', '*/configmaps', '*/events', '*/services', '*/endpoints', '*/serviceaccounts', '*/serviceaccounts/token', '*/persistentvolumeclaims',
  ],
  '/apis/events.k8s.io/v1': ['*/events'],
  '/apis/apps/v1': ['*/daemonsets', '*/deployments', '*/deployments/scale', '*/statefulsets'],
  '/apis/batch/v1': ['*/jobs'],
  '/apis/coordination.k8s.io/v1': ['*/leases'],
  '/apis/policy/v1beta1': ['*/poddisruptionbudgets'],
  '/apis/networking.k8s.io/v1': ['*/networkpolicies'],
  '/apis/rbac.authorization.k8s.io/v1': ['clusterroles', 'clusterrolebindings', '*/roles', '*/rolebindings'],
  '/apis/certificates.k8s.io/v1': ['certificatesigningrequests', 'certificatesigningrequests/approval'],
  '/apis/admissionregistration.k8s.io/v1': ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
  '/apis/apiextensions.k8s.io/v1': ['customresourcedefinitions'],
  '/apis/authentication.k8s.io/v1': ['tokenreviews'],
  '/apis/authorization.k8s.io/v1': ['subjectaccessreviews'],
};
/** All there is to be allowed; agentRules() of deploy/kubernetes/source/rbac.ts is what grants it. */
const ALLOWED = ['create */events.k8s.io/events', 'get nodes', 'list */pods', 'list pods', 'patch */events.k8s.io/events', 'patch nodes/status', 'watch */pods', 'watch pods'];

interface Try {
  readonly name: string;
  readonly method: string;
  readonly path: string;
}

/** Everything that the agent's token does not need is refused, each by a request that would do it. */
export async function rights({ cluster, checks }: Stage): Promise<void> {
  const api = new Api(API_URL, cluster.pki, { token: await tokenFor(cluster) });
  const tries = Object.entries(RESOURCES).flatMap(([group, resources]) => resources.flatMap((resource) => triesOf(group, resource)));
  const allowed = new Set<string>();
  const odd: string[] = [];
  for (const { name, method, path } of tries) {
    const { status } = await api.ask(method, path, method === 'GET' || method === 'DELETE' ? undefined : {}, method === 'PATCH' ? 'application/merge-patch+json' : undefined);
    if (status !== 403) allowed.add(name);
    if (status === 401 || status >= 500) odd.push(`${name}: ${status}`);
  }
  checks.equals(`rights: of ${tries.length} kinds of request only these are allowed`, [...allowed].toSorted(), ALLOWED);
  checks.equals('rights: each was answered', odd, []);

  const path = '/api/v1/pods?fieldSelector=spec.nodeName%3Dgpu-1';
  const nobody = await new Api(API_URL, cluster.pki, 'anonymous').ask('GET', path);
  const forged = await new Api(API_URL, cluster.pki, { token: 'eyJhbGciOiJub25lIn0.e30.' }).ask('GET', path);
  checks.equals('rights: nobody gets 403, a forged token 401', [nobody.status, forged.status], [403, 401]);
  await selfReview(api, { cluster, checks });
}

function triesOf(group: string, resource: string): readonly Try[] {
  const isInNamespace = resource.startsWith('*/');
  const [kind = '', subresource] = resource.replace('*/', '').split('/');
  const label = group === '/apis/events.k8s.io/v1' ? `events.k8s.io/${kind}` : kind;
  const name = `${isInNamespace ? '*/' : ''}${label}${subresource === undefined ? '' : `/${subresource}`}`;
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

/** What the server itself lists: also what nobody thought of trying. */
async function selfReview(api: Api, { checks }: Pick<Stage, 'cluster' | 'checks'>): Promise<void> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace: NAMESPACE } };
  const { body } = await api.ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', review);
  const { status } = body as { status: { resourceRules: readonly { verbs: readonly string[]; apiGroups: readonly string[]; resources: readonly string[] }[] } };
  const granted = status.resourceRules.map(({ verbs, apiGroups, resources }) => `${verbs.join(',')} ${resources.join(',')} in ${JSON.stringify(apiGroups.join(','))}`);
  // Every account may ask what it may do itself (ClusterRole system:basic-user).
  const own = granted.filter((rule) => !rule.startsWith('create selfsubject'));
  checks.equals(`rights: the server lists no more for ${ACCOUNT}`, own.toSorted(), ['create,patch events in "events.k8s.io"', 'get nodes in ""', 'list,watch pods in ""', 'patch nodes/status in ""']);
}
