import type { ClusterCheck } from '../../model.ts';
import { listOf, numberOf, objectOf, textOf } from '../../parse/json-value.ts';
import { EFA_RESOURCE, GPU_RESOURCE } from '../containers.ts';
import type { DocumentObject } from '../manifest-object.ts';
import { failed, few, passed, skipped, unseen, type CheckName } from './check.ts';
import type { ClusterContents } from './contents.ts';
import { DAEMON_SETS, NODES } from './kinds.ts';
import { allocatable, deviceNodes, instanceTypeOf, isReady, typeName } from './node-facts.ts';

/** One way by which devices of nodes come to pods. */
interface Plugin extends CheckName {
  readonly what: string;
  readonly resource: string;
  /** DaemonSets that bring it, by name or image. */
  readonly daemonSet: RegExp;
  /** Drivers whose ResourceSlices hold such devices. */
  readonly driver: RegExp;
  readonly fix: readonly string[];
  /** So many devices a node of this type must have to be meant for them. */
  readonly mustAdvertise: (node: DocumentObject) => boolean;
}

const EFA: Plugin = {
  name: 'efa-device-plugin',
  title: 'The EFA device plugin or DRA driver runs on the GPU nodes with EFA',
  rule: 'EfaCountMismatch',
  what: 'EFA device plugin',
  resource: EFA_RESOURCE,
  daemonSet: /efa.*device-plugin|dranet/,
  driver: /^dra\.net$|efa/,
  // https://github.com/aws/eks-charts/tree/master/stable/aws-efa-k8s-device-plugin
  fix: ['helm repo add eks https://aws.github.io/eks-charts', 'helm upgrade --install aws-efa-k8s-device-plugin eks/aws-efa-k8s-device-plugin --namespace kube-system'],
  // Types with one EFA interface (g5.48xlarge) mostly serve alone and are launched without it.
  mustAdvertise: (node) => (instanceTypeOf(node)?.maxEfa ?? 0) > 1,
};

const GPU: Plugin = {
  name: 'nvidia-device-plugin',
  title: 'The NVIDIA device plugin or DRA driver runs on the GPU nodes',
  rule: 'GpuCountMismatch',
  what: 'NVIDIA device plugin',
  resource: GPU_RESOURCE,
  daemonSet: /nvidia.*(device-plugin|dra-driver|kubelet-plugin)|(^|\/)k8s-device-plugin|k8s-dra-driver-gpu|dra-driver-nvidia/,
  driver: /gpu\.nvidia\.com/,
  // https://github.com/NVIDIA/k8s-device-plugin#deployment-via-helm
  fix: ['helm repo add nvdp https://nvidia.github.io/k8s-device-plugin', 'helm upgrade --install nvdp nvdp/nvidia-device-plugin --namespace nvidia-device-plugin --create-namespace'],
  mustAdvertise: (node) => (instanceTypeOf(node)?.gpus ?? 0) > 0,
};

export function devicePluginChecks(contents: ClusterContents): readonly ClusterCheck[] {
  return [EFA, GPU].map((plugin) => checkPlugin(plugin, contents));
}

function checkPlugin(plugin: Plugin, contents: ClusterContents): ClusterCheck {
  const { nodes, daemonSets } = contents;
  if (!nodes) return unseen(plugin, whyNot(contents, NODES.resource));
  const meant = deviceNodes(nodes).filter((node) => plugin.mustAdvertise(node) || advertises(node, plugin, contents));
  if (meant.length === 0) return skipped(plugin, `no node has such devices (${nodes.length} listed)`);
  const sets = (daemonSets ?? []).filter((set) => namesOf(set).some((name) => plugin.daemonSet.test(name)));
  const without = meant.filter((node) => !advertises(node, plugin, contents));
  const silent = without.filter(isReady);
  const said = sets.map(countsOf);
  const words = said.map(({ text }) => text);
  if (silent.length > 0) return silentNodes(plugin, silent, meant, { sets, words, isSeen: daemonSets !== undefined });
  const lagging = said.filter(({ desired, ready }) => ready < desired);
  if (lagging.length > 0) {
    const fix = sets.map(({ namespace, name }) => `kubectl get pods -n ${namespace} -o wide | grep ${name}`);
    return failed(plugin, { severity: 'warning', found: lagging.map(({ text }) => text).join(', '), fix });
  }
  const by = words.length > 0 ? words.join(', ') : daemonSets ? 'no DaemonSet brings it: part of the nodes themselves (Bottlerocket, EKS Auto Mode)' : `DaemonSets: ${whyNot(contents, DAEMON_SETS.resource)}`;
  // A node that is not Ready advertises nothing yet, or no longer: nothing can be said of it.
  const unready = `${few(without.map(({ name }) => name)).join(', ')} ${without.length === 1 ? 'is' : 'are'} not Ready and cannot be judged`;
  if (without.length === meant.length) return unseen(plugin, unready);
  const count = without.length === 0 ? `all ${meant.length}` : `${meant.length - without.length} of ${meant.length}`;
  return passed(plugin, `${count} such nodes advertise ${plugin.resource} or devices of a DRA driver; ${by}${without.length === 0 ? '' : `; ${unready}`}`);
}

function silentNodes(plugin: Plugin, silent: readonly DocumentObject[], meant: readonly DocumentObject[], seen: { readonly sets: readonly DocumentObject[]; readonly words: readonly string[]; readonly isSeen: boolean }): ClusterCheck {
  const nodes = few(silent.map((node) => `${node.name} (${typeName(node)})`));
  const count = `${silent.length} of ${meant.length} such nodes advertise no ${plugin.resource}`;
  if (seen.sets.length === 0) {
    const none = seen.isSeen ? `no DaemonSet of the ${plugin.what} or a DRA driver was found` : `whether the ${plugin.what} is installed could not be seen (needs list on daemonsets.apps)`;
    return failed(plugin, { severity: 'critical', found: `${count}; ${none}`, details: nodes, fix: plugin.fix });
  }
  const why = plugin === EFA ? 'they were launched without EFA interfaces, or the plugin does not run there (an old chart lists instance types in its node affinity)' : 'the plugin does not run there, or finds no driver';
  const fix = seen.sets.map(({ namespace, name }) => `kubectl get pods -n ${namespace} -o wide | grep ${name}`);
  return failed(plugin, { severity: 'warning', found: `${count}: ${why}; ${seen.words.join(', ')}`, details: nodes, fix });
}

function advertises(node: DocumentObject, { resource, driver }: Plugin, { resourceSlices = [] }: ClusterContents): boolean {
  if (allocatable(node, resource) > 0) return true;
  if (resource === GPU_RESOURCE && hasMig(node)) return true;
  return resourceSlices.some((slice) => slice.get(['spec', 'nodeName']) === node.name && driver.test(textOf(slice.get(['spec', 'driver'])) ?? '') && listOf(slice.get(['spec', 'devices'])).length > 0);
}

function hasMig(node: DocumentObject): boolean {
  return Object.keys(objectOf(node.get(['status', 'allocatable']))).some((name) => name.startsWith('nvidia.com/mig-'));
}

function namesOf(set: DocumentObject): readonly string[] {
  const containers = listOf(set.get(['spec', 'template', 'spec', 'containers'])).map(objectOf);
  return [set.name, ...containers.map(({ image }) => textOf(image, 1000) ?? '')];
}

function countsOf(set: DocumentObject): { readonly desired: number; readonly ready: number; readonly text: string } {
  const status = objectOf(set.get(['status']));
  const desired = numberOf(status['desiredNumberScheduled']) ?? 0;
  const ready = numberOf(status['numberReady']) ?? 0;
  return { desired, ready, text: `DaemonSet ${set.namespace}/${set.name} is ready on ${ready} of ${desired} nodes` };
}

export function whyNot({ unseen: kinds }: ClusterContents, resource: string): string {
  return kinds.find(({ kind }) => kind.resource === resource)?.why ?? `${resource} were not listed`;
}
