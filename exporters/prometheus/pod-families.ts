import type { Pod, PodDevice, Reading, Pods } from '../../agent/model.ts';
import { familyOf, labelValue, type Family } from './exposition.ts';

/** Which pod uses which device, and the job each of these pods belongs to. Pods without a GPU or fabric device are left out. */
export function podFamilies(devices: readonly PodDevice[], reading: Reading<Pods>): readonly Family[] {
  const pods = reading.status === 'ok' ? reading.value.pods : [];
  const workloads = new Map(pods.map((pod) => [keyOf(pod.namespace, pod.name), pod.workload]));
  const users = new Map<string, readonly [namespace: string, pod: string]>();
  for (const { namespace, pod } of devices) users.set(keyOf(namespace, pod), [namespace, pod]);
  for (const pod of pods) if (isUser(pod)) users.set(keyOf(pod.namespace, pod.name), [pod.namespace, pod.name]);
  return [
    familyOf(
      'railmedic_pod_device_info',
      'gauge',
      'A GPU (by UUID) or fabric device (by RDMA name) and the pod that uses it; always 1.',
      devices.map((one) => [`${labelsOf(one.namespace, one.pod)},device="${labelValue(one.device)}"`, 1] as const),
    ),
    familyOf(
      'railmedic_pod_info',
      'gauge',
      'A pod with GPUs or fabric devices and the job it belongs to, empty where that is not known; always 1.',
      [...users].map(([key, [namespace, pod]]) => {
        const { kind = '', name = '' } = workloads.get(key) ?? {};
        return [`${labelsOf(namespace, pod)},workload_kind="${labelValue(kind)}",workload="${labelValue(name)}"`, 1] as const;
      }),
    ),
  ];
}

function isUser({ requests, claims }: Pod): boolean {
  return Object.keys(requests).length > 0 || claims.length > 0;
}

function keyOf(namespace: string, pod: string): string {
  return JSON.stringify([namespace, pod]);
}

function labelsOf(namespace: string, pod: string): string {
  return `namespace="${labelValue(namespace)}",pod="${labelValue(pod)}"`;
}
