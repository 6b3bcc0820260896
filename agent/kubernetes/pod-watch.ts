import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesApi, Pod, PodStream } from '../model.ts';
import { listOf, objectOf, textOf } from '../parse/json-value.ts';
import { parsePod } from '../parse/pod.ts';
import { backoffSeconds } from './backoff.ts';
import { ApiFailure } from './failure.ts';
import { parseWatchEvent, UnreadableEvent } from './watch-event.ts';

/** Intervals in seconds; tests have shorter ones. */
export interface WatchTiming {
  /** The server ends a watch after so long, and as much again at random at most `jitter`. */
  readonly watchSeconds: number;
  readonly jitterSeconds: number;
  /** Silence for longer than the server promised to end it is a connection that died unnoticed. */
  readonly graceSeconds: number;
  /** Beginning a new watch sooner than this after the last one counts as a failure. */
  readonly shortestSeconds: number;
  /** What breaks off after having lived so long is no row of failures. */
  readonly settledSeconds: number;
  readonly backoff: typeof backoffSeconds;
}
export const WATCH_TIMING: WatchTiming = {
  watchSeconds: 240,
  jitterSeconds: 60,
  graceSeconds: 15,
  shortestSeconds: 2,
  settledSeconds: 30,
  backoff: backoffSeconds,
};

const PATH = '/api/v1/pods';
const MAX_GONE = 50;
/** The server cannot go on from this version: a bad one, one it has forgotten, one that it has not seen yet. */
const NOT_FROM_HERE = new Set([400, 410, 504]);
/** client-go's reflector lists after any answer that is a failure but 429; a list costs more than a watch, so not at once. */
const ANSWERS_BEFORE_LIST = 5;

/**
 * The pods of one node: listed once from the server's cache, then watched. Where the watch breaks off it goes on from where
 * it was; where the server cannot go on from there (410, or one refusal after the other) it lists again.
 */
export class PodWatch {
  /** By uid; only the reduced form is kept. */
  readonly pods = new Map<string, Pod>();
  /** Pods that were taken away, oldest first: the object is gone before many a look. */
  gone: readonly Pod[] = [];
  /** Counts every change. */
  changes = 0;
  isSynced = false;
  /** Since when nothing comes, and why; undefined while all is well. */
  problem: { readonly sinceSeconds: number; readonly error: Error } | undefined;
  readonly #api: KubernetesApi & PodStream;
  readonly #timing: WatchTiming;
  readonly #beforeList: (signal: AbortSignal) => Promise<void>;
  readonly #onChange: () => void;
  #version: string | undefined;
  #failures = 0;
  /** Of those, what the server itself said, since a watch last went well: where it does not answer, a list does not help. */
  #refusals = 0;

  /** `beforeList` runs before each list; what it throws counts as a failure to list. `onChange` runs after every change. */
  constructor(api: KubernetesApi & PodStream, timing: WatchTiming, beforeList: (signal: AbortSignal) => Promise<void>, onChange = (): void => {}) {
    this.#api = api;
    this.#timing = timing;
    this.#beforeList = beforeList;
    this.#onChange = onChange;
  }

  /** Until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const begun = performance.now();
      try {
        if (this.#version === undefined) await this.#list(signal);
        // An agent in the cluster is a pod itself: a node without pods has most likely another name by now.
        else if (this.pods.size === 0) await this.#beforeList(signal);
        await this.#watch(signal);
        if (performance.now() - begun < this.#timing.shortestSeconds * 1000) {
          throw new ApiFailure(`watch of ${PATH}: the API server ended it as soon as it had begun`);
        }
        this.#settled();
      } catch (error) {
        if (signal.aborted) return;
        if (performance.now() - begun > this.#timing.settledSeconds * 1000) this.#settled();
        await this.#failed(error, signal);
      }
    }
  }

  #settled(): void {
    this.#failures = 0;
    this.#refusals = 0;
  }

  async #failed(error: unknown, signal: AbortSignal): Promise<void> {
    this.#failures += 1;
    const status = error instanceof ApiFailure ? error.status : undefined;
    // A server that has too much to do is not asked for more.
    if (status !== 429 && (status !== undefined || error instanceof UnreadableEvent)) this.#refusals += 1;
    if (NOT_FROM_HERE.has(status ?? 0) || this.#refusals >= ANSWERS_BEFORE_LIST) this.#version = undefined;
    // Asking for a place that the server has forgotten is no outage: the list that follows mends it.
    if (status !== 410) {
      const sinceSeconds = this.problem?.sinceSeconds ?? performance.now() / 1000;
      this.problem = { sinceSeconds, error: error instanceof Error ? error : new Error(String(error)) };
    }
    await pause(this.#timing.backoff(this.#failures, error), signal);
  }

  /** resourceVersion 0: from the server's memory, by its index of pods by node; etcd is not asked. */
  async #list(signal: AbortSignal): Promise<void> {
    await this.#beforeList(signal);
    const query = { fieldSelector: this.#selector, resourceVersion: '0' };
    const list = objectOf(await this.#api.request({ method: 'GET', path: PATH, query }, signal));
    const version = textOf(objectOf(list['metadata'])['resourceVersion']);
    if (version === undefined) throw new ApiFailure(`GET ${PATH}: got ${JSON.stringify(list['kind'] ?? null)} without a resourceVersion, expected a PodList`);
    this.pods.clear();
    for (const item of listOf(list['items'])) {
      const pod = parsePod(item);
      if (pod) this.pods.set(pod.uid, pod);
    }
    this.#version = version;
    this.isSynced = true;
    this.problem = undefined;
    this.changes += 1;
    this.#onChange();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { watchSeconds, jitterSeconds, graceSeconds } = this.#timing;
    const seconds = Math.max(1, Math.round(watchSeconds + Math.random() * jitterSeconds));
    const ended = new AbortController();
    const stop = (): void => ended.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const guard = setTimeout(() => ended.abort(new Error(`silent for ${seconds + graceSeconds} s`)), (seconds + graceSeconds) * 1000);
    const query = {
      watch: '1',
      allowWatchBookmarks: 'true',
      fieldSelector: this.#selector,
      resourceVersion: this.#version ?? '0',
      timeoutSeconds: String(seconds),
    };
    let wrong: unknown;
    const hooks = {
      onOpen: () => {
        this.problem = undefined;
      },
      onLine: (line: string) => {
        try {
          this.#take(line);
        } catch (error) {
          wrong ??= error;
          ended.abort(error);
        }
      },
    };
    try {
      await this.#api.stream({ path: PATH, query }, hooks, ended.signal);
    } catch (error) {
      throw wrong ?? error;
    } finally {
      clearTimeout(guard);
      signal.removeEventListener('abort', stop);
    }
    if (wrong !== undefined) throw wrong;
  }

  #take(line: string): void {
    const { type, object, version } = parseWatchEvent(`watch of ${PATH}`, line);
    if (version !== undefined) this.#version = version;
    if (type === 'BOOKMARK') return;
    const pod = parsePod(object);
    if (!pod) return;
    if (type === 'DELETED') {
      this.pods.delete(pod.uid);
      if (wasTaken(pod)) this.gone = [...this.gone, pod].slice(-MAX_GONE);
    } else this.pods.set(pod.uid, pod);
    this.changes += 1;
    this.#onChange();
  }

  get #selector(): string {
    return `spec.nodeName=${this.#api.nodeName}`;
  }
}

/** The control plane marks what it takes away (KEP-3329); kubelet says so in the reason. */
function wasTaken({ conditions, reason }: Pod): boolean {
  return reason === 'Evicted' || reason === 'Preempting' || conditions.some(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
}

export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await delay(seconds * 1000, undefined, { signal, ref: false }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
