import type { HeldFile, Host } from '../../host.ts';
import { errnoOf } from '../../host.ts';
import type { Cell } from '../../parse/counter.ts';
import { COUNTER_BUFFER_BYTES } from '../../parse/counter.ts';

/** Synchronous reads follow one another and each is parsed at once, so that all can share one buffer. */
const SHARED = Buffer.alloc(COUNTER_BUFFER_BYTES);

/** One file of a device, its value at the last look, or why it could not be read. */
export class HeldValue<C extends Cell = Cell> {
  /** Path relative to the device's directory, as it stands in `unreadable`. */
  readonly key: string;
  /** `ports/1/hw_counters` */
  readonly directory: string;
  readonly cell: C;
  /** Whether reading it first makes the driver ask the card: then it is read in the thread pool. */
  readonly asksCard: boolean;
  failure: string | undefined;
  /** Its descriptor had died and its path led to another file: the device was made anew. */
  reopened = false;
  readonly #held: HeldFile;
  #openings = 0;

  constructor(host: Host, device: string, directory: string, name: string, cell: C, asksCard: boolean) {
    this.key = `${directory}/${name}`;
    this.directory = directory;
    this.cell = cell;
    this.asksCard = asksCard;
    this.#held = host.hold(`${device}/${this.key}`);
  }

  readSync(): void {
    try {
      this.#accept(SHARED, this.#held.readSync(SHARED));
    } catch (error) {
      this.fail(errnoOf(error));
    }
  }

  /** `into` must be free: a read that is out in the pool still writes to it. */
  async read(into: Buffer): Promise<void> {
    try {
      this.#accept(into, await this.#held.read(into));
    } catch (error) {
      this.fail(errnoOf(error));
    }
  }

  fail(why: string): void {
    if (this.failure !== why) this.cell.changed = true;
    this.failure = why;
    this.#openings = this.#held.openings;
  }

  close(): void {
    this.#held.close();
  }

  #accept(bytes: Buffer, length: number): void {
    // A card that answers ENODEV makes the host open its files again and again; only one that then answers is a new one.
    if (this.#openings !== 0 && this.#held.openings > this.#openings) this.reopened = true;
    this.#openings = this.#held.openings;
    const failure = this.cell.update(bytes, length);
    if (failure !== this.failure) this.cell.changed = true;
    this.failure = failure;
  }
}
