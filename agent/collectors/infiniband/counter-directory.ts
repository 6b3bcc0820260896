import type { Host } from '../../host.ts';
import { errnoOf } from '../../host.ts';
import type { Counters } from '../../model.ts';
import { CounterCell } from '../../parse/counter.ts';
import { type Identity, identityOf, isSame } from './identity.ts';
import { HeldValue } from './held-value.ts';

/** How long the driver may answer from memory, in ms. Settable, and no counter. */
const NOT_A_COUNTER = 'lifespan';

/** A directory of counters (`hw_counters`, `ports/1/counters`): every file in it by its own name. */
export class CounterDirectory {
  readonly key: string;
  files: readonly HeldValue<CounterCell>[] = [];
  /** Why the directory could not be listed; undefined also where it does not exist, which is no fault. */
  failure: string | undefined;
  readonly #device: string;
  readonly #asksCard: boolean;
  readonly #path: string;
  #identity: Identity;
  #isYoung = false;
  #names: readonly string[] = [];
  #counters: Counters = {};
  #isNew = true;

  /** `asksCard`: its counters live in the card, and its first file makes the driver fetch them. */
  constructor(device: string, key: string, asksCard: boolean) {
    this.#device = device;
    this.key = key;
    this.#path = `${device}/${key}`;
    this.#asksCard = asksCard;
  }

  /** Lists it and opens every file anew. What was read before stays, so that unchanged values cost nothing. */
  async open(host: Host): Promise<void> {
    // Before the listing: a file that comes between the two is then seen at the next look.
    const identity = identityOf(host, this.#path);
    this.#isYoung = !isSame(identity, this.#identity);
    this.#identity = identity;
    this.failure = undefined;
    let names: readonly string[] = [];
    try {
      if (this.#identity) names = (await host.list(this.#path)).filter((name) => name !== NOT_A_COUNTER && !name.startsWith('.'));
    } catch (error) {
      this.failure = errnoOf(error) === 'ENOENT' ? undefined : errnoOf(error);
    }
    const cells = new Map(this.#names.map((name, index) => [name, this.files[index]?.cell]));
    this.#release();
    this.#names = names;
    this.#isNew = true;
    this.files = names.map((name, index) => {
      const cell = cells.get(name) ?? new CounterCell();
      return new HeldValue(host, this.#device, this.key, name, cell, this.#asksCard && index === 0);
    });
  }

  get exists(): boolean {
    return this.#identity !== undefined;
  }

  /**
   * Whether files came, went or were replaced by renaming since it was opened. Two changes within a tick of the clock have
   * one time: what has changed lately counts as changed once more. A directory that was not there and comes is found when
   * the device is opened again.
   */
  hasMoved(host: Host): boolean {
    return this.#isYoung || (this.#identity !== undefined && !isSame(this.#identity, identityOf(host, this.#path)));
  }

  /** The readable counters; the very same object as at the look before when none changed. */
  counters(): Counters {
    let changed = this.#isNew;
    for (const file of this.files) {
      changed ||= file.cell.changed;
      file.cell.changed = false;
    }
    if (!changed) return this.#counters;
    const counters: Record<string, bigint> = {};
    for (const [index, file] of this.files.entries()) {
      if (file.failure === undefined) counters[this.#names[index] ?? ''] = file.cell.value;
    }
    this.#isNew = false;
    this.#counters = counters;
    return counters;
  }

  close(): void {
    this.#identity = undefined;
    this.#isYoung = false;
    this.#release();
  }

  #release(): void {
    for (const file of this.files) file.close();
    this.files = [];
  }
}
