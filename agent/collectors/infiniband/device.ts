import type { Host } from '../../host.ts';
import { errnoOf } from '../../host.ts';
import type { InfinibandDevice, Unreadable } from '../../model.ts';
import { COUNTER_BUFFER_BYTES } from '../../parse/counter.ts';
import { CounterDirectory } from './counter-directory.ts';
import { type DeviceFacts, NO_FACTS, readDeviceFacts } from './facts.ts';
import type { HeldValue } from './held-value.ts';
import { type Identity, identityOf, isSame } from './identity.ts';
import { isSlow, Pace } from './pace.ts';
import { Port } from './port.ts';

export const CLASS = '/sys/class/infiniband';
/**
 * A directory in sysfs need not change its time when files come (kernfs keeps times only where somebody set them). So a
 * device is opened again after one look, then after two more, four, and so on up to this many.
 */
const MAX_LOOKS_BETWEEN_OPENINGS = 1024;
/** After so many failures in a row that each took long, the rest of a directory is given the same error unasked. */
const SLOW_FAILURES = 2;
const NONE = Object.freeze({});

/**
 * By what a device is seen to be another than before under the same name. Outside sysfs a new directory may get the inode
 * of the old one; `ports` holds nothing but the ports' directories, so that its time tells.
 */
interface Marks {
  readonly inode: bigint;
  readonly ports: Identity;
}

/** One device over its lives: what is held open of it, and how to read it without being held up by it. */
export class Device {
  readonly name: string;
  readonly #host: Host;
  readonly #path: string;
  readonly #buffer = Buffer.alloc(COUNTER_BUFFER_BYTES);
  readonly #pace = new Pace();
  readonly #own: CounterDirectory;
  #generation = 0;
  #marks: Marks | undefined;
  #facts: DeviceFacts = NO_FACTS;
  #ports: readonly Port[] = [];
  #portsFailure: string | undefined;
  #directories: readonly CounterDirectory[] = [];
  #watched: readonly CounterDirectory[] = [];
  #files: readonly HeldValue[] = [];
  #looksBetweenOpenings = 1;
  #looksUntilOpening = 0;
  #isDue = true;
  #last: InfinibandDevice | undefined;
  #abandoned = false;

  constructor(host: Host, name: string) {
    this.#host = host;
    this.name = name;
    this.#path = `${CLASS}/${name}`;
    this.#own = new CounterDirectory(this.#path, 'hw_counters', false);
  }

  /** Reads the device; undefined when it is not there (any more), or when it was abandoned meanwhile. */
  async look(): Promise<InfinibandDevice | undefined> {
    this.#abandoned = false;
    if (!this.#isAsItWas()) {
      const isThere = await this.#openWhatMoved();
      if (!isThere || this.#abandoned) return undefined;
    }
    this.#pace.begin();
    await this.#readFiles();
    this.#pace.end();
    return this.#abandoned ? undefined : this.#report();
  }

  /** Lets a look that is out in the pool end with the read that it waits for. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** What is known of a device that does not answer: no counters, and why. */
  silent(silence: string): InfinibandDevice {
    const ports = this.#ports.map((port) => port.silent());
    return { name: this.name, ...this.#facts, generation: this.#generation, counters: NONE, ports, unreadable: NONE, silence };
  }

  /** Lets go of all descriptors. A device that comes back is a new generation of this one. */
  close(): void {
    this.#marks = undefined;
    this.#last = undefined;
    this.#own.close();
    for (const port of this.#ports) port.close();
    this.#files = [];
  }

  /** Nearly every look at nearly every device: its counter directories are as they were, and it is not time to open it anew. */
  #isAsItWas(): boolean {
    this.#isDue = this.#marks === undefined || this.#looksUntilOpening === 0;
    this.#looksUntilOpening -= 1;
    return !this.#isDue && this.#watched.length > 0 && !this.#watched.some((directory) => directory.hasMoved(this.#host));
  }

  /** Whether the device is there. */
  async #openWhatMoved(): Promise<boolean> {
    const moved = this.#isDue ? [] : this.#watched.filter((directory) => directory.hasMoved(this.#host));
    const marks = this.#lookAtMarks();
    if (!marks) {
      this.close();
      return false;
    }
    if (!isSame(this.#marks?.ports, marks.ports) || this.#marks?.inode !== marks.inode) await this.#openAnew(marks);
    else if (this.#isDue) await this.#open();
    else if (moved.length === 0) return true;
    else for (const directory of moved) await directory.open(this.#host);
    this.#files = this.#inOrder();
    this.#last = undefined;
    return true;
  }

  #lookAtMarks(): Marks | undefined {
    const identity = identityOf(this.#host, this.#path);
    return identity && { inode: identity.inode, ports: identityOf(this.#host, `${this.#path}/ports`) };
  }

  async #openAnew(marks: Marks): Promise<void> {
    this.close();
    this.#generation += 1;
    this.#looksBetweenOpenings = 1;
    await this.#open();
    this.#marks = marks;
  }

  async #open(): Promise<void> {
    this.#facts = await readDeviceFacts(this.#host, this.#path);
    await this.#openPorts();
    this.#directories = [this.#own, ...this.#ports.flatMap((port) => [port.hwCounters, port.pmaCounters])];
    for (const directory of this.#directories) await directory.open(this.#host);
    this.#watched = this.#directories.filter((directory) => directory.exists);
    for (const port of this.#ports) {
      await port.open(this.#host);
      // EFA's port state is hard-coded by its driver (efa_verbs.c, efa_query_port): once is enough.
      if (this.#facts.isEfa) await port.readState(this.#buffer);
    }
    this.#looksUntilOpening = this.#looksBetweenOpenings;
    this.#looksBetweenOpenings = Math.min(this.#looksBetweenOpenings * 2, MAX_LOOKS_BETWEEN_OPENINGS);
  }

  async #openPorts(): Promise<void> {
    this.#portsFailure = undefined;
    let names: readonly string[] = [];
    try {
      names = await this.#host.list(`${this.#path}/ports`);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') this.#portsFailure = errnoOf(error);
    }
    const numbers = names.filter((name) => /^\d{1,3}$/.test(name)).map(Number);
    const known = new Map(this.#ports.map((port) => [port.number, port]));
    for (const port of this.#ports) if (!numbers.includes(port.number)) port.close();
    this.#ports = numbers
      .toSorted((a, b) => a - b)
      .map((number) => known.get(number) ?? new Port(this.#host, this.name, this.#path, number));
  }

  /** The card first, in the pool; then what its driver has fetched by then; its software counters last. */
  #inOrder(): readonly HeldValue[] {
    const state = (port: Port): readonly HeldValue[] => (this.#facts.isEfa ? [] : [port.state]);
    const ofPorts = this.#ports.flatMap((port) => [...port.hwCounters.files, ...state(port), ...port.pmaCounters.files]);
    return [...ofPorts, ...this.#own.files];
  }

  async #readFiles(): Promise<void> {
    let given: HeldValue | undefined;
    let slowFailures = 0;
    let now = performance.now();
    for (const file of this.#files) {
      const asked = now;
      if (!file.asksCard && this.#pace.maySync(asked)) {
        file.readSync();
        now = performance.now();
        this.#pace.tookInSync(asked, now);
        continue;
      }
      if (slowFailures >= SLOW_FAILURES && given?.failure !== undefined && given.directory === file.directory) {
        file.fail(given.failure);
        continue;
      }
      await file.read(this.#buffer);
      if (this.#abandoned) return;
      now = performance.now();
      this.#pace.tookInPool(asked, now);
      slowFailures = file.failure !== undefined && isSlow(asked, now) ? slowFailures + 1 : 0;
      given = file;
    }
    for (const port of this.#ports) if (port.mayHaveNews) await port.readPhysicalState(this.#buffer);
  }

  #report(): InfinibandDevice {
    const before = this.#last;
    if (before && !this.#files.some((file) => file.cell.changed || file.reopened)) return before;
    if (this.#files.some((file) => file.reopened)) this.#generation += 1;
    for (const file of this.#files) file.reopened = false;
    // Whole and at once, so that nobody goes through it again to freeze it.
    this.#last = Object.freeze({
      name: this.name,
      ...this.#facts,
      generation: this.#generation,
      counters: this.#own.counters(),
      ports: Object.freeze(this.#ports.map((port) => port.report())),
      unreadable: this.#unreadable(),
      silence: undefined,
    });
    return this.#last;
  }

  /** The same object as long as everything can be read, so that whoever shows it sees at once that nothing is new. */
  #unreadable(): Unreadable {
    const isWhole = this.#portsFailure === undefined && !this.#directories.some(({ failure }) => failure !== undefined);
    if (isWhole && !this.#files.some(({ failure }) => failure !== undefined)) return NONE;
    const found: Record<string, string> = {};
    if (this.#portsFailure !== undefined) found['ports'] = this.#portsFailure;
    for (const directory of this.#directories) {
      if (directory.failure !== undefined) found[directory.key] = directory.failure;
      for (const file of directory.files) if (file.failure !== undefined) found[file.key] = file.failure;
    }
    return Object.freeze(found);
  }
}
