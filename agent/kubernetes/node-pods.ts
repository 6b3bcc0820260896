import type { PodFeed } from '../collectors/pods.ts';
import type { ClusterNode, KubernetesApi, Pods, PodStream } from '../model.ts';
import { parseClusterNode } from '../parse/cluster-node.ts';
import { byNamespaceAndName } from '../parse/name-order.ts';
import { ApiFailure } from './failure.ts';
import type { PodLogs } from './pod-logs.ts';
import { PodWatch, WATCH_TIMING, type WatchTiming } from './pod-watch.ts';
import { UNSCHEDULED_TIMING, UnscheduledPods, type UnscheduledTiming } from './unscheduled-pods.ts';

export interface NodePodsOptions {
  readonly unscheduled: boolean;
  readonly watchTiming?: WatchTiming;
  readonly unscheduledTiming?: UnscheduledTiming;
  /** Left out: no log is ever asked for. */
  readonly podLogs?: PodLogs;
  /** How long the last state is taken for the present one while nothing comes. */
  readonly staleSeconds?: number;
}

/** Watches break off and go on again all the time (a server restarts, a balancer forgets); what lasts longer is not seen. */
const STALE_SECONDS = 60;
/** For the first list; what comes later is waited for by nobody. */
const FIRST_LIST_SECONDS = 8;

/** The pods of this node and those that could come to it, kept up to date in the background. */
export class NodePods implements PodFeed {
  readonly #api: KubernetesApi & PodStream;
  readonly #options: NodePodsOptions;
  readonly #watch: PodWatch;
  readonly #unscheduled: UnscheduledPods;
  readonly #closed = new AbortController();
  #node: ClusterNode | undefined;
  #first: Promise<void> | undefined;
  #value: { readonly key: string; readonly pods: Omit<Pods, 'seenAt'> } | undefined;
  #nodeChanges = 0;

  constructor(api: KubernetesApi & PodStream, options: NodePodsOptions) {
    this.#api = api;
    this.#options = options;
    this.#watch = new PodWatch(api, options.watchTiming ?? WATCH_TIMING, (signal) => this.#readNode(signal), () => this.#readLogs());
    this.#unscheduled = new UnscheduledPods(api, options.unscheduledTiming ?? UNSCHEDULED_TIMING);
  }

  begin(signal: AbortSignal): Promise<void> {
    this.#first ??= this.#begin(signal);
    return this.#first;
  }

  read(): Omit<Pods, 'seenAt'> {
    const { problem, isSynced } = this.#watch;
    const stale = this.#options.staleSeconds ?? STALE_SECONDS;
    const seconds = problem ? performance.now() / 1000 - problem.sinceSeconds : 0;
    if (problem && (!isSynced || seconds >= stale)) {
      const since = isSynced ? ` for ${seconds.toFixed(0)} s` : '';
      throw new Error(`the pods of node ${this.#api.nodeName} cannot be seen${since}: ${problem.error.message}`, { cause: problem.error });
    }
    if (!isSynced) throw new Error(`the pods of node ${this.#api.nodeName} have not been listed yet`);
    const key = `${this.#watch.changes} ${this.#unscheduled.changes} ${this.#nodeChanges} ${this.#options.podLogs?.changes ?? 0}`;
    // The same object as long as nothing changes: a look then costs nothing.
    if (this.#value?.key !== key) this.#value = { key, pods: this.#pods() };
    return this.#value.pods;
  }

  /** As soon as a container fails and not at the next look: the first thing said of a crash should have its log. */
  #readLogs(): void {
    this.#options.podLogs?.want([...this.#watch.pods.values()], this.#closed.signal);
  }

  /** The Node as any answer to a call about it holds it: the heartbeat brings it every five minutes. */
  noteNode(answer: unknown): void {
    const node = parseClusterNode(answer);
    if (!node || node.name !== this.#api.nodeName) return;
    this.#node = node;
    this.#nodeChanges += 1;
  }

  close(): void {
    this.#closed.abort();
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { signal: closed } = this.#closed;
    void this.#watch.run(closed);
    if (this.#options.unscheduled) void this.#unscheduled.run(() => this.#hasRoom(), closed);
    const { promise, resolve } = Promise.withResolvers<void>();
    const begun = performance.now();
    const poll = setInterval(() => {
      const isOver = performance.now() - begun > FIRST_LIST_SECONDS * 1000 || signal.aborted;
      if ((this.#watch.isSynced && this.#isComplete()) || this.#watch.problem || isOver) resolve();
    }, 20);
    await promise;
    clearInterval(poll);
  }

  /** A list of the pods of a node that does not exist is empty and no error, so the Node is asked for first. */
  async #readNode(signal: AbortSignal): Promise<void> {
    const { nodeName } = this.#api;
    try {
      this.noteNode(await this.#api.request({ method: 'GET', path: `/api/v1/nodes/${encodeURIComponent(nodeName)}` }, signal));
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      // Without the right to read the Node its pods can still be seen; its labels, and what it has free, cannot.
      if (error.status === 403) return;
      if (error.status !== 404) throw error;
      const expected = "the Node's metadata.name in --node-name (the manifests set it from spec.nodeName)";
      throw new ApiFailure(`the API server knows no node ${JSON.stringify(nodeName)}; expected ${expected}`, { status: 404, cause: error });
    }
  }

  /** Where somebody waits for the first report, the pods without a node are waited for too. */
  #isComplete(): boolean {
    const { unscheduled, unscheduledTiming = UNSCHEDULED_TIMING, podLogs } = this.#options;
    if (podLogs && !podLogs.isSettled) return false;
    return !unscheduled || unscheduledTiming.firstSeconds > 0 || this.#unscheduled.hasLooked;
  }

  #hasRoom(): boolean | undefined {
    if (!this.#watch.isSynced) return undefined;
    return Object.values(this.#free()).some((amount) => amount > 0);
  }

  #free(): Readonly<Record<string, number>> {
    const free = { ...this.#node?.allocatable };
    for (const pod of this.#watch.pods.values()) {
      if (pod.phase === 'Succeeded' || pod.phase === 'Failed') continue;
      for (const [resource, amount] of Object.entries(pod.requests)) {
        const left = free[resource];
        if (left !== undefined) free[resource] = Math.max(0, left - amount);
      }
    }
    return free;
  }

  #pods(): Omit<Pods, 'seenAt'> {
    const { podLogs } = this.#options;
    const here = [...this.#watch.pods.values()];
    return {
      node: this.#node ?? { ...UNREAD_NODE, name: this.#api.nodeName },
      pods: (podLogs ? here.map((pod) => podLogs.added(pod)) : here).toSorted(byNamespaceAndName),
      gone: [...this.#watch.gone],
      free: this.#free(),
      unscheduled: this.#unscheduled.pods.toSorted(byNamespaceAndName),
      unscheduledMissing: this.#options.unscheduled ? this.#unscheduled.missing : '--no-pending-pods was given',
    };
  }
}

const UNREAD_NODE = { uid: undefined, nodeGroup: undefined, labels: {}, taints: [], isCordoned: false, allocatable: {} };
