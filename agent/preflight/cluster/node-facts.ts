import { instanceTypes, type InstanceType } from '../../../rules/fabric/instance-types.ts';
import type { ManifestObject } from '../../model.ts';
import { listOf, objectOf, textOf } from '../../parse/json-value.ts';
import { parseQuantity } from '../../parse/quantity.ts';
import { EFA_RESOURCE, GPU_RESOURCE } from '../containers.ts';

/** What the table says of a Node's instance type; undefined for a type that has neither GPU nor EFA, or is not known. */
export function instanceTypeOf(node: ManifestObject): InstanceType | undefined {
  const name = (node.labels['node.kubernetes.io/instance-type'] ?? '').replace(/^ml\./, '');
  return instanceTypes.find((type) => type.name === name && (type.gpus > 0 || type.maxEfa > 0));
}

export function internalAddress(node: ManifestObject): string | undefined {
  const addresses = listOf(node.get(['status', 'addresses'])).map(objectOf);
  // IPv4 where both are given: it is what VPC blocks are compared with.
  const internal = addresses.flatMap(({ type, address }) => (type === 'InternalIP' ? [textOf(address) ?? ''] : []));
  return internal.find((address) => address.includes('.')) ?? internal[0];
}

/** `i-0123456789abcdef0`, of `aws:///us-east-1a/i-0123456789abcdef0`. */
export function instanceIdOf(node: ManifestObject): string | undefined {
  return /\/(i-[0-9a-f]+)$/.exec(textOf(node.get(['spec', 'providerID'])) ?? '')?.[1];
}

export function regionOf(node: ManifestObject): string | undefined {
  return node.labels['topology.kubernetes.io/region'];
}

/** How many of a resource pods may ask for; 0 where it is not advertised. */
export function allocatable(node: ManifestObject, resource: string): number {
  return parseQuantity(node.get(['status', 'allocatable', resource])) ?? 0;
}

export function isReady(node: ManifestObject): boolean {
  return listOf(node.get(['status', 'conditions'])).map(objectOf).some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Nodes with GPUs or EFA devices, by their instance type or by what they advertise. */
export function deviceNodes<T extends ManifestObject>(nodes: readonly T[]): readonly T[] {
  return nodes.filter((node) => (instanceTypeOf(node)?.gpus ?? 0) > 0 || allocatable(node, EFA_RESOURCE) > 0 || allocatable(node, GPU_RESOURCE) > 0);
}

/** `p5.48xlarge`; `?` where no label tells. */
export function typeName(node: ManifestObject): string {
  return node.labels['node.kubernetes.io/instance-type'] ?? '?';
}
