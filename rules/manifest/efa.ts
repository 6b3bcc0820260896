import type { Container, ManifestWorkload, PodGroup, Variable } from '../../agent/model.ts';
import { instanceTypeCalled, type InstanceType } from '../fabric/instance-types.ts';

/** The DRA driver's class; https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html */
const EFA_DEVICE_CLASS = /(^|[^a-z])efa([^a-z]|$)/;

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

/**
 * By the device plugin's resource, or by a resource claim. A claim whose class is not in the input may be one, and gets the
 * benefit of the doubt: enough to say nothing, never to say that a pod uses EFA.
 */
export function asksForEfa(pod: PodGroup, container: Container): boolean {
  return surelyAsksForEfa(pod, container) || (container.claims.length > 0 && pod.deviceClasses.includes('?'));
}

/** As asksForEfa, but a claim counts only by the name of its class: RoCE devices are claimed too. */
export function surelyAsksForEfa(pod: PodGroup, container: Container): boolean {
  return container.efa !== 0 || (container.claims.length > 0 && pod.deviceClasses.some((name) => EFA_DEVICE_CLASS.test(name)));
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
