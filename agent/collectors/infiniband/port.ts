import type { Host } from '../../host.ts';
import type { InfinibandPort } from '../../model.ts';
import { TextCell } from '../../parse/counter.ts';
import { CounterDirectory } from './counter-directory.ts';
import { NO_PORT_FACTS, type PortFacts, readPortFacts } from './facts.ts';
import { HeldValue } from './held-value.ts';

const NONE = Object.freeze({});
const ACTIVE = '4: ACTIVE';

/** One port of a device: its two counter directories, its state and what seldom changes. */
export class Port {
  readonly number: number;
  readonly hwCounters: CounterDirectory;
  readonly pmaCounters: CounterDirectory;
  state: HeldValue<TextCell>;
  readonly #device: string;
  readonly #directory: string;
  #physicalState: HeldValue<TextCell>;
  #physicalStateIsOf: string | undefined;
  #wasActive = false;
  #facts: PortFacts = NO_PORT_FACTS;

  constructor(host: Host, device: string, directory: string, number: number) {
    this.number = number;
    this.#device = device;
    this.#directory = directory;
    this.hwCounters = new CounterDirectory(directory, `ports/${number}/hw_counters`, true);
    this.pmaCounters = new CounterDirectory(directory, `ports/${number}/counters`, false);
    this.state = this.#hold(host, 'state', new TextCell());
    this.#physicalState = this.#hold(host, 'phys_state', new TextCell());
  }

  /** All but the counter directories. */
  async open(host: Host): Promise<void> {
    this.state.close();
    this.#physicalState.close();
    this.state = this.#hold(host, 'state', this.state.cell);
    this.#physicalState = this.#hold(host, 'phys_state', this.#physicalState.cell);
    this.#facts = await readPortFacts(host, `${this.#directory}/ports/${this.number}`);
  }

  /** For a device whose state is not read at each look. */
  async readState(into: Buffer): Promise<void> {
    await this.state.read(into);
    if (this.mayHaveNews) await this.readPhysicalState(into);
  }

  /** Whether the physical state can be another, by the `state` just read: asking costs a query to the card. */
  get mayHaveNews(): boolean {
    return valueOf(this.state) !== ACTIVE || this.#physicalStateIsOf !== ACTIVE;
  }

  async readPhysicalState(into: Buffer): Promise<void> {
    await this.#physicalState.read(into);
    this.#physicalStateIsOf = valueOf(this.state);
    // One flag tells for both.
    this.state.cell.changed ||= this.#physicalState.cell.changed;
    this.#physicalState.cell.changed = false;
  }

  report(): InfinibandPort {
    const state = valueOf(this.state);
    this.#wasActive ||= state === ACTIVE;
    this.state.cell.changed = false;
    return Object.freeze({
      ...this.#named(),
      state,
      physicalState: valueOf(this.#physicalState),
      ...this.#facts,
      hwCounters: this.hwCounters.counters(),
      pmaCounters: this.pmaCounters.counters(),
      wasActive: this.#wasActive,
    });
  }

  /** What is known of it while its device does not answer. */
  silent(): InfinibandPort {
    const unseen = { state: undefined, physicalState: undefined, hwCounters: NONE, pmaCounters: NONE };
    return { ...this.#named(), ...unseen, ...this.#facts, wasActive: this.#wasActive };
  }

  close(): void {
    this.hwCounters.close();
    this.pmaCounters.close();
    this.state.close();
    this.#physicalState.close();
  }

  #named(): Pick<InfinibandPort, 'device' | 'port' | 'name'> {
    return { device: this.#device, port: this.number, name: `${this.#device}/${this.number}` };
  }

  #hold(host: Host, name: string, cell: TextCell): HeldValue<TextCell> {
    return new HeldValue(host, this.#directory, `ports/${this.number}`, name, cell, false);
  }
}

function valueOf(text: HeldValue<TextCell>): string | undefined {
  return text.failure === undefined && text.cell.value !== '' ? text.cell.value : undefined;
}
