import type { ClusterNode, NodeTaint } from '../model.ts';
import { deviceAmounts } from './device-resources.ts';
import { listOf, objectOf, textOf, textsOf } from './json-value.ts';

/** Labels by which node pools are known, the more particular first. */
const NODE_GROUP_LABELS = [
  'karpenter.sh/nodepool',
  'eks.amazonaws.com/nodegroup',
  'sagemaker.amazonaws.com/instance-group-name',
  'alpha.eksctl.io/nodegroup-name',
  'cloud.google.com/gke-nodepool',
  'kubernetes.azure.com/agentpool',
  'kops.k8s.io/instancegroup',
];

/** A Node of the API, reduced; undefined where it is none. */
export function parseClusterNode(json: unknown): ClusterNode | undefined {
  const node = objectOf(json);
  const metadata = objectOf(node['metadata']);
  const name = textOf(metadata['name']);
  if (!name || (node['kind'] !== undefined && node['kind'] !== 'Node')) return undefined;
  const labels = textsOf(metadata['labels']);
  const spec = objectOf(node['spec']);
  const group = NODE_GROUP_LABELS.find((label) => labels[label]);
  return {
    name,
    uid: textOf(metadata['uid']),
    nodeGroup: group === undefined ? undefined : labels[group],
    labels,
    taints: listOf(spec['taints']).map(taintOf),
    isCordoned: spec['unschedulable'] === true,
    allocatable: deviceAmounts(objectOf(node['status'])['allocatable']),
  };
}

function taintOf(json: unknown): NodeTaint {
  const taint = objectOf(json);
  return { key: textOf(taint['key']) ?? '', value: textOf(taint['value']) ?? '', effect: textOf(taint['effect']) ?? '' };
}
