import { ACCOUNT, bindHere, makeAccount, makeAgentRole, NAMESPACE, tokenFor } from '../accounts.ts';
import { Api } from '../api.ts';
import { API_URL, type Cluster } from '../cluster.ts';
import { tryAll } from '../requests-tried.ts';
import type { Stage } from '../stage.ts';

/** One who holds a role of ours, and all that it lets him do. */
interface Holder {
  readonly who: string;
  readonly account: string;
  /** By the requests of the table. */
  readonly allowed: readonly string[];
  /** As the server itself lists it: also what nobody thought of trying. */
  readonly listed: readonly string[];
}

const AGENT: Holder = {
  who: ACCOUNT,
  account: ACCOUNT,
  allowed: ['create */events.k8s.io/events', 'get nodes', 'list */pods', 'list pods', 'patch */events.k8s.io/events', 'patch nodes/status', 'watch */pods', 'watch pods'],
  listed: ['create,patch events in "events.k8s.io"', 'get nodes in ""', 'list,watch pods in ""', 'patch nodes/status in ""'],
};
const WITH_LOGS: Holder = {
  who: 'the agent with pod logs',
  account: 'railmedic-with-logs',
  allowed: [...AGENT.allowed, 'get */pods/log'],
  listed: [...AGENT.listed, 'get pods/log in ""'],
};
const WITH_TAINT: Holder = {
  who: 'the agent with the taint',
  account: 'railmedic-with-taint',
  allowed: [...AGENT.allowed, 'patch nodes'],
  listed: [...AGENT.listed, 'patch nodes in ""'],
};

const WATCHED = ['nodes', 'namespaces', 'persistentvolumes', '*/pods', '*/persistentvolumeclaims', '*/resourcequotas', '*/events', '*/events.k8s.io/events'];
const LISTED = [
  '*/daemonsets', '*/deployments', '*/replicasets', '*/statefulsets', '*/jobs', '*/cronjobs',
  '*/rayclusters', '*/rayjobs', '*/rayservices', '*/jobsets', '*/leaderworkersets', '*/pytorchjobs', '*/mpijobs', '*/trainjobs', '*/trainingruntimes', 'clustertrainingruntimes',
  '*/hyperpodpytorchjobs', '*/batch.volcano.sh/jobs', 'nodepools', 'ec2nodeclasses', 'resourceslices', '*/resourceclaimtemplates',
];
/** With the Role of the agent's namespace, in which the requests are tried. */
const PERSON: Holder = {
  who: 'a person',
  account: 'railmedic-somebody',
  allowed: [
    ...WATCHED.flatMap((resource) => [`get ${resource}`, `list ${resource}`, `watch ${resource}`]),
    ...LISTED.flatMap((resource) => [`get ${resource}`, `list ${resource}`]),
    'list pods', 'watch pods', 'create */pods/portforward', 'get */pods/log', 'get */pods/proxy',
  ],
  listed: [
    'create pods/portforward in ""',
    'get pods/log,pods/proxy in ""',
    'get,list cronjobs,jobs in "batch"',
    'get,list daemonsets,deployments,replicasets,statefulsets in "apps"',
    'get,list ec2nodeclasses in "karpenter.k8s.aws"',
    'get,list hyperpodpytorchjobs in "sagemaker.amazonaws.com"',
    'get,list jobs in "batch.volcano.sh"',
    'get,list jobsets in "jobset.x-k8s.io"',
    'get,list leaderworkersets in "leaderworkerset.x-k8s.io"',
    'get,list mpijobs,pytorchjobs in "kubeflow.org"',
    'get,list nodepools in "karpenter.sh"',
    'get,list rayclusters,rayjobs,rayservices in "ray.io"',
    'get,list resourceclaimtemplates,resourceslices in "resource.k8s.io"',
    'get,list clustertrainingruntimes,trainingruntimes,trainjobs in "trainer.kubeflow.org"',
    'get,list,watch events in ",events.k8s.io"',
    'get,list,watch namespaces,nodes,persistentvolumeclaims,persistentvolumes,pods,resourcequotas in ""',
  ],
};

/** Everything that a token of ours does not need is refused, each by a request that would do it. */
export async function rights(stage: Stage): Promise<void> {
  const { cluster, checks } = stage;
  await makeAgentRole(cluster, WITH_LOGS.account, { podLogs: true });
  await makeAgentRole(cluster, WITH_TAINT.account, { taint: true });
  for (const { account } of [WITH_LOGS, WITH_TAINT]) await makeAccount(cluster, account, account);
  await makeAccount(cluster, PERSON.account, 'railmedic-person');
  await bindHere(cluster, PERSON.account, 'railmedic-person');
  for (const holder of [AGENT, WITH_LOGS, WITH_TAINT, PERSON]) await exactly(stage, holder);
  await onlyHere(stage);

  const path = '/api/v1/pods?fieldSelector=spec.nodeName%3Dgpu-1';
  const nobody = await new Api(API_URL, cluster.pki, 'anonymous').ask('GET', path);
  const forged = await new Api(API_URL, cluster.pki, { token: 'eyJhbGciOiJub25lIn0.e30.' }).ask('GET', path);
  checks.equals('rights: nobody gets 403, a forged token 401', [nobody.status, forged.status], [403, 401]);
}

async function bearer(cluster: Cluster, account: string): Promise<Api> {
  return new Api(API_URL, cluster.pki, { token: await tokenFor(cluster, account) });
}

async function exactly({ cluster, checks }: Stage, { who, account, allowed, listed }: Holder): Promise<void> {
  const api = await bearer(cluster, account);
  const tried = await tryAll(api);
  const extra = tried.allowed.filter((name) => !allowed.includes(name));
  const missing = allowed.filter((name) => !tried.allowed.includes(name));
  checks.equals(`rights: of ${tried.count} kinds of request ${who} is allowed the ${allowed.length} that are meant, and no others`, { extra, missing }, { extra: [], missing: [] });
  checks.equals(`rights: each request of ${who} was answered`, tried.odd, []);
  checks.equals(`rights: the server lists no more for ${who}`, await rulesOf(api), listed.toSorted());
}

async function rulesOf(api: Api): Promise<readonly string[]> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace: NAMESPACE } };
  const { body } = await api.ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', review);
  const { status } = body as { status: { resourceRules: readonly { verbs: readonly string[]; apiGroups: readonly string[]; resources: readonly string[] }[] } };
  const granted = status.resourceRules.map(({ verbs, apiGroups, resources }) => `${verbs.toSorted().join(',')} ${resources.toSorted().join(',')} in ${JSON.stringify(apiGroups.join(','))}`);
  // Every account may ask what it may do itself (ClusterRole system:basic-user).
  return granted.filter((rule) => !rule.startsWith('create selfsubject')).toSorted();
}

/** What the person's Role grants in the agent's namespace is refused in any other. */
async function onlyHere({ cluster, checks }: Stage): Promise<void> {
  const api = await bearer(cluster, PERSON.account);
  const statusIn = async (namespace: string): Promise<readonly number[]> => {
    const pod = `/api/v1/namespaces/${namespace}/pods/probe`;
    return [(await api.ask('GET', `${pod}/log`)).status, (await api.ask('POST', `${pod}/portforward`, {})).status];
  };
  checks.equals('rights: a person reads logs and forwards ports in the agent’s namespace only', [await statusIn(NAMESPACE), await statusIn('default')], [[404, 404], [403, 403]]);
}
