import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseClusterNode } from '../../agent/parse/cluster-node.ts';
import { parsePod } from '../../agent/parse/pod.ts';
import { nodeJson, podJson, type PodChanges } from '../kubernetes/pod-json.ts';

test('a pod is reduced to what is used of it', () => {
  const status = {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [trainer]', lastTransitionTime: '2026-11-23T19:30:00Z' }],
    containerStatuses: [
      {
        name: 'trainer',
        ready: false,
        started: false,
        restartCount: 3,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: '2026-11-23T19:20:00Z', finishedAt: '2026-11-23T19:29:00Z' } },
      },
    ],
  };
  expect(parsePod(podJson({ status, labels: { 'ray.io/cluster': 'grpo', 'ray.io/node-type': 'worker' } }))).toEqual({
    namespace: 'ml',
    name: 'grpo-worker-0',
    uid: 'uid-of-grpo-worker-0',
    workload: { kind: 'RayCluster', name: 'grpo' },
    role: 'worker',
    requests: { 'nvidia.com/gpu': 8, 'vpc.amazonaws.com/efa': 4 },
    claims: [],
    phase: 'Running',
    reason: undefined,
    message: undefined,
    createdAt: '2026-11-23T19:00:00Z',
    deletedAt: undefined,
    hostNetwork: true,
    conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [trainer]', since: '2026-11-23T19:30:00Z' }],
    containers: [
      {
        name: 'trainer',
        isInit: false,
        ready: false,
        started: false,
        restarts: 3,
        state: { kind: 'waiting', reason: 'CrashLoopBackOff', message: 'back-off', exitCode: undefined, signal: undefined, startedAt: undefined, finishedAt: undefined },
        lastState: { kind: 'terminated', reason: 'OOMKilled', message: undefined, exitCode: 137, signal: undefined, startedAt: '2026-11-23T19:20:00Z', finishedAt: '2026-11-23T19:29:00Z' },
        memoryLimitBytes: 512 * 2 ** 30,
        probes: [],
      },
    ],
    placement: undefined,
  });
});

describe('the job a pod belongs to', () => {
  const of = (changes: PodChanges) => parsePod(podJson(changes))?.workload;
  test.each<readonly [string, PodChanges, unknown]>([
    ['a RayJob', { labels: { 'ray.io/cluster': 'grpo-x7k2p', 'ray.io/originated-from-cr-name': 'grpo', 'ray.io/originated-from-crd': 'RayJob' } }, { kind: 'RayJob', name: 'grpo' }],
    ['a RayCluster', { labels: { 'ray.io/cluster': 'grpo' }, owner: { kind: 'RayCluster', name: 'grpo' } }, { kind: 'RayCluster', name: 'grpo' }],
    ['a JobSet before its Job', { labels: { 'jobset.sigs.k8s.io/jobset-name': 'train', 'batch.kubernetes.io/job-name': 'train-workers-0' } }, { kind: 'JobSet', name: 'train' }],
    ['a LeaderWorkerSet', { labels: { 'leaderworkerset.sigs.k8s.io/name': 'vllm' }, owner: { kind: 'StatefulSet', name: 'vllm-0' } }, { kind: 'LeaderWorkerSet', name: 'vllm' }],
    ['a PyTorchJob', { labels: { 'training.kubeflow.org/job-name': 'ddp' }, owner: { kind: 'PyTorchJob', name: 'ddp' } }, { kind: 'PyTorchJob', name: 'ddp' }],
    ['a Job', { labels: { 'batch.kubernetes.io/job-name': 'once' }, owner: { kind: 'Job', name: 'once' } }, { kind: 'Job', name: 'once' }],
    ['a Deployment', { labels: { 'pod-template-hash': '5d9c7b' }, owner: { kind: 'ReplicaSet', name: 'vllm-5d9c7b' } }, { kind: 'Deployment', name: 'vllm' }],
    ['a ReplicaSet of nobody', { owner: { kind: 'ReplicaSet', name: 'vllm' } }, { kind: 'ReplicaSet', name: 'vllm' }],
    ['a StatefulSet', { owner: { kind: 'StatefulSet', name: 'vllm' } }, { kind: 'StatefulSet', name: 'vllm' }],
    ['a bare pod', {}, undefined],
  ])('%s', (_, changes, expected) => {
    expect(of(changes)).toEqual(expected);
  });
});

test('requests: containers together, init containers by themselves, other resources left out', () => {
  const one = (amount: string) => ({ name: 'c', resources: { limits: { 'nvidia.com/gpu': amount, 'nvidia.com/mig-1g.10gb': '1', cpu: '4' }, requests: { 'rdma/hca': '1' } } });
  const requests = (spec: object) => parsePod(podJson({ spec }))?.requests;
  expect(requests({ containers: [one('2'), one('3')], initContainers: [one('4')] })).toEqual({ 'nvidia.com/gpu': 5, 'nvidia.com/mig-1g.10gb': 2, 'rdma/hca': 2 });
  expect(requests({ containers: [{ name: 'c', resources: { limits: { 'nvidia.com/gpu': '0' } } }] })).toEqual({});
});

test('probes and placement', () => {
  const containers = [
    {
      name: 'server',
      startupProbe: { httpGet: { path: '/health', port: 8000 }, failureThreshold: 60, periodSeconds: 10, initialDelaySeconds: 30 },
      readinessProbe: { tcpSocket: { port: 'http' } },
      livenessProbe: { exec: { command: ['bash', '-c', 'true'] } },
    },
  ];
  const term = { matchExpressions: [{ key: 'gpu', operator: 'In', values: ['h200'] }] };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } };
  const parsed = parsePod(podJson({ spec: { nodeName: undefined, containers, nodeSelector: { pool: 'gpu' }, affinity, tolerations: [{ operator: 'Exists' }] } }));
  expect(parsed?.containers[0]?.probes).toEqual([
    { kind: 'startup', what: 'GET :8000/health', budgetSeconds: 630, failureThreshold: 60 },
    { kind: 'readiness', what: 'tcp :http', budgetSeconds: 30, failureThreshold: 3 },
    { kind: 'liveness', what: 'exec bash -c true', budgetSeconds: 30, failureThreshold: 3 },
  ]);
  expect(parsed?.placement).toEqual({
    nodeSelector: { pool: 'gpu' },
    nodeAffinity: [[{ key: 'gpu', operator: 'In', values: ['h200'] }]],
    tolerations: [{ key: undefined, operator: 'Exists', value: '', effect: undefined }],
  });
});

test('a Node: its group, its taints and what it offers', () => {
  const spec = { unschedulable: true, taints: [{ key: 'nvidia.com/gpu', value: 'true', effect: 'NoSchedule' }] };
  expect(parseClusterNode(nodeJson({ spec, allocatable: { 'nvidia.com/gpu': '7' } }))).toMatchObject({
    nodeGroup: 'gpu-training',
    isCordoned: true,
    taints: [{ key: 'nvidia.com/gpu', value: 'true', effect: 'NoSchedule' }],
    allocatable: { 'nvidia.com/gpu': 7, 'vpc.amazonaws.com/efa': 4 },
  });
  expect(parseClusterNode({ kind: 'Node', metadata: { name: 'n', labels: { 'eks.amazonaws.com/nodegroup': 'ng-1' } } })?.nodeGroup).toBe('ng-1');
  expect(parseClusterNode({ kind: 'Status' })).toBeUndefined();
});

test('whatever JSON stands in their place, nothing is thrown', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('metadata', 'spec', 'status'), fc.string(), (value, part, key) => {
      const json = structuredClone(podJson()) as Record<string, Record<string, unknown>>;
      json[part] = { ...json[part], [key]: value, containers: value, conditions: value, labels: value };
      parsePod(json);
      parsePod(value);
      parseClusterNode(json);
      parseClusterNode(value);
    }),
  );
});
