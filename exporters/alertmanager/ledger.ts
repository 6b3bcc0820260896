import type { Finding, Report } from '../../agent/model.ts';
import { alertOf, type Alert, type AlertWords } from './alert.ts';

/** An alert as it stands now. It is replaced and never changed, so that what was sent can be compared with what stands. */
export interface Entry {
  readonly key: string;
  readonly alert: Alert;
  readonly state: 'firing' | 'unknown' | 'ended';
  /** Unix milliseconds. */
  readonly startedMs: number;
  /** Unix milliseconds; undefined while it stands. */
  readonly endedMs: number | undefined;
}

/** More at once is a fault of the node as a whole, which its worst alerts tell. */
const MAX_STANDING = 500;
/** Ends that a peer which is down has not heard of yet: a node with one change a minute is a whole night away from it. */
const MAX_ENDED = 500;

/**
 * What Alertmanager should know: one entry an alert, with its latest state. So nothing queues up while a peer is down, and
 * what a peer has not heard is told when it is back.
 */
export class Ledger {
  readonly #words: AlertWords;
  readonly #entries = new Map<string, Entry>();
  /** Alerts that stood at the last look and were not kept, because there were too many. */
  overflow = 0;
  /** Ends that were given up before every peer had heard of them, because there were too many. */
  droppedEnds = 0;

  constructor(words: AlertWords) {
    this.#words = words;
  }

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  /** `nowMs`: Unix milliseconds. */
  update(report: Report, nowMs: number): void {
    const standing = new Set<string>();
    this.overflow = 0;
    for (const finding of report.findings) {
      if (!isLoud(finding)) continue;
      const alert = alertOf(finding, report, this.#words);
      const key = JSON.stringify(Object.entries(alert.labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
      if (!this.#stands(key, finding)) continue;
      if (standing.size >= MAX_STANDING && !standing.has(key)) {
        this.overflow += 1;
        continue;
      }
      standing.add(key);
      const startedMs = Math.min(Date.parse(finding.since) || nowMs, nowMs);
      this.#put({ key, alert, state: finding.state === 'firing' ? 'firing' : 'unknown', startedMs, endedMs: undefined });
    }
    for (const [key, entry] of this.#entries) {
      if (!standing.has(key) && entry.state !== 'ended') this.#put({ ...entry, state: 'ended', endedMs: Math.max(nowMs, entry.startedMs) });
    }
    this.#boundEnded();
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  /** What fired and cannot be judged now has not ended; what never fired is not said to. */
  #stands(key: string, { state }: Finding): boolean {
    if (state !== 'unknown') return state === 'firing';
    const before = this.#entries.get(key);
    return before !== undefined && before.state !== 'ended';
  }

  #put(entry: Entry): void {
    const before = this.#entries.get(entry.key);
    // The map's order is that of ending, so that the oldest end is found first.
    if (entry.state === 'ended' || before?.state === 'ended') this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
  }

  #boundEnded(): void {
    const ended = [...this.#entries.values()].filter(({ state }) => state === 'ended');
    for (const { key } of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) {
      this.#entries.delete(key);
      this.droppedEnds += 1;
    }
  }
}

function isLoud({ shadow, suppressed, severity }: Finding): boolean {
  return !shadow && suppressed === undefined && severity !== 'info';
}
