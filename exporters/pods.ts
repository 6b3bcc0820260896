import type { Finding, PodName } from '../agent/model.ts';
import { visible } from './escape.ts';
import { count } from './words.ts';

/** `ml/grpo-worker-0 (8 GPUs, 4 EFA)`; without what is not known of it. */
function podWords({ namespace, name, gpus, efa, rdma }: PodName): string {
  const held = [
    ...(gpus > 0 ? [count(gpus, 'GPU')] : []),
    ...(efa > 0 ? [`${efa} EFA`] : []),
    ...(rdma > 0 ? [count(rdma, 'RDMA device')] : []),
  ];
  return visible(`${namespace}/${name}${held.length > 0 ? ` (${held.join(', ')})` : ''}`);
}

/** The pods that findings concern, without those that a finding speaks of itself: its subject names them. */
export function concernedPods(findings: readonly Finding[]): readonly PodName[] {
  const subjects = new Set(findings.map(({ subject }) => subject));
  return findings.flatMap(({ pods }) => pods.filter(({ namespace, name }) => !subjects.has(`${namespace}/${name}`)));
}

/** The pods of several findings, each once, those with most devices first; the rest as a number behind the first `most`. */
export function podsWords(pods: readonly PodName[], most: number): readonly string[] {
  const unique = new Map(pods.map((pod) => [JSON.stringify([pod.namespace, pod.name]), pod]));
  const ordered = [...unique.values()].toSorted((a, b) => b.gpus - a.gpus || b.efa + b.rdma - a.efa - a.rdma);
  const rest = ordered.length - most;
  return [...ordered.slice(0, most).map(podWords), ...(rest > 0 ? [`and ${count(rest, 'more pod')}`] : [])];
}
