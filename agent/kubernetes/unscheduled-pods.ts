import type { KubernetesApi, Pod } from '../model.ts';
import { listOf, objectOf } from '../parse/json-value.ts';
import { parsePod } from '../parse/pod.ts';
import { ApiFailure } from './failure.ts';
import { pause } from './pod-watch.ts';

export interface UnscheduledTiming {
  /** Before the first look, and added at random to every wait: a fleet that starts at once must not ask at once. */
  readonly firstSeconds: number;
  readonly everySeconds: number;
  readonly jitterSeconds: number;
}
export const UNSCHEDULED_TIMING: UnscheduledTiming = { firstSeconds: 60, everySeconds: 300, jitterSeconds: 60 };

/** An answer of this many pods is what one look may cost; a longer queue is asked for so much more rarely. */
const PODS_PER_LOOK = 50;
const MAX_TIMES_RARER = 12;
const MAX_KEPT = 200;
/** After a failure the next look comes so much sooner. */
const RETRY_SHARE = 0.2;

/**
 * The pods without a node that ask for GPUs or fabric devices, by a list every five minutes and only while this node has
 * some free: on a node in use nothing is asked, and when the queue is long, nodes are in use. A watch would bring every
 * new pod of the cluster to every node of it.
 */
export class UnscheduledPods {
  pods: readonly Pod[] = [];
  /** Why there may be more than these. */
  missing: string | undefined;
  changes = 0;
  hasLooked = false;
  #failures = 0;
  readonly #api: KubernetesApi;
  readonly #timing: UnscheduledTiming;

  constructor(api: KubernetesApi, timing: UnscheduledTiming) {
    this.#api = api;
    this.#timing = timing;
  }

  /** Until the signal aborts; never rejects. `hasRoom` is undefined as long as nobody knows. */
  async run(hasRoom: () => boolean | undefined, signal: AbortSignal): Promise<void> {
    const { firstSeconds, everySeconds, jitterSeconds } = this.#timing;
    await pause(firstSeconds * Math.random(), signal);
    while (!signal.aborted && hasRoom() === undefined) await pause(0.1, signal);
    while (!signal.aborted) {
      const timesRarer = hasRoom() ? await this.#look(signal) : this.#forget();
      this.hasLooked = true;
      await pause(everySeconds * timesRarer + jitterSeconds * Math.random(), signal);
    }
  }

  async #look(signal: AbortSignal): Promise<number> {
    const query = { fieldSelector: 'spec.nodeName=,status.phase=Pending', resourceVersion: '0' };
    try {
      const items = listOf(objectOf(await this.#api.request({ method: 'GET', path: '/api/v1/pods', query }, signal))['items']);
      const asking = items.flatMap((item) => parsePod(item) ?? []).filter((pod) => Object.keys(pod.requests).length > 0 || pod.claims.length > 0);
      this.#set(asking.slice(0, MAX_KEPT), asking.length > MAX_KEPT ? `${asking.length} pods wait, the first ${MAX_KEPT} are judged` : undefined);
      this.#failures = 0;
      return Math.min(MAX_TIMES_RARER, Math.max(1, items.length / PODS_PER_LOOK));
    } catch (error) {
      if (signal.aborted) return 1;
      this.#failures += 1;
      const isRefused = error instanceof ApiFailure && error.status === 403;
      // A server that is away for the moment of one look has not lost its pods; two looks in a row are more than a moment.
      if (isRefused || this.#failures > 1) this.#set([], error instanceof Error ? error.message : String(error));
      return isRefused ? 1 : RETRY_SHARE;
    }
  }

  #forget(): number {
    if (this.pods.length > 0 || this.missing !== undefined) this.#set([], undefined);
    return 1;
  }

  #set(pods: readonly Pod[], missing: string | undefined): void {
    this.pods = pods;
    this.missing = missing;
    this.changes += 1;
  }
}
