import type { ClusterNode, NodeRequirement, NodeTaint, Pod, PodPlacement, Pods, PodToleration } from '../../agent/model.ts';

/** What stands between a pod without a node and this node. */
export interface Obstacles {
  /** Resources of which this node has less free than asked, with both numbers. */
  readonly short: readonly { readonly resource: string; readonly asked: number; readonly free: number; readonly allocatable: number }[];
  readonly taints: readonly NodeTaint[];
  /** Node selector entries and affinity that this node does not meet, as text: `pool=a (this node: b)`. */
  readonly selectors: readonly string[];
  readonly isCordoned: boolean;
}

const GPU = /^(nvidia\.com\/(gpu(\.shared)?|mig-[\w.]+)|amd\.com\/gpu)$/;

/**
 * Whether this node has free what the pod asks for of GPUs; of fabric devices, where it asks for no GPU. Undefined where it asks
 * by claim alone: what a claim may have stands in ResourceSlices and other claims, which the agent has no right to read.
 */
export function hasRoom({ requests }: Pod, { free }: Pods): boolean | undefined {
  if (Object.keys(requests).length === 0) return undefined;
  const gpus = Object.entries(requests).filter(([resource]) => GPU.test(resource));
  const wanted = gpus.length > 0 ? gpus : Object.entries(requests);
  return wanted.every(([resource, amount]) => (free[resource] ?? 0) >= amount);
}

export function obstacles(pod: Pod, { node, free }: Pods): Obstacles {
  const placement = pod.placement ?? { nodeSelector: {}, nodeAffinity: [], tolerations: [] };
  return {
    short: Object.entries(pod.requests).flatMap(([resource, asked]) => {
      const left = free[resource] ?? 0;
      return left >= asked ? [] : [{ resource, asked, free: left, allocatable: node.allocatable[resource] ?? 0 }];
    }),
    taints: node.taints.filter((taint) => taint.effect !== 'PreferNoSchedule' && !placement.tolerations.some((one) => tolerates(one, taint))),
    selectors: unmet(placement, node),
    isCordoned: node.isCordoned,
  };
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/: an empty key with Exists tolerates all. */
function tolerates({ key, operator, value, effect }: PodToleration, taint: NodeTaint): boolean {
  if (effect !== undefined && effect !== taint.effect) return false;
  if (key === undefined) return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || value === taint.value);
}

function unmet({ nodeSelector, nodeAffinity }: PodPlacement, { labels }: ClusterNode): readonly string[] {
  const here = (key: string): string => `this node: ${labels[key] ?? 'no such label'}`;
  const selectors = Object.entries(nodeSelector).flatMap(([key, value]) => (labels[key] === value ? [] : [`${key}=${value} (${here(key)})`]));
  const isMet = nodeAffinity.length === 0 || nodeAffinity.some((term) => term.every((requirement) => meets(requirement, labels)));
  const first = nodeAffinity[0]?.find((requirement) => !meets(requirement, labels));
  if (isMet || !first) return selectors;
  return [...selectors, `${first.key} ${first.operator} ${first.values.join(', ')} (${here(first.key)})`];
}

function meets({ key, operator, values }: NodeRequirement, labels: ClusterNode['labels']): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      // An operator of a later Kubernetes: the scheduler knows it, and its message says so.
      return true;
  }
}

/** `0/3 nodes are available: 2 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint {…}.`: each reason and how many nodes have it. */
export function schedulerReasons(message: string): { readonly nodes: number; readonly reasons: readonly { readonly count: number; readonly text: string }[] } | undefined {
  const [, nodes, list] = /^0\/(\d+) nodes are available: (.*?)(?:\. preemption: .*)?$/s.exec(message) ?? [];
  if (nodes === undefined || list === undefined) return undefined;
  const reasons = list.split(/, (?=\d+ )/).flatMap((part) => {
    const [, count, text] = /^(\d+) (.*?)\.?$/s.exec(part.trim()) ?? [];
    return count === undefined || text === undefined ? [] : [{ count: Number(count), text }];
  });
  return { nodes: Number(nodes), reasons };
}
