import type { DeviceHolder, InfinibandDevice, Pod, PodDevice, Snapshot } from '../model.ts';
import { isFabricResource, isGpuResource } from '../parse/device-resources.ts';
import { byText } from '../parse/name-order.ts';
import { isGpuFunction } from '../parse/pci.ts';
import { pciAddressIn } from '../parse/pci-address.ts';
import { gpuByIdentifier } from './gpu-identifier.ts';
import { knownGpus, type KnownGpu, type KnownGpus } from './known-gpus.ts';
import { valueOf } from './value-of.ts';

/** What is known of the node's devices and pods, from whichever source was seen. */
interface Known {
  readonly devices: readonly InfinibandDevice[];
  readonly gpus: readonly KnownGpu[];
  /** Those that no virtual machine was given; undefined where the bus was not read. */
  readonly gpusOnPci: number | undefined;
  readonly pods: readonly Pod[];
}

/**
 * Which pod uses which device: kubelet's own list first; then processes that hold a device open; then pods that ask for
 * every GPU or fabric device the node has, of which there can be but one.
 */
export function podDevices(snapshot: Snapshot, { gpus }: KnownGpus = knownGpus(snapshot)): readonly PodDevice[] {
  const known: Known = {
    devices: valueOf(snapshot.infiniband)?.devices ?? [],
    gpus,
    gpusOnPci: valueOf(snapshot.pci)?.functions.filter((one) => isGpuFunction(one) && one.driver !== 'vfio-pci').length,
    pods: valueOf(snapshot.pods)?.pods ?? [],
  };
  const found = new Map<string, PodDevice>();
  const add = (device: PodDevice): void => {
    const key = JSON.stringify([device.namespace, device.pod, device.device]);
    if (!found.has(key)) found.set(key, device);
  };
  for (const holder of holdersHere(snapshot)) for (const device of ofHolder(holder, known)) add(device);
  for (const device of ofProcesses(snapshot, known)) add(device);
  for (const device of ofRequests([...found.values()], known)) add(device);
  return [...found.values()].toSorted((a, b) => byText(a.namespace, b.namespace) || byText(a.pod, b.pod) || byText(a.device, b.device));
}

/** Kubelet is asked once a minute; a pod that the API server no longer has is gone at once. */
function holdersHere(snapshot: Snapshot): readonly DeviceHolder[] {
  const holders = valueOf(snapshot['pod-resources'])?.holders ?? [];
  const pods = valueOf(snapshot.pods)?.pods;
  if (!pods) return holders;
  const here = new Set(pods.map(({ namespace, name }) => `${namespace}/${name}`));
  return holders.filter(({ namespace, pod }) => here.has(`${namespace}/${pod}`));
}

function ofHolder(holder: DeviceHolder, known: Known): readonly PodDevice[] {
  const { namespace, pod, resource } = holder;
  const devices = holder.deviceIds.flatMap((id) => resolved(id, resource, known) ?? unresolved(id, holder));
  // A claim names one device twice: as its driver does and as CDI does.
  const named = holder.isClaim ? devices.slice(0, 1) : devices;
  return named.map((device) => ({ namespace, pod, resource, ...device }));
}

type Device = Pick<PodDevice, 'device' | 'kind'>;

/** AWS's plugin and CloudWatch call an EFA by its RDMA name; SR-IOV plugins and DRANET (`pci-0000-4f-00-0`) by PCI address. */
function resolved(id: string, resource: string, known: Known): Device | undefined {
  // `::3` is a share of it.
  const plain = id.replace(/::\d+$/, '');
  const address = pciAddressIn(plain);
  const fabric = known.devices.find(({ name, pciAddress }) => name === plain || (address !== undefined && pciAddress === address));
  if (fabric) return { device: fabric.name, kind: fabric.isEfa ? 'efa' : 'rdma' };
  const gpu = gpuByIdentifier(plain, resource, known);
  return gpu === undefined ? undefined : { device: gpu, kind: 'gpu' };
}

/** A device that this node does not list: gone, or called otherwise. Shared RDMA plugins number their shares: those name nothing. */
function unresolved(id: string, { resource }: DeviceHolder): readonly Device[] {
  if (isGpuResource(resource)) return [{ device: id, kind: 'gpu' }];
  if (resource === 'vpc.amazonaws.com/efa') return [{ device: id, kind: 'efa' }];
  return isFabricResource(resource) && !/^\d+$/.test(id) ? [{ device: id, kind: 'rdma' }] : [];
}

function ofProcesses(snapshot: Snapshot, { devices, pods }: Known): readonly PodDevice[] {
  const names = new Map(valueOf(snapshot['device-files'])?.verbs.map(({ name, device }) => [name, device]));
  return (valueOf(snapshot['fabric-processes'])?.processes ?? []).flatMap((process) => {
    const pod = process.podUid === undefined ? undefined : pods.find(({ uid }) => uid === process.podUid);
    if (!pod) return [];
    return process.devices.flatMap((uverbs) => {
      const device = devices.find(({ name }) => name === names.get(uverbs));
      if (!device) return [];
      return [{ namespace: pod.namespace, pod: pod.name, resource: '', device: device.name, kind: device.isEfa ? ('efa' as const) : ('rdma' as const) }];
    });
  });
}

/** Where kubelet cannot be asked: a running pod that asks for as many as there are has them all. */
function ofRequests(found: readonly PodDevice[], known: Known): readonly PodDevice[] {
  const { devices, gpus, pods } = known;
  const efas = devices.filter((device) => device.isEfa);
  return pods
    .filter((pod) => pod.phase === 'Running')
    .flatMap((pod) => {
      const holds = (kind: PodDevice['kind']): boolean => found.some((one) => one.kind === kind && one.namespace === pod.namespace && one.pod === pod.name);
      const { efa, gpus: asked } = amountsOf(pod);
      const owner = { namespace: pod.namespace, pod: pod.name, resource: '' };
      return [
        ...(asked > 0 && areAll(asked, known) && !holds('gpu') ? gpus.map(({ uuid }) => ({ ...owner, device: uuid, kind: 'gpu' as const })) : []),
        ...(efa > 0 && efa === efas.length && !holds('efa') ? efas.map(({ name }) => ({ ...owner, device: name, kind: 'efa' as const })) : []),
      ];
    });
}

/** nvidia-smi may list fewer than there are, and the kernel log names a GPU when something befalls it. One that is lost may be missing on PCI. */
function areAll(asked: number, { gpus, gpusOnPci }: Known): boolean {
  if (asked !== gpus.length) return false;
  return gpusOnPci === undefined ? gpus.every(({ indices }) => indices.length > 0) : gpusOnPci <= asked;
}

/** What a pod asks for, by kind. */
export function amountsOf({ requests }: Pick<Pod, 'requests'>): { readonly gpus: number; readonly efa: number; readonly rdma: number } {
  let [gpus, efa, rdma] = [0, 0, 0];
  for (const [resource, amount] of Object.entries(requests)) {
    if (isGpuResource(resource)) gpus += amount;
    else if (resource === 'vpc.amazonaws.com/efa') efa += amount;
    else rdma += amount;
  }
  return { gpus, efa, rdma };
}
