/**
 * What CEL can say of a manifest rule, for a ValidatingAdmissionPolicy. A policy never says more than its rule: what it
 * warns of, preflight reports too. Types only of CEL that Kubernetes 1.30 knows (optional fields, matches, join).
 */
export interface ManifestPolicy {
  /** The rule's name. */
  readonly rule: string;
  readonly page: string;
  /** Objects it looks at. */
  readonly kinds: readonly PolicyKind[];
  /** CEL that gives a text: what is wrong, empty where nothing is. Sees `variables.templates`, `variables.rays`, `object`. */
  readonly faults: string;
  /** The sentence after that text. */
  readonly message: string;
  /** What only preflight sees of this rule; undefined: the policy says all that the rule says. */
  readonly misses?: string;
}

export interface PolicyKind {
  readonly kind: string;
  readonly group: string;
  readonly resource: string;
  readonly versions: readonly string[];
  /** CEL: the pod templates in `object`. */
  readonly templates: string;
  /** CEL: the RayClusterSpec in `object`, as a list of one or none. */
  readonly rays?: string;
}

const core = (kind: string, resource: string, group = 'apps'): PolicyKind => ({ kind, group, resource, versions: ['v1'], templates: '[dyn(object).spec.template]' });

const ray = (kind: string, resource: string, rays: string): PolicyKind => ({
  kind,
  group: 'ray.io',
  resource,
  versions: ['v1'],
  templates: `variables.rays.size() == 0 ? [] : [variables.rays[0].headGroupSpec.template] + variables.rays[0].?workerGroupSpecs.orValue([]).map(g, g.template)`,
  rays,
});
/** A field that need not be there, as a list of one or none. */
const within = (path: string): string => `dyn(object).spec.?${path}.hasValue() ? [dyn(object).spec.${path}] : []`;
const replicaSpecs = (field: string): string => `dyn(object).spec.${field}.map(k, dyn(object).spec.${field}[k].template)`;

export const DEPLOYMENT = core('Deployment', 'deployments');
export const JOB = core('Job', 'jobs', 'batch');
export const CRON_JOB: PolicyKind = { ...core('CronJob', 'cronjobs', 'batch'), templates: '[dyn(object).spec.jobTemplate.spec.template]' };
export const POD: PolicyKind = { kind: 'Pod', group: '', resource: 'pods', versions: ['v1'], templates: '[dyn(object)]' };

export const RAY_KINDS: readonly PolicyKind[] = [
  ray('RayCluster', 'rayclusters', '[dyn(object).spec]'),
  ray('RayJob', 'rayjobs', within('rayClusterSpec')),
  ray('RayService', 'rayservices', within('rayClusterConfig')),
];

/** Kinds that hold more than one pod of one run, outside of Ray. */
export const RUN_KINDS: readonly PolicyKind[] = [
  { kind: 'PyTorchJob', group: 'kubeflow.org', resource: 'pytorchjobs', versions: ['v1'], templates: replicaSpecs('pytorchReplicaSpecs') },
  { kind: 'MPIJob', group: 'kubeflow.org', resource: 'mpijobs', versions: ['v1', 'v2beta1'], templates: replicaSpecs('mpiReplicaSpecs') },
  { kind: 'JobSet', group: 'jobset.x-k8s.io', resource: 'jobsets', versions: ['v1alpha2'], templates: 'dyn(object).spec.replicatedJobs.map(j, j.template.spec.template)' },
  {
    kind: 'LeaderWorkerSet',
    group: 'leaderworkerset.x-k8s.io',
    resource: 'leaderworkersets',
    versions: ['v1'],
    templates: '[dyn(object).spec.leaderWorkerTemplate.workerTemplate] + (dyn(object).spec.leaderWorkerTemplate.?leaderTemplate.hasValue() ? [dyn(object).spec.leaderWorkerTemplate.leaderTemplate] : [])',
  },
];

const SERVED: readonly PolicyKind[] = [DEPLOYMENT, core('StatefulSet', 'statefulsets')];
export const ALL_KINDS: readonly PolicyKind[] = [POD, ...SERVED, core('DaemonSet', 'daemonsets'), JOB, CRON_JOB, ...RAY_KINDS, ...RUN_KINDS];
export const SERVER_KINDS: readonly PolicyKind[] = [POD, ...SERVED];
