import { VERSION } from '../assets.ts';
import type { PodFeed } from '../collectors/pods.ts';
import { NodePods } from './node-pods.ts';
import { openKubernetes } from './open.ts';
import { PodLogs } from './pod-logs.ts';
import { UNSCHEDULED_TIMING } from './unscheduled-pods.ts';
import type { KubernetesApi, KubernetesRequestCount } from '../model.ts';
import type { NodeOptions } from '../options.ts';

/** The cluster this node is part of, as far as the agent may see it. */
export interface Cluster {
  /** Undefined where there is none, or where it cannot be reached. */
  readonly api: KubernetesApi | undefined;
  /** What brings the pods; in words why nothing does. */
  readonly feed: PodFeed | string;
  requestCounts(): readonly KubernetesRequestCount[];
}

const NO_REQUESTS: readonly KubernetesRequestCount[] = [];

/**
 * Opens the API server where one is configured; asks nothing yet. `atOnce`: a person waits for what a watch would bring
 * in its own time. Throws for a `--kubeconfig` that cannot be used; one of the environment is reported, and the node
 * still watched.
 */
export async function openCluster(options: NodeOptions, nodeName: string, atOnce = false): Promise<Cluster> {
  if (options.capture !== undefined) return without('this is a replay');
  if (options.kubernetes === false) return without('--no-kubernetes was given');
  let pods: NodePods | undefined;
  const onNode = (answer: unknown): void => pods?.noteNode(answer);
  try {
    const api = await openKubernetes({ kubeconfig: options.kubeconfig, nodeName, version: VERSION, environment: process.env, onNode });
    if (typeof api === 'string') return without(api);
    const unscheduledTiming = atOnce ? { ...UNSCHEDULED_TIMING, firstSeconds: 0 } : UNSCHEDULED_TIMING;
    pods = new NodePods(api, { unscheduled: options.pendingPods !== false, unscheduledTiming, ...(options.podLogs && { podLogs: new PodLogs(api) }) });
    return { api, feed: pods, requestCounts: () => api.requestCounts() };
  } catch (error) {
    if (options.kubeconfig !== undefined) throw error;
    return { ...without(''), feed: broken(error) };
  }
}

function without(why: string): Cluster {
  return { api: undefined, feed: why, requestCounts: () => NO_REQUESTS };
}

/** Not absent: somebody meant this node to have one. */
function broken(error: unknown): PodFeed {
  return {
    async begin() {},
    read() {
      throw error;
    },
    close() {},
  };
}
