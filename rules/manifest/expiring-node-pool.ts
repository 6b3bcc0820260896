import type { Judgement, ManifestObject, Manifests, PodGroup } from '../../agent/model.ts';
import { faultAt, spotAt } from './place.ts';
import { listOf, mapOf } from './yaml-values.ts';

/** Karpenter's default: pkg/apis/v1/nodepool.go. */
const STANDARD = '720h';
const INSTANCE_TYPE = 'node.kubernetes.io/instance-type';

/**
 * A Karpenter NodePool in the input whose nodes expire, and a training in the input that may run on them. The annotation on
 * pods does not stop expiration (https://karpenter.sh/preview/reference/annotations/).
 */
export function* expiringNodePool({ objects, workloads }: Manifests): Iterable<Judgement> {
  const trainings = workloads.filter(({ purpose }) => purpose === 'training').flatMap(({ pods }) => pods.filter(({ containers }) => containers.some(({ gpus }) => gpus !== 0)));
  for (const pool of objects.filter(({ kind, apiVersion }) => kind === 'NodePool' && apiVersion.startsWith('karpenter.sh/'))) {
    const path = ['spec', 'template', 'spec', 'expireAfter'];
    const written = pool.get(path);
    if (written === 'Never' || (written !== undefined && typeof written !== 'string') || !trainings.some((pod) => mayRunOn(pod, pool))) continue;
    const grace = pool.get(['spec', 'template', 'spec', 'terminationGracePeriod']);
    const age = `${written ?? STANDARD}${written === undefined ? ', the default' : ''}`;
    yield faultAt(spotAt(pool, path), {
      message: `nodes of NodePool ${pool.name} expire after ${age}: Karpenter then drains them whatever a training there has reached${typeof grace === 'string' ? `, and kills its pods ${grace} later` : ''}; do-not-disrupt does not stop that`,
      found: written === undefined ? `no expireAfter, which means ${STANDARD}` : `expireAfter: ${written}`,
      expected: 'expireAfter: Never for nodes that train',
      snippet: 'template:\n  spec:\n    expireAfter: Never',
      evidence: { nodePool: pool.name, expireAfter: written ?? STANDARD },
    });
  }
}

function mayRunOn(pod: PodGroup, pool: ManifestObject): boolean {
  const named = pod.nodeSelector['karpenter.sh/nodepool'];
  if (named !== undefined) return named === pool.name;
  const types = admitted(pool, INSTANCE_TYPE);
  // Without its types or families a pool says nothing about GPUs.
  const families = admitted(pool, 'karpenter.k8s.aws/instance-family');
  if (pod.instanceTypes.length > 0) return pod.instanceTypes.some((type) => types.includes(type) || families.includes(type.split('.')[0] ?? ''));
  return [...types, ...families].some((type) => /^(p\d|g\d)/.test(type));
}

function admitted(pool: ManifestObject, key: string): readonly string[] {
  return listOf(pool.get(['spec', 'template', 'spec', 'requirements'])).flatMap((requirement) => {
    const { key: name, operator, values } = mapOf(requirement) ?? {};
    return name === key && operator === 'In' ? listOf(values).filter((value) => typeof value === 'string') : [];
  });
}
