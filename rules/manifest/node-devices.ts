import type { Judgement, ManifestObject, Manifests, YamlValue } from '../../agent/model.ts';
import { instanceTypeCalled, type InstanceType } from '../fabric/instance-types.ts';
import { EFA_RESOURCE, GPU_RESOURCE } from './device-resources.ts';
import { nvidiaGpus } from './instance-fit.ts';
import { faultAt, spotAt } from './place.ts';

/**
 * Nodes that offer more EFA devices than their type has, or fewer than they have. Only with live Nodes in the input:
 * `--cluster`, or `kubectl get nodes -o yaml`.
 */
export function* nodeEfaFaults({ objects }: Manifests): Iterable<Judgement> {
  for (const { node, type } of nodesOf(objects)) {
    const offered = countAt(node, 'allocatable', EFA_RESOURCE);
    const held = countAt(node, 'capacity', EFA_RESOURCE);
    const spot = spotAt(node, ['status', 'allocatable', EFA_RESOURCE]);
    const evidence = { node: node.name, instanceType: type.name, offered, instanceEfa: type.maxEfa };
    if (offered > type.maxEfa) {
      // https://github.com/aws/sagemaker-hyperpod-cli/pull/282: 8 EFA devices and 2 mlx5 ones of the NVLink controllers
      yield faultAt(spot, {
        message: `node ${node.name} offers ${offered} ${EFA_RESOURCE} and ${type.name} has ${type.maxEfa}: EFA device plugins before 0.5.10 count mlx5 devices of p6 nodes too, and a pod that is given one of these finds no EFA on it`,
        found: `${EFA_RESOURCE}: ${offered}`,
        expected: `${EFA_RESOURCE}: ${type.maxEfa}, with aws-efa-k8s-device-plugin 0.5.10 or later`,
        evidence,
      });
    } else if (offered < held) {
      yield faultAt(spot, unhealthy(node, EFA_RESOURCE, offered, held, evidence));
    }
  }
}

/** Nodes that offer fewer GPUs than they have. Shared GPUs and MIG slices are counted otherwise: silent. */
export function* nodeGpuFaults({ objects }: Manifests): Iterable<Judgement> {
  for (const { node, type } of nodesOf(objects)) {
    const offered = countAt(node, 'allocatable', GPU_RESOURCE);
    const held = countAt(node, 'capacity', GPU_RESOURCE);
    const has = nvidiaGpus(type);
    if (offered === 0 || isShared(node)) continue;
    const spot = spotAt(node, ['status', 'allocatable', GPU_RESOURCE]);
    const evidence = { node: node.name, instanceType: type.name, offered, instanceGpus: has };
    if (offered < held) yield faultAt(spot, unhealthy(node, GPU_RESOURCE, offered, held, evidence));
    else if (offered < has) {
      yield faultAt(spot, {
        message: `node ${node.name} offers ${offered} ${GPU_RESOURCE} and ${type.name} has ${has}: ${has - offered} ${has - offered === 1 ? 'GPU is' : 'GPUs are'} lost to its driver; pods that ask for ${has} never fit`,
        found: `${GPU_RESOURCE}: ${offered}`,
        expected: `${GPU_RESOURCE}: ${has}`,
        evidence,
      });
    }
  }
}

function unhealthy(node: ManifestObject, resource: string, offered: number, held: number, evidence: Readonly<Record<string, string | number>>): Parameters<typeof faultAt>[1] {
  return {
    message: `node ${node.name} offers ${offered} of its ${held} ${resource}: its device plugin calls ${held - offered} of them unhealthy`,
    found: `${resource}: ${offered}`,
    expected: `${resource}: ${held}`,
    evidence: { ...evidence, capacity: held },
  };
}

/** Nodes whose instance type the table knows. */
function nodesOf(objects: readonly ManifestObject[]): readonly { readonly node: ManifestObject; readonly type: InstanceType }[] {
  return objects.flatMap((node) => {
    if (node.kind !== 'Node' || node.apiVersion !== 'v1') return [];
    const type = instanceTypeCalled(node.labels['node.kubernetes.io/instance-type'] ?? '');
    return type ? [{ node, type }] : [];
  });
}

/** Counts of devices are whole numbers, as text. */
function countAt(node: ManifestObject, list: 'allocatable' | 'capacity', resource: string): number {
  const value: YamlValue | undefined = node.get(['status', list, resource]);
  return typeof value === 'string' || typeof value === 'number' ? Number(value) || 0 : 0;
}

/** By time slicing or MPS (labels of NVIDIA's GPU feature discovery), or as MIG slices. */
function isShared(node: ManifestObject): boolean {
  const replicas = node.labels['nvidia.com/gpu.replicas'];
  const strategy = node.labels['nvidia.com/gpu.sharing-strategy'];
  const allocatable = node.get(['status', 'allocatable']);
  const names = typeof allocatable === 'object' && allocatable !== null ? Object.keys(allocatable) : [];
  return Number(replicas ?? 1) > 1 || (strategy !== undefined && strategy !== 'none') || names.some((name) => name.startsWith('nvidia.com/mig-') || name === 'nvidia.com/gpu.shared');
}
