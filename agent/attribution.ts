import { knownGpus, type KnownGpus } from './attribution/known-gpus.ts';
import { amountsOf, podDevices } from './attribution/pod-devices.ts';
import { valueOf } from './attribution/value-of.ts';
import type { Finding, Pod, PodDevice, PodName, Snapshot } from './model.ts';
import { byNamespaceAndName } from './parse/name-order.ts';

export { knownGpus, type KnownGpus } from './attribution/known-gpus.ts';
export { podDevices } from './attribution/pod-devices.ts';

/** Faults of the machine as a whole that reach every pod with GPUs or fabric devices on it. */
const NODE_WIDE = new Set(['InstanceInterruption', 'SharedFilesystemMissing']);
const NO_PODS: readonly PodName[] = Object.freeze([]);

/**
 * The findings with the pods each concerns: those that hold the device, port or GPU it speaks of; of a fault of the whole
 * node those with any device of its kind; of a fault of a process the pod it ran in; of a fault of a pod that pod.
 */
export function attribute(
  findings: readonly Finding[],
  snapshot: Snapshot,
  known: KnownGpus = knownGpus(snapshot),
  devices: readonly PodDevice[] = podDevices(snapshot, known),
): readonly Finding[] {
  if (findings.length === 0) return findings;
  const pods = valueOf(snapshot.pods);
  const all = pods ? [...pods.pods, ...pods.unscheduled] : [];
  const addresses = new Map(known.gpus.map(({ pciAddress, uuid }) => [pciAddress, uuid]));
  return findings.map((finding) => {
    const names = concerned(finding, devices, all, addresses);
    return names.length === 0 ? finding : { ...finding, pods: names };
  });
}

function concerned(
  finding: Finding,
  devices: readonly PodDevice[],
  pods: readonly Pod[],
  addresses: ReadonlyMap<string | undefined, string>,
): readonly PodName[] {
  const { subject, evidence, page, rule } = finding;
  const group = page.split('/')[1];
  const [about = ''] = subject.split(' ');
  if (group === 'workload') return names(pods.filter((pod) => about === `${pod.namespace}/${pod.name}`), devices);
  const uids = [evidence['podUid'], evidence['podUids']].flat();
  const owners = pods.filter(({ uid }) => uids.includes(uid));
  if (owners.length > 0) return names(owners, devices);
  if (group !== 'fabric' && group !== 'gpu' && !NODE_WIDE.has(rule)) return NO_PODS;
  const device = addresses.get(about) ?? about.replace(/\/\d+$/, '');
  const holders = devices.filter((one) => one.device === device);
  if (holders.length > 0) return names(holdersOf(holders, pods), devices);
  return subject === 'node' || NODE_WIDE.has(rule) ? names(usersOf(group, devices, pods), devices) : NO_PODS;
}

type Named = Pick<Pod, 'namespace' | 'name'> & { readonly requests?: Pod['requests'] };

function holdersOf(devices: readonly PodDevice[], pods: readonly Pod[]): readonly Named[] {
  return devices.map(({ namespace, pod }) => pods.find((one) => one.namespace === namespace && one.name === pod) ?? { namespace, name: pod });
}

/** Who holds, or asks for, any device of this kind; GPUs stand for the fabric where nobody asks for fabric devices. */
function usersOf(group: string | undefined, devices: readonly PodDevice[], pods: readonly Pod[]): readonly Named[] {
  const here = pods.filter((pod) => pod.placement === undefined && (pod.phase === 'Running' || pod.phase === 'Pending'));
  const using = (isUsed: (kind: 'gpus' | 'efa' | 'rdma') => boolean): readonly Named[] => [
    ...here.filter((pod) => (['gpus', 'efa', 'rdma'] as const).some((kind) => isUsed(kind) && amountsOf(pod)[kind] > 0)),
    ...holdersOf(devices.filter(({ kind }) => isUsed(kind === 'gpu' ? 'gpus' : kind)), pods),
  ];
  const fabric = group === 'fabric' ? using((kind) => kind !== 'gpus') : [];
  if (fabric.length > 0) return fabric;
  return using((kind) => kind === 'gpus' || group !== 'gpu');
}

/** Each once, by namespace and name, with what kubelet says it holds, else what it asks for. */
function names(pods: readonly Named[], devices: readonly PodDevice[]): readonly PodName[] {
  const byKey = new Map(pods.map((pod) => [JSON.stringify([pod.namespace, pod.name]), pod]));
  return [...byKey.values()]
    .map((pod): PodName => {
      const { namespace, name } = pod;
      const held = devices.filter((one) => one.namespace === namespace && one.pod === name);
      const count = (kind: PodDevice['kind']): number => held.filter((one) => one.kind === kind).length;
      const asked = amountsOf({ requests: pod.requests ?? {} });
      return { namespace, name, gpus: count('gpu') || asked.gpus, efa: count('efa') || asked.efa, rdma: count('rdma') || asked.rdma };
    })
    .toSorted(byNamespaceAndName);
}
