/** A kind that the audit lists. */
export interface ListedKind {
  /** `''` for the core group. */
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  /** Taken where the server does not tell which version it prefers. */
  readonly version: string;
}

const namespaced = (group: string, version: string, kinds: Readonly<Record<string, string>>): readonly ListedKind[] =>
  Object.entries(kinds).map(([resource, kind]) => ({ group, version, resource, kind, isNamespaced: true }));
const clusterWide = (group: string, version: string, kinds: Readonly<Record<string, string>>): readonly ListedKind[] =>
  namespaced(group, version, kinds).map((kind) => ({ ...kind, isNamespaced: false }));

export const PODS: ListedKind = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', isNamespaced: true };
export const NODES: ListedKind = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', isNamespaced: false };
/** Of all namespaces whatever was asked for: device plugins live in kube-system or a namespace of their operator. */
export const DAEMON_SETS: ListedKind = { group: 'apps', version: 'v1', resource: 'daemonsets', kind: 'DaemonSet', isNamespaced: true };
export const CLAIMS: ListedKind = { group: '', version: 'v1', resource: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim', isNamespaced: true };
export const RESOURCE_SLICES: ListedKind = { group: 'resource.k8s.io', version: 'v1', resource: 'resourceslices', kind: 'ResourceSlice', isNamespaced: false };

/** Kinds that make pods with GPUs; one that the cluster does not know is passed over. Pods of other makers are read as pods. */
export const MAKERS: readonly ListedKind[] = [
  ...namespaced('apps', 'v1', { deployments: 'Deployment', statefulsets: 'StatefulSet' }),
  ...namespaced('batch', 'v1', { jobs: 'Job', cronjobs: 'CronJob' }),
  ...namespaced('ray.io', 'v1', { rayservices: 'RayService', rayjobs: 'RayJob', rayclusters: 'RayCluster' }),
  ...namespaced('jobset.x-k8s.io', 'v1alpha2', { jobsets: 'JobSet' }),
  ...namespaced('leaderworkerset.x-k8s.io', 'v1', { leaderworkersets: 'LeaderWorkerSet' }),
  ...namespaced('kubeflow.org', 'v1', { pytorchjobs: 'PyTorchJob', mpijobs: 'MPIJob' }),
  ...namespaced('sagemaker.amazonaws.com', 'v1', { hyperpodpytorchjobs: 'HyperPodPyTorchJob' }),
  ...namespaced('batch.volcano.sh', 'v1alpha1', { jobs: 'Job' }),
];

/** What rules ask about beside the makers of pods. */
export const OTHERS: readonly ListedKind[] = [
  ...clusterWide('karpenter.sh', 'v1', { nodepools: 'NodePool' }),
  ...clusterWide('karpenter.k8s.aws', 'v1', { ec2nodeclasses: 'EC2NodeClass' }),
  ...namespaced('resource.k8s.io', 'v1', { resourceclaimtemplates: 'ResourceClaimTemplate' }),
];

/** A TrainJob and what it is made from: neither is a whole pod, the JobSet that comes of them is. */
export const TRAIN_JOBS: readonly ListedKind[] = [
  ...namespaced('trainer.kubeflow.org', 'v1alpha1', { trainjobs: 'TrainJob', trainingruntimes: 'TrainingRuntime' }),
  ...clusterWide('trainer.kubeflow.org', 'v1alpha1', { clustertrainingruntimes: 'ClusterTrainingRuntime' }),
];
