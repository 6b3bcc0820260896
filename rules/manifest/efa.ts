import type { Container, ManifestWorkload, PodGroup, Variable } from '../../agent/model.ts';
import { instanceTypeCalled, type InstanceType } from '../fabric/instance-types.ts';

/** The DRA driver's class; https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html */
const EFA_DEVICE_CLASS = /efa/;

/** Environment that is set for EFA and for nothing else; empty: none. */
export function efaSettings(container: Container): readonly Variable[] {
  return container.environment.filter(
    ({ name, value }) =>
      (name === 'FI_PROVIDER' && (value ?? '').startsWith('efa')) ||
      (name.startsWith('FI_EFA_') && name !== 'FI_EFA_FORK_SAFE') ||
      (name === 'NCCL_NET_PLUGIN' && /ofi/.test(value ?? '')) ||
      (name === 'NCCL_NET' && /libfabric|ofi/i.test(value ?? '')) ||
      (name === 'NCCL_TUNER_PLUGIN' && /ofi/.test(value ?? '')) ||
      (name === 'LD_LIBRARY_PATH' && /\/opt\/amazon\/(efa|ofi-nccl)/.test(value ?? '')),
  );
}

/** By the device plugin's resource, or by a resource claim. A claim whose class is not in the input may be one. */
export function asksForEfa(pod: PodGroup, container: Container): boolean {
  if (container.efa !== 0) return true;
  return container.claims.length > 0 && pod.deviceClasses.some((name) => name === '?' || EFA_DEVICE_CLASS.test(name));
}

/** The instance types that a pod selects and that the table knows. */
export function knownInstanceTypes(pod: PodGroup): readonly InstanceType[] {
  return pod.instanceTypes.flatMap((name) => instanceTypeCalled(name) ?? []);
}

/** Whether some pod of the workload asks for EFA. */
export function someAsksForEfa(workload: ManifestWorkload): boolean {
  return workload.pods.some((pod) => pod.containers.some((container) => asksForEfa(pod, container)));
}

/**
 * The P6 type that a pod selects. There the mlx5 devices of the NVLink switches stand among the node's verbs devices, and a
 * pod that sees them finds no EFA.
 */
export function p6TypeOf({ instanceTypes }: PodGroup): string | undefined {
  return instanceTypes.find((name) => /^(ml\.)?p6/.test(name));
}
