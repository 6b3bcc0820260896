import type { InfinibandDevice } from '../../model.ts';
import type { Device } from './device.ts';

/**
 * Devices that are asked at the same time: few, so that the synchronous part of each follows closely on its answer (some 0.1 ms
 * each, of the 6 ms that Pace allows), and enough that a thread of the pool is not woken anew for every one.
 */
const LANES = 16;
/** A device that takes longer gives its lane to the next and goes on beside them. */
const LANE_MS = 25;

export interface RoundOptions {
  readonly budgetSeconds: number;
  readonly silentLimit: number;
}

/**
 * Asks devices, each at most once at a time: one that has not answered since an earlier round is not asked again until it
 * has, so that sick cards cost a thread of the pool each and no more.
 */
export class Rounds {
  readonly #options: RoundOptions;
  /** Devices that are out, and since when. */
  readonly #asked = new Map<Device, number>();

  constructor(options: RoundOptions) {
    this.#options = options;
  }

  isOut(device: Device): boolean {
    return this.#asked.has(device);
  }

  /** What each device says, in their order; undefined for one that is not there. Takes at most the budget. */
  async ask(devices: readonly Device[], signal: AbortSignal): Promise<readonly (InfinibandDevice | undefined)[]> {
    const round = new Round(this.#asked, this.#options, devices);
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#options.budgetSeconds * 1000);
    const end = (): void => resolve();
    signal.addEventListener('abort', end, { once: true });
    try {
      await Promise.race([round.run(), over]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
    const answers = round.finish();
    signal.throwIfAborted();
    return answers;
  }
}

class Round {
  readonly #asked: Map<Device, number>;
  readonly #silentLimit: number;
  readonly #devices: readonly Device[];
  readonly #queue: Device[];
  readonly #answers = new Map<Device, InfinibandDevice | undefined>();
  /** Those that this round has asked and that have not answered. */
  readonly #out = new Set<Device>();
  readonly #done = Promise.withResolvers<void>();
  #isOver = false;

  constructor(asked: Map<Device, number>, options: RoundOptions, devices: readonly Device[]) {
    this.#asked = asked;
    this.#silentLimit = options.silentLimit;
    this.#devices = devices;
    this.#queue = devices.filter((device) => !asked.has(device));
  }

  /** Ends when every device that could be asked has answered. */
  async run(): Promise<void> {
    // One timer for all lanes: it seldom comes due, and a timer and a race for each device cost more than its answer.
    const timer = setInterval(() => this.#fillLanes(), LANE_MS);
    this.#fillLanes();
    await this.#done.promise;
    clearInterval(timer);
  }

  finish(): readonly (InfinibandDevice | undefined)[] {
    this.#isOver = true;
    this.#done.resolve();
    const now = performance.now();
    return this.#devices.map((device) => {
      if (this.#answers.has(device)) return this.#answers.get(device);
      const since = this.#asked.get(device);
      if (since !== undefined) {
        device.abandon();
        return device.silent(`no answer for ${inSeconds(now - since)}`);
      }
      return device.silent(`not asked: ${this.#asked.size} other devices have not answered yet`);
    });
  }

  #fillLanes(): void {
    const late = performance.now() - LANE_MS;
    let taken = 0;
    for (const device of this.#out) if ((this.#asked.get(device) ?? 0) > late) taken += 1;
    while (taken < LANES && !this.#isOver && this.#queue.length > 0) {
      const device = this.#queue.shift();
      if (!device || this.#asked.size >= this.#silentLimit) continue;
      taken += 1;
      this.#out.add(device);
      void this.#ask(device);
    }
    if (this.#out.size === 0) this.#done.resolve();
  }

  async #ask(device: Device): Promise<void> {
    this.#asked.set(device, performance.now());
    try {
      const answer = await device.look();
      if (!this.#isOver) this.#answers.set(device, answer);
    } catch (error) {
      // No read rejects; what comes here is a fault of ours, and must cost this device only.
      if (!this.#isOver) this.#answers.set(device, device.silent(`cannot be read: ${String(error)}`));
    } finally {
      this.#asked.delete(device);
      this.#out.delete(device);
      this.#fillLanes();
    }
  }
}

function inSeconds(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return `${seconds < 1 ? seconds.toFixed(1) : seconds.toFixed(0)} s`;
}
