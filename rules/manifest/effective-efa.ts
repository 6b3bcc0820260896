import type { Container, Judgement, LivePod, ManifestObject, ManifestWorkload } from '../../agent/model.ts';
import { EFA_RESOURCE } from './device-resources.ts';
import { asksForEfa, efaSettings } from './efa.ts';
import { faultAt, spotAt } from './place.ts';

/**
 * Pods that run without the EFA their templates promise, or that their own settings need. One fault a maker: its pods are
 * alike. `told`: owners whose template says the same of itself.
 */
export function* effectiveEfaFaults(pods: readonly LivePod[], told: ReadonlySet<ManifestObject>): Iterable<Judgement> {
  const makers = Map.groupBy(pods.filter((pod) => lacking(pod) !== undefined), ({ owner }) => owner);
  for (const [owner, lackingPods] of makers) {
    const [first] = lackingPods;
    const container = first && lacking(first);
    if (!first || !container || told.has(owner)) continue;
    const { workload, promisedEfa } = first;
    const settings = efaSettings(container).map(({ name }) => name);
    if (!promisedEfa && settings.length === 0) continue;
    const others = lackingPods.length === 1 ? '' : ` and ${lackingPods.length - 1} more of ${owner.id}`;
    const why = promisedEfa
      ? `${promisedEfa.object.id} asks for ${promisedEfa.count}: something between them replaced its resources${ofTrainJob(promisedEfa.object)}`
      : `${settings.slice(0, 3).join(', ')} ${settings.length === 1 ? 'is' : 'are'} set for EFA`;
    yield faultAt(spotAt(container.object, [...container.path, 'resources']), {
      message: `pod ${workload.object.namespace}/${workload.object.name}${others} runs with ${container.gpus ?? 'some'} GPUs and no ${EFA_RESOURCE}, though ${why}; NCCL will use TCP between nodes, or hang where the network is forced`,
      found: `no ${EFA_RESOURCE}`,
      expected: promisedEfa ? `${EFA_RESOURCE}: ${promisedEfa.count}` : `${EFA_RESOURCE}, as many as the instance type has`,
      evidence: { container: container.name, pods: lackingPods.length, owner: owner.id, settings, ...(promisedEfa && { promised: promisedEfa.count, promisedBy: promisedEfa.object.id }) },
    });
  }
}

/** The container with GPUs and without EFA. A pod of one node needs none, whatever its settings say. */
function lacking({ workload, promisedEfa }: LivePod): Container | undefined {
  if (promisedEfa === undefined && workload.isMultiNode === false) return undefined;
  return gpuContainer(workload);
}

function gpuContainer({ pods }: ManifestWorkload): Container | undefined {
  for (const pod of pods) {
    const found = pod.containers.find((container) => container.gpus !== 0 && !asksForEfa(pod, container));
    if (found && !pod.containers.some((container) => asksForEfa(pod, container))) return found;
  }
  return undefined;
}

function ofTrainJob({ kind }: ManifestObject): string {
  return kind.endsWith('TrainingRuntime') ? " (a TrainJob's resourcesPerNode replaces all of them)" : '';
}
