/** A Kubernetes object as it is applied. */
export type KubernetesObject = Readonly<Record<string, unknown>>;

export interface RbacOptions {
  /** Lets the agent read the logs of pods, which only the log rules need. */
  readonly podLogs?: boolean;
  /** Lets the agent patch its Node, which only `exporters.kubernetes.taint` needs. */
  readonly taint?: boolean;
}

export const NAME = 'railmedic';
export const AGENT_ROLE = 'railmedic-agent';
export const PERSON_ROLE = 'railmedic-person';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/**
 * What the agent may do, and nothing more. Pods are listed and watched for one node only, but RBAC cannot say so: it knows no
 * field selectors. What it may write is narrowed to its own node by the admission policy.
 */
export function agentRules({ podLogs = false, taint = false }: RbacOptions = {}): readonly Rule[] {
  const always: readonly Rule[] = [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
    { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  ];
  const logs: Rule = { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] };
  const nodes: Rule = { apiGroups: [''], resources: ['nodes'], verbs: ['patch'] };
  return [...always, ...(podLogs ? [logs] : []), ...(taint ? [nodes] : [])];
}

/**
 * What a person needs to follow what the agent says: Nodes with their conditions, Events, pods of any namespace, and what
 * `preflight --cluster` looks at. Reads only; no secrets, no exec.
 */
export const PERSON_RULES: readonly Rule[] = [
  {
    apiGroups: [''],
    resources: ['nodes', 'pods', 'namespaces', 'persistentvolumeclaims', 'persistentvolumes', 'resourcequotas'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['apps'], resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'], verbs: ['get', 'list'] },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: ['get', 'list'] },
  { apiGroups: ['ray.io'], resources: ['rayclusters', 'rayjobs', 'rayservices'], verbs: ['get', 'list'] },
  { apiGroups: ['jobset.x-k8s.io'], resources: ['jobsets'], verbs: ['get', 'list'] },
  { apiGroups: ['leaderworkerset.x-k8s.io'], resources: ['leaderworkersets'], verbs: ['get', 'list'] },
  { apiGroups: ['kubeflow.org'], resources: ['pytorchjobs', 'mpijobs'], verbs: ['get', 'list'] },
  { apiGroups: ['trainer.kubeflow.org'], resources: ['trainjobs', 'trainingruntimes', 'clustertrainingruntimes'], verbs: ['get', 'list'] },
  { apiGroups: ['sagemaker.amazonaws.com'], resources: ['hyperpodpytorchjobs'], verbs: ['get', 'list'] },
  { apiGroups: ['batch.volcano.sh'], resources: ['jobs'], verbs: ['get', 'list'] },
  { apiGroups: ['karpenter.sh'], resources: ['nodepools'], verbs: ['get', 'list'] },
  { apiGroups: ['karpenter.k8s.aws'], resources: ['ec2nodeclasses'], verbs: ['get', 'list'] },
  { apiGroups: ['resource.k8s.io'], resources: ['resourceslices', 'resourceclaimtemplates'], verbs: ['get', 'list'] },
];

/**
 * Also a person's, in the agent's namespace only: the page and the report of one node, without a Service. By the API server's
 * proxy where the agent listens at the node's address, by port-forward (which dials loopback) where it listens there.
 */
const PERSON_HERE: readonly Rule[] = [
  { apiGroups: [''], resources: ['pods/portforward'], verbs: ['create'] },
  { apiGroups: [''], resources: ['pods/log', 'pods/proxy'], verbs: ['get'] },
];

/**
 * ServiceAccount, the agent's role and its binding, and the person's two roles. The person's are bound to nobody: who may
 * look is the cluster owner's to say.
 */
export function rbacObjects(namespace: string, options: RbacOptions = {}): readonly KubernetesObject[] {
  const labels = { 'app.kubernetes.io/name': NAME };
  const rbac = 'rbac.authorization.k8s.io';
  const apiVersion = `${rbac}/v1`;
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace, labels } },
    { apiVersion, kind: 'ClusterRole', metadata: { name: AGENT_ROLE, labels }, rules: agentRules(options) },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: AGENT_ROLE, labels },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: AGENT_ROLE },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace }],
    },
    { apiVersion, kind: 'ClusterRole', metadata: { name: PERSON_ROLE, labels }, rules: PERSON_RULES },
    { apiVersion, kind: 'Role', metadata: { name: PERSON_ROLE, namespace, labels }, rules: PERSON_HERE },
  ];
}
