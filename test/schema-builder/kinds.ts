const BY_VERSION: Readonly<Record<string, readonly string[]>> = {
  v1: ['Pod', 'Service', 'ConfigMap', 'Secret', 'PersistentVolumeClaim', 'PersistentVolume', 'ServiceAccount', 'Namespace', 'ReplicationController', 'PodTemplate', 'LimitRange', 'ResourceQuota'],
  'apps/v1': ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
  'batch/v1': ['Job', 'CronJob'],
  'autoscaling/v2': ['HorizontalPodAutoscaler'],
  'policy/v1': ['PodDisruptionBudget'],
  'networking.k8s.io/v1': ['NetworkPolicy', 'Ingress'],
  'rbac.authorization.k8s.io/v1': ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
  'storage.k8s.io/v1': ['StorageClass'],
  'scheduling.k8s.io/v1': ['PriorityClass'],
  'resource.k8s.io/v1': ['ResourceClaim', 'ResourceClaimTemplate', 'DeviceClass'],
  'admissionregistration.k8s.io/v1': ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
};
/** What the client names differently from the API. */
const NAMED: Readonly<Record<string, string>> = {
  'autoscaling/v2 HorizontalPodAutoscaler': 'V2HorizontalPodAutoscaler',
  'resource.k8s.io/v1 ResourceClaim': 'ResourceV1ResourceClaim',
};

/** Kinds with a schema: what a GPU workload is made of. Version and kind, and the name of the type. */
export const KINDS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(BY_VERSION).flatMap(([version, kinds]) => kinds.map((kind) => [`${version} ${kind}`, NAMED[`${version} ${kind}`] ?? kind])),
);
