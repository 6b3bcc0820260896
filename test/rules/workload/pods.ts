import type { ContainerState, Pod, PodContainer, Pods } from '../../../agent/model.ts';

/** A running pod of a Ray cluster with eight GPUs and four EFA devices. */
export function pod(changes: Partial<Pod> = {}): Pod {
  return {
    namespace: 'ml',
    name: 'grpo-worker-0',
    uid: '11111111-2222-3333-4444-555555555555',
    workload: { kind: 'RayCluster', name: 'grpo' },
    role: undefined,
    requests: { 'nvidia.com/gpu': 8, 'vpc.amazonaws.com/efa': 4 },
    claims: [],
    phase: 'Running',
    reason: undefined,
    message: undefined,
    createdAt: '2026-11-23T19:00:00Z',
    deletedAt: undefined,
    hostNetwork: true,
    conditions: [],
    containers: [container()],
    placement: undefined,
    ...changes,
  };
}

export function container(changes: Partial<PodContainer> = {}): PodContainer {
  return {
    name: 'trainer',
    isInit: false,
    ready: true,
    started: true,
    restarts: 0,
    state: state('running', { startedAt: '2026-11-23T19:00:30Z' }),
    lastState: undefined,
    memoryLimitBytes: 512 * 2 ** 30,
    probes: [],
    ...changes,
  };
}

export function state(kind: ContainerState['kind'], changes: Partial<ContainerState> = {}): ContainerState {
  return { kind, reason: undefined, message: undefined, exitCode: undefined, signal: undefined, startedAt: undefined, finishedAt: undefined, ...changes };
}

/** The node ip-10-0-3-7, with eight GPUs and four EFA devices, seen at 20:00. */
export function pods(list: readonly Pod[], changes: Partial<Pods> = {}): { readonly pods: Pods } {
  return {
    pods: {
      seenAt: '2026-11-23T20:00:00Z',
      node: {
        name: 'ip-10-0-3-7.ec2.internal',
        uid: 'uid-of-node',
        nodeGroup: 'gpu',
        labels: { pool: 'gpu' },
        taints: [],
        isCordoned: false,
        allocatable: { 'nvidia.com/gpu': 8, 'vpc.amazonaws.com/efa': 4 },
      },
      pods: list,
      gone: [],
      free: { 'nvidia.com/gpu': 8, 'vpc.amazonaws.com/efa': 4 },
      unscheduled: [],
      unscheduledMissing: undefined,
      ...changes,
    },
  };
}
