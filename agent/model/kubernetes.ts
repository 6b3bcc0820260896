/** One call to the API server, as the exporters may make it. */
export interface KubernetesCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  /** `/api/v1/nodes/ip-10-0-3-7/status`, every part of it already escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** `application/json` unless said otherwise; patches name theirs. */
  readonly contentType?: string;
}

/** Why a call failed. `status` is undefined where no answer came; `retryAfterSeconds` is the server's own wish. */
export interface KubernetesFailure extends Error {
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
}

/** The API server as this agent may use it; made in agent/kubernetes/. */
export interface KubernetesApi {
  /** The Node object this agent speaks for: `--node-name`, or spec.nodeName by the downward API. */
  readonly nodeName: string;
  /** The answer's JSON; rejects with a KubernetesFailure. Never retries: the caller knows whether it may. */
  request(call: KubernetesCall, signal: AbortSignal): Promise<unknown>;
}

/** A watch: lines that come as long as the connection lives. */
export interface PodStream {
  /**
   * Resolves when the server ends it, rejects with a KubernetesFailure when it cannot begin or breaks off. `onOpen` is
   * called once the server has accepted it. Lives until `signal` aborts: how long is the caller's to bound.
   */
  stream(
    call: Pick<KubernetesCall, 'path' | 'query'>,
    hooks: { readonly onOpen: () => void; readonly onLine: (line: string) => void },
    signal: AbortSignal,
  ): Promise<void>;
}

/** Answers that are text: a container's log. */
export interface TextAnswers {
  /** Of any media type, at most `maxBytes` of it; rejects with a KubernetesFailure. Never retries. */
  requestText(call: Pick<KubernetesCall, 'path' | 'query'>, maxBytes: number, signal: AbortSignal): Promise<string>;
}

/** `status` is the HTTP status, `none` where no answer came; `method` is `WATCH` for a watch. */
export interface KubernetesRequestCount {
  readonly method: string;
  readonly status: string;
  readonly count: number;
}

/** What the API server says of this node and its pods. */
export interface Pods {
  /** RFC 3339, when it was looked at: ages are told from here. */
  readonly seenAt: string;
  readonly node: ClusterNode;
  /** The pods of this node, by namespace and name. Names and labels are other people's text: escape them wherever they go. */
  readonly pods: readonly Pod[];
  /** Pods that were taken away from this node (evicted, preempted, drained) and are gone; the last fifty. */
  readonly gone: readonly Pod[];
  /** What of `node.allocatable` no pod of this node has asked for. */
  readonly free: Readonly<Record<string, number>>;
  /** Pods that ask for GPUs or fabric devices and have no node yet. Looked for only while this node has some free. */
  readonly unscheduled: readonly Pod[];
  /** Why `unscheduled` may be incomplete: not asked for, refused, too many. */
  readonly unscheduledMissing: string | undefined;
}

export interface ClusterNode {
  readonly name: string;
  readonly uid: string | undefined;
  /** The node pool by whatever label names it: karpenter.sh/nodepool, eks.amazonaws.com/nodegroup, … */
  readonly nodeGroup: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly NodeTaint[];
  readonly isCordoned: boolean;
  /** GPUs and fabric devices that pods may ask for, by resource name; empty where the Node could not be read. */
  readonly allocatable: Readonly<Record<string, number>>;
}
export interface NodeTaint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** A pod, reduced to what the rules and outputs use. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The job it belongs to; undefined for a bare pod. */
  readonly workload: Workload | undefined;
  /** What it is in its workload: `head` or `worker` of a Ray cluster. */
  readonly role: string | undefined;
  /** GPUs and fabric devices it asks for, by resource name (`nvidia.com/gpu`, `vpc.amazonaws.com/efa`). */
  readonly requests: Readonly<Record<string, number>>;
  /** Names of its resource claims (DRA). */
  readonly claims: readonly string[];
  /** `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`. */
  readonly phase: string;
  /** Of the whole pod: `Evicted`, `NodeLost`. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** RFC 3339, like all times below. */
  readonly createdAt: string | undefined;
  readonly deletedAt: string | undefined;
  readonly hostNetwork: boolean;
  readonly conditions: readonly PodCondition[];
  readonly containers: readonly PodContainer[];
  /** Only of pods without a node: what decides where they may go. */
  readonly placement: PodPlacement | undefined;
}
export interface Workload {
  /** `RayCluster`, `Job`, `Deployment`, … */
  readonly kind: string;
  readonly name: string;
}
export interface PodCondition {
  readonly type: string;
  /** `True`, `False`, `Unknown`. */
  readonly status: string;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly since: string | undefined;
}
export interface PodContainer {
  readonly name: string;
  readonly isInit: boolean;
  readonly ready: boolean;
  /** Whether its startup probe has passed; undefined where kubelet does not say. */
  readonly started: boolean | undefined;
  readonly restarts: number;
  readonly state: ContainerState | undefined;
  readonly lastState: ContainerState | undefined;
  readonly memoryLimitBytes: number | undefined;
  readonly probes: readonly PodProbe[];
  /**
   * The end of the log of the run that failed, without empty lines; only with `--pod-logs`, and only while the container is
   * down. Written by whoever wrote the program: bound and escape it wherever it goes.
   */
  readonly logTail?: readonly string[];
  /** Why there is no `logTail`, where one was wanted. */
  readonly logMissing?: string;
}
export interface ContainerState {
  readonly kind: 'waiting' | 'running' | 'terminated';
  /** `CrashLoopBackOff`, `OOMKilled`, `Error`. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly exitCode: number | undefined;
  readonly signal: number | undefined;
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
}
export interface PodProbe {
  readonly kind: 'startup' | 'readiness' | 'liveness';
  /** `GET :8000/health`, `tcp :6379`, `exec bash`, `grpc :9000`. */
  readonly what: string;
  /** From the container's start until the probe has failed for good: delay + failures × period. */
  readonly budgetSeconds: number;
  readonly failureThreshold: number;
}
export interface PodPlacement {
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Each term is a list of requirements that must all hold; one term must hold. Empty: no required affinity. */
  readonly nodeAffinity: readonly (readonly NodeRequirement[])[];
  readonly tolerations: readonly PodToleration[];
}
export interface NodeRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}
export interface PodToleration {
  readonly key: string | undefined;
  readonly operator: string;
  readonly value: string;
  readonly effect: string | undefined;
}

/** Kubelet's own list of who holds which device (PodResources v1, List). */
export interface PodResources {
  readonly holders: readonly DeviceHolder[];
}
export interface DeviceHolder {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** `nvidia.com/gpu`, `vpc.amazonaws.com/efa`; of a claim the driver's name: `gpu.nvidia.com`. */
  readonly resource: string;
  /** As the device plugin or driver calls them: `GPU-…`, `MIG-…`, `rdmap79s0`, an index. */
  readonly deviceIds: readonly string[];
  readonly isClaim: boolean;
}

/** A pod that a finding concerns, and what it holds there. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
  /** GPUs (or MIG slices), EFA devices and other RDMA devices that it holds or asks for; 0 where that is not known. */
  readonly gpus: number;
  readonly efa: number;
  readonly rdma: number;
}

/** A device of this node and the pod that uses it. */
export interface PodDevice {
  readonly namespace: string;
  readonly pod: string;
  /** `vpc.amazonaws.com/efa`, a DRA driver's name; empty where it was found out otherwise. */
  readonly resource: string;
  /** `rdmap79s0`, `GPU-…`, `MIG-…`. */
  readonly device: string;
  readonly kind: 'gpu' | 'efa' | 'rdma';
}
