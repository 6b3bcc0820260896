/** Objects as the API server writes them, cut down to what matters. */

export interface PodChanges {
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly limits?: Readonly<Record<string, string>>;
  readonly spec?: object;
  readonly status?: object;
  readonly metadata?: object;
}

/** A running training pod with eight GPUs and four EFA devices. */
export function podJson(changes: PodChanges = {}): object {
  const name = changes.name ?? 'grpo-worker-0';
  return {
    kind: 'Pod',
    metadata: {
      namespace: changes.namespace ?? 'ml',
      name,
      uid: changes.uid ?? `uid-of-${name}`,
      resourceVersion: '100',
      creationTimestamp: '2026-11-23T19:00:00Z',
      labels: changes.labels ?? {},
      ...(changes.owner && { ownerReferences: [{ apiVersion: 'v1', controller: true, ...changes.owner }] }),
      ...changes.metadata,
    },
    spec: {
      nodeName: 'ip-10-0-3-7.ec2.internal',
      hostNetwork: true,
      containers: [
        {
          name: 'trainer',
          image: 'example.com/trainer:1',
          resources: { limits: changes.limits ?? { 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '4', memory: '512Gi', cpu: '96' } },
        },
      ],
      ...changes.spec,
    },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-23T19:01:00Z' }],
      containerStatuses: [
        { name: 'trainer', ready: true, started: true, restartCount: 0, state: { running: { startedAt: '2026-11-23T19:00:30Z' } }, lastState: {} },
      ],
      ...changes.status,
    },
  };
}

export function nodeJson(changes: { readonly name?: string; readonly labels?: object; readonly spec?: object; readonly allocatable?: object } = {}): object {
  return {
    kind: 'Node',
    metadata: {
      name: changes.name ?? 'ip-10-0-3-7.ec2.internal',
      uid: 'uid-of-node',
      labels: { 'karpenter.sh/nodepool': 'gpu-training', 'node.kubernetes.io/instance-type': 'p4d.24xlarge', ...changes.labels },
    },
    spec: changes.spec ?? {},
    status: { allocatable: { cpu: '95', 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '4', ...changes.allocatable } },
  };
}
