import type { LivePod, Manifests, ManifestWorkload, SkippedDocument } from '../../model.ts';
import type { DocumentObject } from '../manifest-object.ts';
import { asksForGpus } from '../multi-node.ts';
import { readWorkloads } from '../workloads.ts';
import type { ClusterContents } from './contents.ts';
import { controllerOf, LIVE } from './live-object.ts';
import { deviceNodes } from './node-facts.ts';
import { Ownership } from './ownership.ts';
import { promisedEfa } from './promised-efa.ts';

/** The same that is read of files, from objects of a cluster: owners' templates, and pods that nobody known made. */
export function readLiveManifests(contents: ClusterContents): Manifests {
  const { makers, others, claims = [], nodes = [] } = contents;
  const ownership = ownershipOf(contents);
  const tops = makers.filter((maker) => ownership.makersOf(maker).length === 0);
  const loose = alikeOnce(withMakers(contents).filter(({ makers: own }) => own.length === 0).map(({ pod }) => pod));
  const all = readWorkloads([...tops, ...loose, ...others]);
  const workloads = all.filter(isConcerned);
  return {
    files: [LIVE],
    objects: [...workloads.map(({ object }) => object), ...others, ...claims, ...deviceNodes(nodes)],
    workloads,
    problems: [],
    skipped: leftAside(all.length - workloads.length, contents),
  };
}

/** The pods that an audited object made, with what its templates promised them. */
export function livePods(contents: ClusterContents): readonly LivePod[] {
  return withMakers(contents).flatMap(({ pod, makers }) => {
    const owner = makers.at(-1);
    const [workload] = readWorkloads([pod]);
    return owner && workload ? [{ workload, owner, promisedEfa: promisedEfa(makers, contents) }] : [];
  });
}

function ownershipOf({ makers, pods = [] }: ClusterContents): Ownership {
  return new Ownership([...makers, ...pods]);
}

function withMakers(contents: ClusterContents): readonly { readonly pod: DocumentObject; readonly makers: readonly DocumentObject[] }[] {
  const ownership = ownershipOf(contents);
  // The workers of a LeaderWorkerSet are made by their leader's pod.
  return (contents.pods ?? []).map((pod) => ({ pod, makers: ownership.makersOf(pod).filter(({ kind }) => kind !== 'Pod') }));
}

/** Audits are about GPUs and EFA: a cluster has hundreds of other workloads, whose images and probes are not our business. */
function isConcerned({ pods, engines, trainings, ray }: ManifestWorkload): boolean {
  return pods.some(asksForGpus) || pods.some((pod) => pod.containers.some(({ efa }) => efa !== 0)) || engines.length > 0 || trainings.length > 0 || (ray !== undefined && ray.groups.some(({ pod }) => pod !== undefined && asksForGpus(pod)));
}

/** A pod of 64 with the same maker speaks for all that look the same. */
function alikeOnce(pods: readonly DocumentObject[]): readonly DocumentObject[] {
  const groups = Map.groupBy(pods, (pod) => {
    const maker = controllerOf(pod);
    return maker ? `${maker.uid} ${JSON.stringify(pod.get(['spec', 'containers', 0, 'resources']))} ${JSON.stringify(pod.get(['spec', 'containers', 0, 'image']))}` : pod.id;
  });
  return [...groups.values()].flatMap(([first]) => first ?? []);
}

function leftAside(others: number, { endedJobs }: ClusterContents): readonly SkippedDocument[] {
  const aside = (what: string, why: string): SkippedDocument => ({ file: LIVE, line: 0, what, why });
  return [
    ...(others === 0 ? [] : [aside(others === 1 ? '1 workload' : `${others} workloads`, 'without GPU, EFA, engine or training')]),
    ...(endedJobs === 0 ? [] : [aside(endedJobs === 1 ? '1 job' : `${endedJobs} jobs`, 'ended')]),
  ];
}
