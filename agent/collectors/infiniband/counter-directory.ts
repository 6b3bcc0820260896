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
  /** The values of the last look, written in place. */
  #values: Record<string, bigint> = {};
  #isNew = true;

  /** `asksCard`: its counters live in the card, and its first file makes the driver fetch them. */
  constructor(device: string, key: string, asksCard: boolean) {
    this.#device = device;
    this.key = key;
    this.#path = `${device}/${key}`;
    this.#asksCard = asksCard;
  }

  /**
   * Lists it and opens every file anew; where the names and the directory itself are the same as before, what is held stays
   * open. What was read before stays in any case, so that unchanged values cost nothing.
   */
  async open(host: Host): Promise<void> {
    // Before the listing: a file that comes between the two is then seen at the next look.
    const identity = identityOf(host, this.#path);
    const isSameDirectory = identity !== undefined && isSame(identity, this.#identity);
    const wasYoung = this.#isYoung;
    const wasFailure = this.failure;
    this.#isYoung = !isSameDirectory;
    this.#identity = identity;
    this.failure = undefined;
    let names: readonly string[] = [];
    try {
      if (this.#identity) names = (await host.list(this.#path)).filter((name) => name !== NOT_A_COUNTER && !name.startsWith('.'));
    } catch (error) {
      this.failure = errnoOf(error) === 'ENOENT' ? undefined : errnoOf(error);
    }
    const isUnchanged = names.length === this.#names.length && names.every((name, index) => name === this.#names[index]);
    if (isSameDirectory && !wasYoung && isUnchanged && this.failure === wasFailure) return;
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
    for (let index = 0; index < this.files.length; index += 1) {
      const file = this.files[index];
      if (file?.cell.changed !== true) continue;
      file.cell.changed = false;
      changed = true;
      const name = this.#names[index] ?? '';
      // A key that comes or goes has its place among the others.
      if ((file.failure === undefined) !== (name in this.#values)) this.#isNew = true;
      else if (file.failure === undefined) this.#values[name] = file.cell.value;
    }
    if (!changed) return this.#counters;
    if (this.#isNew) this.#values = this.#valuesInOrder();
    this.#isNew = false;
    // Frozen here, so that nobody has to go through all of them to see that they are.
    this.#counters = Object.freeze({ ...this.#values });
    return this.#counters;
  }

  /**
   * JSON.parse gives all objects with the same keys one shared shape, which V8 then copies in one piece; one that is filled
   * key by key becomes a hash table after a dozen, which took twenty times as long and five times the memory.
   */
  #valuesInOrder(): Record<string, bigint> {
    const readable = [...this.files.entries()].filter(([, { failure }]) => failure === undefined);
    const values = JSON.parse(`{${readable.map(([index]) => `${JSON.stringify(this.#names[index])}:0`).join()}}`) as Record<string, bigint>;
    for (const [index, { cell }] of readable) values[this.#names[index] ?? ''] = cell.value;
    return values;
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
