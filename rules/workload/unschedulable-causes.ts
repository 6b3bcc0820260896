import type { Cause, Pod, Pods } from '../../agent/model.ts';
import type { Obstacles } from './placement.ts';
import { eventsCommand, kubectl, pasted } from './pod-words.ts';

const EFA = 'vpc.amazonaws.com/efa';
/** The DaemonSets that offer the devices. */
const PLUGINS = "kubectl get daemonsets -A | grep -i -E 'device-plugin|gpu-operator|dra'";
const LABEL_TEXT = /^[\w./-]{0,253}$/;

/** Ranked by what this node can see of itself; what only other nodes know comes last. */
export function unschedulableCauses(pod: Pod, pods: Pods, { short, taints, selectors, isCordoned }: Obstacles): readonly Cause[] {
  const node = pasted(pods.node.name, 'NODE');
  const describe = [kubectl('describe pod', pod, " | sed -n '/Events:/,$p'"), `kubectl describe node ${node} | grep -A12 -E 'Taints|Allocatable|Allocated resources'`];
  return [
    ...short.filter(({ allocatable }) => allocatable === 0).map(({ resource }) => notOffered(resource, node, describe)),
    ...(isCordoned ? [cordoned(node)] : []),
    ...(taints.some(isOfNode) ? [notReady(taints.filter(isOfNode), node)] : []),
    ...(taints.every(isOfNode) ? [] : [tainted(taints.filter((taint) => !isOfNode(taint)), node, describe)]),
    ...(selectors.length > 0 ? [notSelected(selectors, node, describe)] : []),
    ...short.filter(({ allocatable }) => allocatable > 0).map(({ resource, free, allocatable }) => inUse(resource, allocatable - free, node)),
    elsewhere(pod, describe),
  ];
}

function notOffered(resource: string, node: string, describe: readonly string[]): Cause {
  const efa = resource === EFA;
  return {
    cause: efa ? 'efa-not-offered' : 'device-not-offered',
    likelihood: 'likely',
    why: `this node offers no ${resource} at all: ${efa ? "the EFA device plugin does not run here, or the node was launched without EFA interfaces" : 'its device plugin does not run here, or sees no healthy device'}`,
    check: [`kubectl get node ${node} -o jsonpath='{.status.allocatable}'`, PLUGINS, ...describe.slice(1)],
    fix: efa
      ? ['helm upgrade --install aws-efa-k8s-device-plugin eks/aws-efa-k8s-device-plugin -n kube-system   # supported instance types are listed in the chart']
      : [`kubectl delete pod -n "$PLUGIN_NAMESPACE" "$PLUGIN_POD_OF_THIS_NODE"   # the plugin registers anew`],
  };
}

function cordoned(node: string): Cause {
  return { cause: 'node-cordoned', likelihood: 'confirmed', why: 'this node is cordoned: nothing new may come to it', check: [`kubectl get node ${node}`], fix: [`kubectl uncordon ${node}`] };
}

/** Set by the control plane for a condition of the node, and gone with it (well-known labels, annotations and taints). */
function isOfNode({ key }: Obstacles['taints'][number]): boolean {
  return key.startsWith('node.kubernetes.io/') || key === 'node.cloudprovider.kubernetes.io/uninitialized';
}

function notReady(taints: Obstacles['taints'], node: string): Cause {
  return {
    cause: 'node-not-ready',
    likelihood: 'likely',
    why: `the control plane keeps pods away from this node: ${taints.map(({ key }) => key).join(', ')}`,
    check: [`kubectl describe node ${node} | sed -n '/Conditions:/,/Addresses:/p'`, 'journalctl -u kubelet --since -15m | tail -40'],
    fix: [],
  };
}

function tainted(taints: Obstacles['taints'], node: string, describe: readonly string[]): Cause {
  const [first] = taints;
  const safe = first && LABEL_TEXT.test(first.key) && LABEL_TEXT.test(first.value) ? first : undefined;
  const value = safe?.value ? `, operator: Equal, value: "${safe.value}"` : ', operator: Exists';
  return {
    cause: 'taint-not-tolerated',
    likelihood: 'likely',
    why: `this node has free what the pod asks for, and a taint that the pod does not tolerate: ${taints.map(({ key, effect }) => `${key}:${effect}`).join(', ')}`,
    check: [`kubectl get node ${node} -o jsonpath='{.spec.taints}'`, ...describe.slice(0, 1)],
    fix: safe ? [`# in the pod template:  tolerations: [{ key: ${safe.key}${value}, effect: ${safe.effect} }]`] : [],
  };
}

function notSelected(selectors: readonly string[], node: string, describe: readonly string[]): Cause {
  return {
    cause: 'selects-no-node',
    likelihood: 'likely',
    why: `its node selector or affinity fits no node of the cluster; against this one: ${selectors.join('; ')}`,
    check: [`kubectl get node ${node} --show-labels`, ...describe.slice(0, 1)],
    fix: ['# correct nodeSelector or affinity in the pod template, or label the nodes it is meant for'],
  };
}

function inUse(resource: string, used: number, node: string): Cause {
  return {
    cause: 'in-use',
    likelihood: 'likely',
    why: `other pods of this node hold ${used} ${resource}, though not as many GPUs: their shares do not fit together`,
    check: [`kubectl get pods -A --field-selector spec.nodeName=${node},status.phase=Running -o wide`, `kubectl describe node ${node} | grep -A12 'Allocated resources'`],
    fix: [],
  };
}

function elsewhere(pod: Pod, describe: readonly string[]): Cause {
  return {
    cause: 'other-constraint',
    likelihood: 'possible',
    why: 'CPU, memory, hugepages, host ports, pod anti-affinity, a volume of another zone, or a quota: the message of the scheduler names it',
    check: [...describe.slice(0, 1), eventsCommand(pod)],
    fix: [],
  };
}

/** Kubelet could not give what the scheduler had promised. */
export function refusedCauses(pod: Pod): readonly Cause[] {
  const plugin: Cause = {
    cause: 'device-plugin',
    likelihood: pod.reason === 'UnexpectedAdmissionError' ? 'likely' : 'possible',
    why: 'the device plugin restarted, or marked devices unhealthy, between the scheduler\'s choice and the start',
    check: [kubectl('describe pod', pod), PLUGINS, 'journalctl -u kubelet --since -15m | grep -i -E "allocate|admission|device plugin" | tail -20'],
    fix: [kubectl('delete pod', pod, '   # its controller makes another; a bare pod has to be applied again')],
  };
  const topology: Cause = {
    cause: 'topology-manager',
    likelihood: pod.reason === 'TopologyAffinityError' ? 'confirmed' : 'possible',
    why: 'the topology manager found no NUMA node that has all devices free (policy restricted or single-numa-node)',
    check: ['grep -i -A2 topologyManager /etc/kubernetes/kubelet/config.json /var/lib/kubelet/config.yaml'],
    fix: ['# let the pod ask for whole nodes (8 GPUs), or use topologyManagerPolicy: best-effort'],
  };
  return pod.reason === 'TopologyAffinityError' ? [topology, plugin] : [plugin, topology];
}
