import type { LivePod } from '../../model.ts';
import type { DocumentObject } from '../manifest-object.ts';
import { readWorkloads } from '../workloads.ts';
import type { ClusterContents } from './contents.ts';
import { controllerOf, uidOf } from './live-object.ts';

const known = new WeakMap<DocumentObject, LivePod['promisedEfa']>();

/**
 * The most EFA devices that a template on a pod's way asks for. A TrainJob's `resourcesPerNode` replaces the resources of
 * its runtime's container, EFA included, without a word: https://github.com/kubeflow/trainer/issues/2744
 */
export function promisedEfa(makers: readonly DocumentObject[], { trainJobs }: ClusterContents): LivePod['promisedEfa'] {
  const all = [...makers, ...makers.flatMap((maker) => runtimeOf(maker, trainJobs) ?? [])];
  return all.map(mostEfa).reduce((most, one) => (one && (!most || one.count > most.count) ? one : most), undefined);
}

function mostEfa(object: DocumentObject): LivePod['promisedEfa'] {
  if (known.has(object)) return known.get(object);
  const containers = readWorkloads([object]).flatMap(({ pods }) => pods.flatMap((pod) => pod.containers));
  const most = containers.toSorted((a, b) => (b.efa ?? 0) - (a.efa ?? 0))[0];
  const found = most?.efa ? { count: most.efa, object, path: [...most.path, 'resources'] } : undefined;
  known.set(object, found);
  return found;
}

/** The runtime that the TrainJob of a JobSet names; without a kind it is a ClusterTrainingRuntime. */
function runtimeOf(maker: DocumentObject, trainJobs: readonly DocumentObject[]): DocumentObject | undefined {
  const owner = controllerOf(maker);
  const job = owner?.kind === 'TrainJob' ? trainJobs.find((candidate) => uidOf(candidate) === owner.uid) : undefined;
  const name = job?.get(['spec', 'runtimeRef', 'name']);
  const kind = job?.get(['spec', 'runtimeRef', 'kind']) ?? 'ClusterTrainingRuntime';
  return trainJobs.find((candidate) => candidate.kind === kind && candidate.name === name && (kind === 'ClusterTrainingRuntime' || candidate.namespace === job?.namespace));
}
