import { duration } from '../words.ts';
import { CallFailed, statusOf } from './ask.ts';
import type { KubernetesParts } from './parts.ts';

const CALL_TIMEOUT_MS = 30_000;
const FIRST_RETRY_SECONDS = 5;
const SLOWEST_RETRY_SECONDS = 300;
/** What a person must mend is not mended by asking often; but an API server that has just begun says 403 until it has read its roles. */
const FIRST_REFUSED_SECONDS = 30;
const NEEDS_A_PERSON: readonly (number | undefined)[] = [400, 403, 404, 405, 415, 422];

/**
 * One call at a time, in the background. There is no queue and no timer: whoever publishes asks at every look whether a call
 * may start and then sends what holds now. So an outage costs no memory, and an agent whose loop stands still falls silent
 * instead of going on to say that all is well.
 */
export class Delivery {
  readonly #name: string;
  readonly #parts: KubernetesParts;
  readonly #closing = new AbortController();
  #flight: Promise<void> | undefined;
  #notBefore = -Infinity;
  #failures = 0;
  /** Those in a row that need a person. */
  #refusals = 0;
  /** The kinds of failure that were said since calls fail, and since when that is. */
  #said: { readonly kinds: Set<string>; readonly sinceSeconds: number } | undefined;

  constructor(name: string, parts: KubernetesParts) {
    this.#name = name;
    this.#parts = parts;
  }

  /** Whether a call may start now: none is out, and no wait after a failure runs. */
  get isFree(): boolean {
    return this.#flight === undefined && !this.#closing.signal.aborted && this.#parts.nowSeconds() >= this.#notBefore;
  }

  /** Starts the work and returns at once. */
  start(work: (signal: AbortSignal) => Promise<void>): void {
    if (this.isFree) this.#flight = this.#run(work);
  }

  /** Resolves when nothing is out. */
  async settled(): Promise<void> {
    await this.#flight;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#flight;
  }

  async #run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await work(AbortSignal.any([this.#closing.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]));
      this.#succeeded();
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#failed(error);
    } finally {
      this.#flight = undefined;
    }
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#refusals = 0;
    if (this.#said === undefined) return;
    const lasted = duration(this.#parts.nowSeconds() - this.#said.sinceSeconds);
    this.#parts.note('info', `${this.#name}: the API server takes it again, after ${lasted}`);
    this.#said = undefined;
  }

  #failed(error: unknown): void {
    const now = this.#parts.nowSeconds();
    this.#failures += 1;
    this.#refusals = NEEDS_A_PERSON.includes(statusOf(error)) ? this.#refusals + 1 : 0;
    const wait = this.#waitSeconds(error);
    this.#notBefore = now + wait;
    this.#parts.onFailure(this.#name);
    const kind = error instanceof CallFailed ? String(error.status) : 'answer';
    this.#said ??= { kinds: new Set(), sinceSeconds: now };
    if (this.#said.kinds.has(kind)) return;
    this.#said.kinds.add(kind);
    this.#parts.note('warn', `${this.#name}: ${words(error, this.#parts.api.nodeName)}; tried again in ${duration(wait)}, said once`);
  }

  /** With jitter: after an outage a fleet must not come back in the same second. */
  #waitSeconds(error: unknown): number {
    const jitter = 0.75 + 0.5 * this.#parts.random();
    const wished = error instanceof CallFailed ? error.retryAfterSeconds : undefined;
    const [first, times] = this.#refusals > 0 ? [FIRST_REFUSED_SECONDS, this.#refusals] : [FIRST_RETRY_SECONDS, this.#failures];
    const backoff = Math.min(SLOWEST_RETRY_SECONDS, first * 2 ** (times - 1));
    return wished === undefined ? backoff * jitter : Math.max(wished * (1 + 0.25 * this.#parts.random()), backoff * jitter);
  }
}

function words(error: unknown, nodeName: string): string {
  if (!(error instanceof CallFailed)) return error instanceof Error ? error.message : String(error);
  if (error.status === 403 && /ValidatingAdmissionPolicy/.test(error.message)) return `${error.message}; this is the policy that ships with railmedic, or another one`;
  if (error.status === 403) return `${error.message}; the agent's ServiceAccount lacks the right ${error.right} (deploy/ has the role)`;
  if (error.status === 404) return `${error.message}; expected a Node named ${nodeName}: is it deleted, or --node-name not its name?`;
  return error.message;
}
