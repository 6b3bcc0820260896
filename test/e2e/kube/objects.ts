import packageJson from '../../../package.json' with { type: 'json' };
import type { Cluster } from './cluster.ts';

/** Our own: besides the one that only waits it is all that the node with the kubelet has, and it has Node. */
export const IMAGE = `registry.example.com/railmedic:${packageJson.version}`;

/** What the scenes look at of the API's objects. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastHeartbeatTime: string;
  readonly lastTransitionTime: string;
}
export interface NodeObject {
  readonly metadata: { readonly uid: string; readonly managedFields?: readonly { readonly manager: string }[] };
  readonly spec: { readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[] };
  readonly status: { readonly conditions?: readonly Condition[] };
}
export interface EventObject {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  readonly action: string;
  readonly reportingController: string;
  readonly regarding: { readonly kind: string; readonly name: string; readonly namespace?: string };
  readonly series?: { readonly count: number };
}
export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly containerID?: string;
}
export interface PodObject {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase: string; readonly reason?: string; readonly podIP?: string; readonly containerStatuses?: readonly ContainerStatus[]; readonly conditions?: readonly Condition[] };
}

/** Conditions of everybody but us, as an operator finds them on a node. */
const FOREIGN = ['KernelDeadlock', 'AcceleratedHardwareReady'].map((type) => ({
  type,
  status: 'False',
  reason: 'SomebodyElse',
  message: `${type} is not railmedic's to write`,
  lastHeartbeatTime: '2026-01-01T00:00:00Z',
  lastTransitionTime: '2026-01-01T00:00:00Z',
}));

/** A Node that exists in the API only: nothing runs there, and an agent on this machine speaks for it. */
export async function makeNode({ api }: Cluster, name: string, capacity: Readonly<Record<string, string>> = {}): Promise<void> {
  const labels = { 'kubernetes.io/hostname': name, 'eks.amazonaws.com/nodegroup': 'gpu-workers' };
  await api.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {} });
  const sizes = { cpu: '96', memory: '1000Gi', pods: '250', ...capacity };
  const patch = { status: { capacity: sizes, allocatable: sizes, conditions: FOREIGN } };
  await api.ask('PATCH', `/api/v1/nodes/${name}/status`, patch, 'application/strategic-merge-patch+json');
}

export async function nodeOf({ api }: Cluster, name: string): Promise<NodeObject> {
  return api.get<NodeObject>(`/api/v1/nodes/${name}`);
}

export async function conditionOf(cluster: Cluster, node: string, type: string): Promise<Condition | undefined> {
  return (await nodeOf(cluster, node)).status.conditions?.find((condition) => condition.type === type);
}

/** What this program has told of a node and its pods, wherever it lies. */
export async function eventsOf({ api }: Cluster, node: string): Promise<readonly EventObject[]> {
  const { items } = await api.get<{ items: readonly (EventObject & { readonly reportingInstance: string })[] }>('/apis/events.k8s.io/v1/events');
  return items.filter((event) => event.reportingController === 'railmedic.io/agent' && event.reportingInstance === node);
}

/** A pod that asks for what `resources` says. Without a node it is the scheduler's to place. */
export function podObject(name: string, resources: Readonly<Record<string, string>>, node?: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: {
      ...(node !== undefined && { nodeName: node }),
      containers: [{ name: 'main', image: 'localhost/pause:1', imagePullPolicy: 'Never', resources: { limits: resources } }],
      terminationGracePeriodSeconds: 1,
    },
  };
}

/** Only kubelet says that a pod runs; where there is none, the test does. */
export async function makeRunningPod({ api }: Cluster, name: string, node: string, resources: Readonly<Record<string, string>>): Promise<void> {
  await api.create('/api/v1/namespaces/default/pods', podObject(name, resources, node));
  await api.patch(`/api/v1/namespaces/default/pods/${name}/status`, { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } });
}

export async function removePod({ api }: Cluster, name: string): Promise<void> {
  await api.remove(`/api/v1/namespaces/default/pods/${name}`, { gracePeriodSeconds: 0 });
}
