import type { Workload } from '../model.ts';
import { listOf, objectOf, textOf, textsOf, type JsonObject } from './json-value.ts';

/**
 * Labels that the controllers of jobs put on every pod of theirs, outermost controller first: a RayJob makes a RayCluster,
 * a JobSet makes Jobs. The value is the workload's name.
 */
const NAMED_BY_LABEL: readonly (readonly [label: string, kind: string])[] = [
  ['ray.io/cluster', 'RayCluster'], // kuberay, ray-operator/controllers/ray/utils/constant.go
  ['jobset.sigs.k8s.io/jobset-name', 'JobSet'],
  ['leaderworkerset.sigs.k8s.io/name', 'LeaderWorkerSet'],
  ['batch.kubernetes.io/job-name', 'Job'],
  ['job-name', 'Job'], // before Kubernetes 1.27
];

/** The job, service or set that a pod belongs to, by its labels and its owner; undefined for a bare pod. */
export function workloadOf(metadata: JsonObject): Workload | undefined {
  const labels = textsOf(metadata['labels']);
  const owner = controllerOf(metadata);
  return rayOrigin(labels) ?? trainingJob(labels, owner) ?? byLabel(labels) ?? (owner && byOwner(owner, labels));
}

function byLabel(labels: Readonly<Record<string, string>>): Workload | undefined {
  for (const [label, kind] of NAMED_BY_LABEL) {
    const name = labels[label];
    if (name) return { kind, name };
  }
  return undefined;
}

/** The RayService or RayJob that a RayCluster was made for. */
function rayOrigin(labels: Readonly<Record<string, string>>): Workload | undefined {
  const [name, kind] = [labels['ray.io/originated-from-cr-name'], labels['ray.io/originated-from-crd']];
  return name && kind ? { kind, name } : undefined;
}

/** Kubeflow's training operator v1 names the job in a label and its kind in the owner: PyTorchJob, MPIJob. */
function trainingJob(labels: Readonly<Record<string, string>>, owner: Workload | undefined): Workload | undefined {
  const name = labels['training.kubeflow.org/job-name'];
  if (!name) return undefined;
  return { kind: owner?.kind.endsWith('Job') && owner.kind !== 'Job' ? owner.kind : 'TrainingJob', name };
}

/** A Deployment owns its pods through a ReplicaSet whose name is its own and the hash of the template. */
function byOwner(owner: Workload, labels: Readonly<Record<string, string>>): Workload {
  const hash = labels['pod-template-hash'];
  const suffix = `-${hash}`;
  if (owner.kind !== 'ReplicaSet' || !hash || !owner.name.endsWith(suffix)) return owner;
  return { kind: 'Deployment', name: owner.name.slice(0, -suffix.length) };
}

function controllerOf(metadata: JsonObject): Workload | undefined {
  const owners = listOf(metadata['ownerReferences']).map(objectOf);
  const owner = owners.find((one) => one['controller'] === true) ?? owners[0];
  const [kind, name] = [textOf(owner?.['kind']), textOf(owner?.['name'])];
  return kind && name ? { kind, name } : undefined;
}
