import { Absent } from '../../collector.ts';
import type { Host, Program } from '../../host.ts';
import type { NvidiaSmi } from '../../model.ts';
import { isGpuFunction } from '../../parse/pci.ts';
import { pciCollector } from '../pci.ts';
import { DmonFeed, listFor } from './dmon-feed.ts';
import { locate } from './locate.ts';
import { QueryFeed } from './query-feed.ts';
import { sampleInterval, type Timing } from './timing.ts';

export interface ToolOptions {
  /** `--nvidia-smi`. */
  readonly nvidiaSmi: string | undefined;
  readonly lookSeconds: number;
  readonly timing: Timing;
}

/** nvidia-smi on this node, shared by the three collectors: whether there is a GPU to ask, where it is, its two processes. */
export class NvidiaTool {
  readonly query: QueryFeed;
  readonly dmon: DmonFeed;
  /** GPUs on the PCI bus at the last look. */
  gpuFunctions = 0;
  readonly #options: ToolOptions;
  readonly #pci = pciCollector();
  #program: Program | undefined;
  #tried: readonly string[] = [];
  #locatedAt: number | undefined;
  #turning: Promise<void> | undefined;

  constructor(options: ToolOptions) {
    this.#options = options;
    const seconds = sampleInterval(options.lookSeconds);
    this.query = new QueryFeed(options.timing, seconds);
    this.dmon = new DmonFeed(options.timing, seconds, () => listFor(this.gpuFunctions, this.query.indices(), this.query.isFirstOver));
  }

  /** Moves both processes on; once for the three collectors that ask at the same time. Throws Absent without a GPU. */
  async turn(host: Host, signal: AbortSignal): Promise<void> {
    this.#turning ??= this.#turn(host, signal).finally(() => {
      this.#turning = undefined;
    });
    await this.#turning;
  }

  /** Throws when no nvidia-smi was found, naming each place. */
  mustBeFound(): void {
    if (!this.#program) throw new Error(`no nvidia-smi that can be run: tried ${this.#tried.join('; ') || 'an empty PATH'}`);
  }

  state(): NvidiaSmi {
    const { query, dmon } = this;
    query.absorb();
    const processes = this.#program ? [query.takeStatus(), dmon.takeStatus()] : [];
    return {
      path: this.#program?.path,
      tried: this.#program ? [] : this.#tried,
      driverVersion: query.driverVersion,
      processes,
      failure: query.failure ?? dmon.failure,
    };
  }

  /** dmon may have waited for the query's indices. */
  turnDmon(host: Host): void {
    if (this.#program) this.dmon.turn(host, this.#program);
  }

  close(): void {
    this.query.close();
    this.dmon.close();
  }

  async #turn(host: Host, signal: AbortSignal): Promise<void> {
    const { functions } = await this.#pci.collect(host, signal);
    this.gpuFunctions = functions.filter(isGpuFunction).length;
    if (this.gpuFunctions === 0) {
      this.query.rest();
      this.dmon.rest();
      throw new Absent('no NVIDIA GPU on the PCI bus');
    }
    await this.#locate(host);
    if (!this.#program) {
      this.query.rest();
      this.dmon.rest();
      return;
    }
    this.query.turn(host, this.#program);
    this.dmon.turn(host, this.#program);
  }

  /** Again after a while where there was none, and where it fails: a driver can be installed while the agent runs. */
  async #locate(host: Host): Promise<void> {
    const now = this.#options.timing.now();
    if (this.#program && !this.query.failure) return;
    if (this.#locatedAt !== undefined && now - this.#locatedAt < this.#options.timing.locateSeconds) return;
    this.#locatedAt = now;
    const located = await locate(host, this.#options.nvidiaSmi);
    this.#program = 'program' in located ? located.program : undefined;
    this.#tried = 'program' in located ? [] : located.tried;
  }
}
