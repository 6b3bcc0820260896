import { numberIn } from '../../rules/manifest/setting-values.ts';
import type { ManifestObject, ManifestWorkload, PodGroup, RayCluster, VllmEngine } from '../model.ts';

type Facts = Pick<ManifestWorkload, 'object' | 'pods' | 'purpose' | 'engines' | 'ray'>;

/** Kinds whose pods belong to one run. */
const ONE_RUN = /^(PyTorchJob|MPIJob|TFJob|JAXJob|XGBoostJob|PaddleJob|JobSet|TrainJob|LeaderWorkerSet|HyperPodPyTorchJob)$/;

/** Whether GPUs of different pods form one communicator; undefined where the manifest does not tell. */
export function isMultiNode({ object, pods, purpose, engines, ray }: Facts): boolean | undefined {
  const gpuPods = pods.filter(asksForGpus);
  if (gpuPods.length === 0) return false;
  const most = mostPods(gpuPods);
  if (most !== undefined && most <= 1 && object.kind !== 'Pod') return false;
  if (engines.some((engine) => (numberIn(engine.options['nnodes']) ?? 1) > 1)) return true;
  if (ray) return purpose === 'serving' ? servesAcross(ray, engines) : purpose === 'training' || object.kind === 'RayJob' ? most === undefined || most > 1 : undefined;
  if (ONE_RUN.test(object.kind)) return most === undefined ? undefined : most > 1;
  if (object.kind === 'Job' || object.kind === 'CronJob') return isOneRun(object, gpuPods) || purpose === 'training' ? true : undefined;
  if (object.kind === 'Deployment' || object.kind === 'ReplicaSet' || purpose === 'serving') return false;
  return undefined;
}

export function asksForGpus(pod: PodGroup): boolean {
  return pod.containers.some(({ gpus, limits }) => gpus !== 0 || Object.keys(limits).some((name) => name.startsWith('nvidia.com/mig-')));
}

function mostPods(pods: readonly PodGroup[]): number | undefined {
  let sum = 0;
  for (const { count } of pods) {
    if (!count) return undefined;
    sum += count.max;
  }
  return sum;
}

/** An Indexed Job gives its pods ranks; a Job of Volcano is a gang. */
function isOneRun(object: ManifestObject, pods: readonly PodGroup[]): boolean {
  if (object.apiVersion.startsWith('batch.volcano.sh/')) return true;
  return pods.some(({ path }) => object.get([...path.slice(0, -1), 'completionMode']) === 'Indexed');
}

/** Replicas of Ray Serve are independent; only an engine larger than a pod reaches across. */
function servesAcross(ray: RayCluster, engines: readonly VllmEngine[]): boolean | undefined {
  if (ray.groups.some(({ numOfHosts }) => numOfHosts > 1)) return true;
  if (engines.length === 0) return undefined;
  const largest = Math.max(...ray.groups.map(({ pod }) => Math.max(0, ...(pod?.containers ?? []).map(({ gpus }) => gpus ?? Infinity))));
  return engines.some(({ options }) => (numberIn(options['tensor_parallel_size']) ?? 1) * (numberIn(options['pipeline_parallel_size']) ?? 1) > largest);
}
