import type { Entry, Ledger } from './ledger.ts';
import { alertmanagerBody } from './body.ts';
import { Refused, reasonOf, refusal, type Post } from './post.ts';

/** Time as the peers need it. */
export interface PeerClock {
  /** Unix milliseconds: the moments that alerts carry. */
  wallMs(): number;
  /** For every duration. */
  monotonicMs(): number;
  /** Runs once, later; the result calls it off. */
  later(ms: number, run: () => void): () => void;
  /** From 0 to 1: agents that failed together must not come back together. */
  random(): number;
}

export interface PeerOptions {
  readonly name: string;
  readonly post: Post;
  readonly ledger: Ledger;
  readonly clock: PeerClock;
  /** An alert that stands is told again after so long. */
  readonly refreshMs: number;
  /** So long after it was last told, Alertmanager ends it by itself. */
  readonly lifetimeMs: number;
  readonly generatorUrl: string | undefined;
  readonly on: PeerEvents;
}

/** What is worth a word. Called on change, but for `failed`, which is called for every attempt. */
export interface PeerEvents {
  failed(reason: string): void;
  down(reason: string, waiting: number): void;
  up(afterSeconds: number): void;
  refused(entry: Entry, reason: string): void;
  clockDiffers(seconds: number): void;
  delivered(): void;
}

const BATCH = 64;
const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 60_000;
/** An alert that the peer called bad is tried again so many refreshes later: the peer may have been updated meanwhile. */
const REFUSED_REFRESHES = 10;
/** A Date header has whole seconds and is some milliseconds old. */
const CLOCK_TOLERANCE_MS = 10_000;

interface Told {
  readonly state: Entry['state'];
  readonly atMs: number;
  readonly refused: boolean;
}

/** One Alertmanager: what it has been told, what it has still to be told, and how it fares. Knows nothing of the others. */
export class Peer {
  readonly #options: PeerOptions;
  readonly #told = new Map<string, Told>();
  readonly #stopping = new AbortController();
  #turn: Promise<void> | undefined;
  #failures = 0;
  #retryAtMs = 0;
  #downSinceMs: number | undefined;
  #reasons = new Set<string>();
  #cancelRetry = (): void => {};
  /** How far the peer's clock is ahead of this node's. */
  #offsetMs = 0;
  #adjustedAtMs: number | undefined;

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get isUp(): boolean {
    return this.#downSinceMs === undefined;
  }

  /** Alerts that it has not heard of, or not of their latest state. */
  get waiting(): number {
    return [...this.#options.ledger.entries.values()].filter((entry) => this.#told.get(entry.key)?.state !== entry.state).length;
  }

  hasHeardOf({ key, state }: Entry): boolean {
    return this.#told.get(key)?.state === state;
  }

  /** Starts to tell what is due, unless it is at it or waits before it tries again. Never blocks, never throws. */
  wake(): void {
    if (this.#stopping.signal.aborted) return;
    this.#turn ??= this.#tell().finally(() => {
      this.#turn = undefined;
    });
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#cancelRetry();
    await this.#turn;
  }

  async #tell(): Promise<void> {
    const { ledger, clock, on } = this.#options;
    for (const key of this.#told.keys()) if (!ledger.entries.has(key)) this.#told.delete(key);
    while (!this.#stopping.signal.aborted && clock.monotonicMs() >= this.#retryAtMs) {
      const due = [...ledger.entries.values()].filter((entry) => this.#isDue(entry)).slice(0, BATCH);
      // A peer that is down is asked even with nothing to tell: else it would count as down until the next alert.
      if (due.length === 0 && this.isUp) return;
      try {
        await this.#deliver(due);
        this.#succeeded();
        on.delivered();
      } catch (error) {
        if (!this.#stopping.signal.aborted) this.#failed(error);
        return;
      }
    }
  }

  #isDue({ key, state }: Entry): boolean {
    const told = this.#told.get(key);
    if (told?.state !== state) return true;
    const { refreshMs, clock } = this.#options;
    if (state === 'ended') return false;
    return clock.monotonicMs() - told.atMs >= (told.refused ? REFUSED_REFRESHES * refreshMs : refreshMs);
  }

  /** One bad alert must not keep the others back: then each goes alone. */
  async #deliver(entries: readonly Entry[]): Promise<void> {
    try {
      await this.#post(entries);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const [first] = entries;
      if (entries.length > 1) for (const entry of entries) await this.#deliver([entry]);
      else if (first) this.#refused(first, error.message);
    }
  }

  async #post(entries: readonly Entry[]): Promise<void> {
    const { clock, lifetimeMs, generatorUrl, post } = this.#options;
    const offsetMs = this.#offsetMs;
    const endsMs = clock.wallMs() + lifetimeMs;
    const answer = await post(alertmanagerBody(entries, { endsMs, offsetMs, generatorUrl }), this.#stopping.signal);
    const problem = refusal(answer);
    if (problem) throw problem;
    for (const { key, state } of entries) this.#told.set(key, { state, atMs: clock.monotonicMs(), refused: false });
    if (answer.dateMs !== undefined) this.#adjustClock(answer.dateMs - clock.wallMs(), entries);
  }

  /** Alertmanager judges ends by its own clock: what was told by another one is told again, at most once a refresh. */
  #adjustClock(differenceMs: number, entries: readonly Entry[]): void {
    const { clock, refreshMs, on } = this.#options;
    const offsetMs = Math.abs(differenceMs) < CLOCK_TOLERANCE_MS ? 0 : differenceMs;
    const nowMs = clock.monotonicMs();
    if (Math.abs(offsetMs - this.#offsetMs) < CLOCK_TOLERANCE_MS) return;
    if (this.#adjustedAtMs !== undefined && nowMs - this.#adjustedAtMs < refreshMs) return;
    this.#offsetMs = offsetMs;
    this.#adjustedAtMs = nowMs;
    on.clockDiffers(Math.round(offsetMs / 1000));
    for (const { key } of entries) this.#told.delete(key);
  }

  #refused(entry: Entry, reason: string): void {
    const { clock, on } = this.#options;
    if (this.#told.get(entry.key)?.refused !== true) on.refused(entry, reason);
    this.#told.set(entry.key, { state: entry.state, atMs: clock.monotonicMs(), refused: true });
    on.failed(reason);
  }

  #succeeded(): void {
    this.#failures = 0;
    if (this.#downSinceMs === undefined) return;
    this.#options.on.up((this.#options.clock.monotonicMs() - this.#downSinceMs) / 1000);
    this.#downSinceMs = undefined;
    this.#reasons.clear();
  }

  #failed(error: unknown): void {
    const { clock, on } = this.#options;
    const { kind, words, retryAfterMs } = reasonOf(error);
    const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures);
    const delayMs = Math.max(backoffMs * (0.5 + clock.random() / 2), retryAfterMs);
    this.#failures += 1;
    this.#downSinceMs ??= clock.monotonicMs();
    this.#retryAtMs = clock.monotonicMs() + delayMs;
    this.#cancelRetry();
    this.#cancelRetry = clock.later(delayMs, () => {
      // A timer may fire a millisecond early.
      this.#retryAtMs = 0;
      this.wake();
    });
    on.failed(words);
    if (this.#reasons.has(kind)) return;
    this.#reasons.add(kind);
    on.down(words, this.waiting);
  }
}
