import type { Pod, PodResources, Pods } from '../../agent/model.ts';
import { parsePod } from '../../agent/parse/pod.ts';
import type { CaptureFacts } from '../../agent/capture/layout.ts';
import type { Node } from './node.ts';
import { gpuUuid } from './query-text.ts';
import { podUid } from './workers.ts';

/** What the API server and kubelet say where the node's devices are divided evenly among the workers of a RayCluster. */
export function podFacts(node: Node, count: number): Pick<CaptureFacts, 'pods' | 'podResources'> {
  const gpus = (node.gpus?.addresses ?? []).map((_, index) => gpuUuid(node.name, index));
  const efas = node.efa.map(({ name }) => name);
  const shares = Array.from({ length: count }, (_, index) => ({ index, gpus: share(gpus, index, count), efas: share(efas, index, count) }));
  const name = `ip-${node.address.replaceAll('.', '-')}.ec2.internal`;
  const pods: Pods = {
    seenAt: node.takenAt,
    node: {
      name,
      uid: undefined,
      nodeGroup: 'gpu-training',
      labels: { 'karpenter.sh/nodepool': 'gpu-training', 'node.kubernetes.io/instance-type': node.instanceType ?? '', 'topology.kubernetes.io/zone': node.zone.name },
      taints: [{ key: 'nvidia.com/gpu', value: 'true', effect: 'NoSchedule' }],
      isCordoned: false,
      allocatable: { 'nvidia.com/gpu': gpus.length, 'vpc.amazonaws.com/efa': efas.length },
    },
    pods: shares.map((one) => worker(node, one.index, one.gpus.length, one.efas.length)),
    gone: [],
    free: { 'nvidia.com/gpu': 0, 'vpc.amazonaws.com/efa': 0 },
    unscheduled: [],
    unscheduledMissing: undefined,
  };
  const podResources: PodResources = {
    holders: shares.flatMap((one) => {
      const holder = { namespace: 'ml', pod: workerName(one.index), container: 'ray-worker', isClaim: false };
      return [
        { ...holder, resource: 'nvidia.com/gpu', deviceIds: one.gpus },
        { ...holder, resource: 'vpc.amazonaws.com/efa', deviceIds: one.efas },
      ];
    }),
  };
  // As JSON, without what is undefined.
  return JSON.parse(JSON.stringify({ pods, podResources })) as Pick<CaptureFacts, 'pods' | 'podResources'>;
}

function share<T>(all: readonly T[], index: number, count: number): readonly T[] {
  return all.slice(Math.floor((index * all.length) / count), Math.floor(((index + 1) * all.length) / count));
}

function workerName(index: number): string {
  return `grpo-gpu-workers-worker-${['x7k2p', 'q9d4m', 'b5w8r', 't3h6n'][index] ?? index}`;
}

function worker(node: Node, index: number, gpus: number, efas: number): Pod {
  const began = new Date(Date.parse(node.takenAt) - 480_000).toISOString();
  const pod = parsePod({
    metadata: {
      namespace: 'ml',
      name: workerName(index),
      uid: podUid(node, index),
      creationTimestamp: began,
      labels: { 'ray.io/cluster': 'grpo', 'ray.io/node-type': 'worker', 'ray.io/group': 'gpu-workers' },
    },
    spec: {
      nodeName: node.name,
      hostNetwork: true,
      containers: [{ name: 'ray-worker', resources: { limits: { 'nvidia.com/gpu': String(gpus), 'vpc.amazonaws.com/efa': String(efas), memory: '500Gi' } } }],
    },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: began }],
      containerStatuses: [{ name: 'ray-worker', ready: true, started: true, restartCount: 0, state: { running: { startedAt: began } } }],
    },
  });
  if (!pod) throw new Error('a worker is no pod');
  return pod;
}
