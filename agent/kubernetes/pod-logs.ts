import type { Pod, PodContainer, TextAnswers } from '../model.ts';
import { podLogLines } from '../parse/pod-log.ts';
import { backoffSeconds } from './backoff.ts';
import { ApiFailure } from './failure.ts';
import { pause } from './pod-watch.ts';

/** Intervals in seconds; tests have shorter ones. */
export interface PodLogTiming {
  /** A job that dies everywhere at once must not be asked for everywhere at once. */
  readonly jitterSeconds: number;
  /** So many logs at once, and one more in each `everySeconds`. */
  readonly burst: number;
  readonly everySeconds: number;
  readonly backoff: typeof backoffSeconds;
}
export const POD_LOG_TIMING: PodLogTiming = { jitterSeconds: 1, burst: 16, everySeconds: 30, backoff: backoffSeconds };

/** vLLM's last lines are the wrapper of an error that stands some sixty lines above ("See root cause above"). */
const LINES = 200;
const LIMIT_BYTES = 65_536;
/** Where that does not reach the end of the log, its lines are long: then fewer of them. */
const FEWER_LINES = 20;
/** The API server may send somewhat more than it was asked for (PodLogOptions.limitBytes). */
const MAX_BYTES = 2 * LIMIT_BYTES;
const MAX_KEPT = 32;
/** The log comes from the kubelet by way of the API server, which may not reach it. */
const TRIES = 3;

interface Wanted {
  readonly key: string;
  readonly pod: Pod;
  readonly container: PodContainer;
}
type Found = Pick<PodContainer, 'logTail' | 'logMissing'>;

/**
 * The logs of containers that have failed: each run of one is asked for once, one after the other, and kept only while
 * the container is down. Nothing is asked while nothing crashes.
 */
export class PodLogs {
  /** Counts every log that came or was given up. */
  changes = 0;
  readonly #api: TextAnswers;
  readonly #timing: PodLogTiming;
  readonly #found = new Map<string, Found>();
  readonly #tries = new Map<string, number>();
  /** By namespace: the right may be granted in some only. */
  readonly #refused = new Map<string, { readonly times: number; readonly untilMs: number; readonly why: string }>();
  #wanted: readonly Wanted[] = [];
  #isAsking = false;
  #isWaiting = false;
  #allowance: { left: number; atMs: number };

  constructor(api: TextAnswers, timing: PodLogTiming = POD_LOG_TIMING) {
    this.#api = api;
    this.#timing = timing;
    this.#allowance = { left: timing.burst, atMs: performance.now() };
  }

  /** False while the answer to a question that could be asked at once is still to come. */
  get isSettled(): boolean {
    return !this.#isAsking || this.#isWaiting;
  }

  /** Begins to read what is new among the containers that are down; forgets those that no longer are. */
  want(pods: readonly Pod[], signal: AbortSignal): void {
    this.#wanted = pods.flatMap((pod) => failed(pod).map((container) => ({ key: keyOf(pod, container), pod, container }))).slice(0, MAX_KEPT);
    const keys = new Set(this.#wanted.map(({ key }) => key));
    for (const kept of [this.#found, this.#tries]) for (const key of kept.keys()) if (!keys.has(key)) kept.delete(key);
    const namespaces = new Set(this.#wanted.map(({ pod }) => pod.namespace));
    for (const namespace of this.#refused.keys()) if (!namespaces.has(namespace)) this.#refused.delete(namespace);
    if (!this.#isAsking && this.#next()) void this.#readAll(signal);
  }

  /** The pod with the logs of those of its containers that are down. */
  added(pod: Pod): Pod {
    const found = (container: PodContainer): Found | undefined => this.#found.get(keyOf(pod, container)) ?? this.#refusal(pod);
    const down = failed(pod);
    if (down.every((container) => found(container) === undefined)) return pod;
    return { ...pod, containers: pod.containers.map((container) => (down.includes(container) ? { ...container, ...found(container) } : container)) };
  }

  #refusal({ namespace }: Pod): Found | undefined {
    const why = this.#refused.get(namespace)?.why;
    return why === undefined ? undefined : { logMissing: why };
  }

  #next(): Wanted | undefined {
    const now = performance.now();
    return this.#wanted.find(({ key, pod }) => !this.#found.has(key) && (this.#refused.get(pod.namespace)?.untilMs ?? 0) <= now);
  }

  /** Until nothing is left to ask for, or the signal aborts; never rejects. */
  async #readAll(signal: AbortSignal): Promise<void> {
    this.#isAsking = true;
    await pause(this.#timing.jitterSeconds * Math.random(), signal);
    for (let next = this.#next(); next && !signal.aborted; next = this.#next()) {
      if (!this.#mayAsk()) {
        await this.#wait(this.#timing.everySeconds, signal);
        continue;
      }
      try {
        this.#take(next, await this.#read(next, signal));
      } catch (error) {
        if (signal.aborted) break;
        await this.#failed(next, error, signal);
      }
    }
    this.#isAsking = false;
  }

  async #wait(seconds: number, signal: AbortSignal): Promise<void> {
    this.#isWaiting = true;
    await pause(seconds, signal);
    this.#isWaiting = false;
  }

  #mayAsk(): boolean {
    const { burst, everySeconds } = this.#timing;
    const now = performance.now();
    const left = Math.min(burst, this.#allowance.left + (now - this.#allowance.atMs) / 1000 / everySeconds);
    this.#allowance = { left: left >= 1 ? left - 1 : left, atMs: now };
    return left >= 1;
  }

  async #read({ pod, container }: Wanted, signal: AbortSignal): Promise<Found> {
    const [namespace, name] = [encodeURIComponent(pod.namespace), encodeURIComponent(pod.name)];
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/log`;
    // While a run has just ended, kubelet calls that run the current one, and the one before may be swept away already.
    const previous = String(container.state?.kind !== 'terminated');
    const read = (lines: number): Promise<string> => {
      const query = { container: container.name, previous, tailLines: String(lines), limitBytes: String(LIMIT_BYTES) };
      return this.#api.requestText({ path, query }, MAX_BYTES, signal);
    };
    const text = await read(LINES);
    // Kubelet goes to the first line asked for and sends from there (pkg/kubelet/kuberuntime/logs): what the limit cuts off is the end.
    const lines = podLogLines(Buffer.byteLength(text) < LIMIT_BYTES ? text : await read(FEWER_LINES));
    if (lines.length === 0) return { logMissing: 'it is empty' };
    // Kubelet's own words with status 200, where the container or its log file is swept away.
    if (lines.length === 1 && lines[0]?.startsWith('unable to retrieve container logs for')) return { logMissing: 'the node has swept it away' };
    return { logTail: lines };
  }

  #take({ key, pod }: Wanted, found: Found): void {
    this.#refused.delete(pod.namespace);
    this.#found.set(key, found);
    this.changes += 1;
  }

  async #failed(wanted: Wanted, error: unknown, signal: AbortSignal): Promise<void> {
    const status = error instanceof ApiFailure ? error.status : undefined;
    const message = error instanceof Error ? error.message : String(error);
    if (status === 403) return this.#refuse(wanted.pod.namespace, error);
    const tries = (this.#tries.get(wanted.key) ?? 0) + 1;
    this.#tries.set(wanted.key, tries);
    const isGone = status === 400 || status === 404;
    if (isGone || tries >= TRIES) this.#take(wanted, { logMissing: message });
    else await this.#wait(this.#timing.backoff(tries, error), signal);
  }

  #refuse(namespace: string, error: unknown): void {
    const times = (this.#refused.get(namespace)?.times ?? 0) + 1;
    const why = `403 Forbidden: the agent lacks the right to get pods/log in namespace ${namespace} (chart: podLogs: true; kustomize: component pod-logs)`;
    this.#refused.set(namespace, { times, untilMs: performance.now() + this.#timing.backoff(times, error) * 1000, why });
    this.changes += 1;
  }
}

/** The containers of a pod with devices that have failed and not begun anew. */
function failed(pod: Pod): readonly PodContainer[] {
  if (Object.keys(pod.requests).length === 0 && pod.claims.length === 0) return [];
  if (pod.phase === 'Failed' || pod.phase === 'Succeeded') return [];
  return pod.containers.filter(({ state, lastState }) => {
    if (state?.kind === 'terminated') return state.exitCode !== 0;
    return state?.kind === 'waiting' && state.reason === 'CrashLoopBackOff' && lastState?.kind === 'terminated';
  });
}

/** A run of a container. */
function keyOf({ uid }: Pod, { name, restarts }: PodContainer): string {
  return JSON.stringify([uid, name, restarts]);
}
