/** Well within the 10 ms for which a driver answers from memory (RDMA_HW_STATS_DEFAULT_LIFESPAN, core/sysfs.c). */
const SYNC_MS = 6;
/** A synchronous read that took so long went to the card, and held up the event loop. */
const STALL_MS = 5;
/** No healthy card takes so long (EFA: about 0.1 ms a command), and no delay of our own event loop is taken for one. */
const SLOW_MS = 50;
/** Looks in a row without a slow read until a device is trusted again; doubles each time it stalled the event loop. */
const FIRST_PATIENCE = 4;
const MAX_PATIENCE = 512;

/**
 * Whether the next file of a device may be read synchronously. A driver refreshes its counters when one is read and then
 * answers from memory for its lifespan: within it a read takes a microsecond, after it a sick card can hold the reader for
 * seconds. So: synchronously only shortly after a read in the pool was asked, and not at all on a device that was slow lately.
 */
export class Pace {
  #looksInPool = 0;
  #patience = FIRST_PATIENCE;
  #wasSlow = false;
  #askedInPool = -Infinity;

  /** Before the first read of a look. Times are those of performance.now(). */
  begin(): void {
    this.#wasSlow = false;
    this.#askedInPool = -Infinity;
  }

  maySync(now: number): boolean {
    return now - this.#askedInPool < SYNC_MS && !this.#wasSlow && this.#looksInPool === 0;
  }

  /** The driver's refresh was somewhere between the two times: what it has in memory is at most as old as the first. */
  tookInPool(asked: number, now: number): void {
    this.#askedInPool = asked;
    if (isSlow(asked, now)) this.#wasSlow = true;
  }

  tookInSync(asked: number, now: number): void {
    if (now - asked < STALL_MS) return;
    this.#wasSlow = true;
    this.#patience = Math.min(this.#patience * 2, MAX_PATIENCE);
  }

  /** After the last read of a look. */
  end(): void {
    if (this.#wasSlow) this.#looksInPool = this.#patience;
    else if (this.#looksInPool > 0) this.#looksInPool -= 1;
  }
}

/** Whether a read in the pool waited for its card. */
export function isSlow(asked: number, now: number): boolean {
  return now - asked >= SLOW_MS;
}
