import { CommandError, type Host, type Program } from '../../host.ts';
import type { Gpu, NvidiaQuery, NvidiaSmiFailure, NvidiaSmiProcess } from '../../model.ts';
import { gpuOf, isSmiRow, parseSmiRow, textOf } from '../../parse/smi-csv.ts';
import { parseFieldHelp, refusedField, selectFields, type SmiField } from '../../parse/smi-fields.ts';
import { failureError, failureOf } from './failure.ts';
import { Messages } from './messages.ts';
import { NewestSample } from './newest-sample.ts';
import { Stream, type Job, type JobEnd } from './stream.ts';
import type { Timing } from './timing.ts';

const COMMAND = '--query-gpu';
/** Invalid argument or flag. */
const EXIT_USAGE = 2;
/** Far more than a node has GPUs. */
const MAX_UUIDS = 1024;
const NO_DEVICES = 'No devices were found';

/** One long-lived `nvidia-smi --query-gpu … -lms`, and before it, once a driver version, `--help-query-gpu`. */
export class QueryFeed {
  driverVersion: string | undefined;
  readonly #timing: Timing;
  readonly #intervalSeconds: number;
  readonly #stream: Stream;
  /** `unasked`: the help is to be read. Undefined: it says nothing, so every name is tried. */
  #known: ReadonlySet<string> | 'unasked' | undefined = 'unasked';
  readonly #refused = new Set<string>();
  #fields: readonly SmiField[] = [];
  readonly #rows = new NewestSample<Gpu>();
  #rowAt: number | undefined;
  #beganAt: number | undefined;
  #hasFreshRows = false;
  /** Of the present process. */
  #hasRows = false;
  readonly #uuids = new Map<string, string>();
  #malformed: Error | undefined;
  /** What the present process said besides rows. */
  readonly #messages = new Messages();
  #failure: NvidiaSmiFailure | undefined;
  #hasNoDevices = false;
  #first: Promise<void> | undefined;
  /** Whether the first answer came, or has been waited for long enough. */
  isFirstOver = false;

  constructor(timing: Timing, intervalSeconds: number) {
    this.#timing = timing;
    this.#intervalSeconds = intervalSeconds;
    this.#stream = new Stream('query', timing, () => this.#plan());
  }

  turn(host: Host, program: Program): void {
    this.#beganAt ??= this.#timing.now();
    this.#stream.turn(host, program);
  }

  rest(): void {
    this.#stream.rest();
  }

  close(): void {
    this.#stream.close();
  }

  takeStatus(): NvidiaSmiProcess {
    return this.#stream.takeStatus();
  }

  /** The last run's failure, or what a running one complains of besides its rows. */
  get failure(): NvidiaSmiFailure | undefined {
    if (this.#failure) return this.#failure;
    const recent = this.#messages.since(this.#timing.now() - 3 * this.#intervalSeconds);
    return recent.length > 0 ? { exitCode: undefined, text: recent.join(' | ') } : undefined;
  }

  /** Goes through what came since the last time, for those who need its sum before the look. */
  absorb(): void {
    this.#absorb(this.#stream.take());
  }

  /** Indices of the newest sample; undefined as long as there is none. */
  indices(): readonly number[] | undefined {
    this.absorb();
    const gpus = this.#gpus();
    return gpus.length === 0 ? undefined : gpus.map(({ index }) => index);
  }

  /** Resolves with the first sample, a failure, or when it has been waited for long enough. Later looks do not wait. */
  firstAnswer(expected: number, signal: AbortSignal): Promise<void> {
    this.#first ??= this.#awaitFirst(expected, signal);
    return this.#first;
  }

  /** Throws when there is no fresh answer: what failed, or for how long nothing was said. */
  look(): NvidiaQuery {
    this.absorb();
    const malformed = this.#malformed;
    const hasFreshRows = this.#hasFreshRows;
    this.#malformed = undefined;
    this.#hasFreshRows = false;
    if (malformed) throw malformed;
    const { silenceSeconds } = this.#timing;
    if (this.#hasNoDevices && this.#stream.silentSeconds < silenceSeconds) return { driverVersion: this.driverVersion, gpus: [] };
    // Rows that came before the process failed are still of this look (exit code 14 comes with all of them).
    if (this.#failure && !hasFreshRows) throw failureError(COMMAND, this.#failure);
    const isFresh = this.#rowAt !== undefined && this.#timing.now() - this.#rowAt < silenceSeconds;
    if (!isFresh) throw this.#silence();
    return { driverVersion: this.driverVersion, gpus: this.#gpus() };
  }

  #gpus(): readonly Gpu[] {
    return this.#rows.rows().toSorted((a, b) => a.index - b.index);
  }

  async #awaitFirst(expected: number, signal: AbortSignal): Promise<void> {
    const { firstAnswerSeconds, sampleSeconds } = this.#timing;
    const has = (rows: number) => (): boolean => {
      this.absorb();
      return this.#gpus().length >= rows || this.#hasNoDevices || this.#malformed !== undefined || this.#stream.isPausing;
    };
    await this.#stream.until(has(1), firstAnswerSeconds, signal);
    // The rest of the sample comes at once, where there is a rest.
    if (this.#hasRows) await this.#stream.until(has(expected), sampleSeconds, signal);
    this.isFirstOver = true;
  }

  #silence(): Error {
    const message = this.#messages.all().at(-1);
    if (message !== undefined) return new Error(`cannot parse nvidia-smi ${COMMAND}: got ${JSON.stringify(message)}, expected rows of ${this.#fields.length} columns`);
    const seconds = this.#timing.now() - (this.#rowAt ?? this.#beganAt ?? this.#timing.now());
    const pid = this.#stream.stuckPid;
    const stuck = pid === undefined ? '' : `, and its process ${pid} cannot be killed`;
    return new Error(`nvidia-smi ${COMMAND} has said nothing for ${seconds.toFixed(0)} s${stuck}`);
  }

  #plan(): Job {
    this.#messages.clear();
    this.#hasRows = false;
    if (this.#known === 'unasked') {
      return { args: ['--help-query-gpu'], isStream: false, ended: (end) => this.#helpEnded(end) };
    }
    this.#fields = selectFields(this.#known, this.#refused);
    const names = this.#fields.map(({ query }) => query).join(',');
    const args = [`--query-gpu=${names}`, '--format=csv,noheader,nounits', '-lms', String(this.#intervalSeconds * 1000)];
    return { args, isStream: true, ended: (end) => this.#queryEnded(end) };
  }

  #helpEnded({ lines, error, stopped }: JobEnd): 'next-at-once' | 'next-after-a-pause' {
    if (stopped) return 'next-after-a-pause';
    const names = parseFieldHelp(lines);
    const isRefused = error === undefined || (error instanceof CommandError && error.exitCode === EXIT_USAGE);
    if (names.size === 0 && !isRefused) {
      this.#failure = failureOf(error, lines.filter((line) => line.trim() !== ''));
      return 'next-after-a-pause';
    }
    this.#known = names.size > 0 ? names : undefined;
    return 'next-at-once';
  }

  #queryEnded({ lines, error, stopped }: JobEnd): 'next-at-once' | 'next-after-a-pause' {
    this.#absorb(lines);
    if (stopped === 'restart') return 'next-at-once';
    if (stopped) return 'next-after-a-pause';
    const refused = refusedField([...this.#messages.all(), error instanceof CommandError ? error.stderr : '']);
    if (refused !== undefined && this.#fields.some(({ query }) => query === refused)) {
      this.#refused.add(refused);
      return 'next-at-once';
    }
    // One that gives its rows and ends with 0 does not stream, but it answers.
    if (error || !this.#hasRows) this.#failure = failureOf(error, this.#messages.all());
    this.#hasNoDevices = this.#messages.all().some((text) => text.startsWith(NO_DEVICES));
    return 'next-after-a-pause';
  }

  #absorb(lines: readonly string[]): void {
    for (const line of lines) {
      if (isSmiRow(line)) this.#row(line);
      else if (line.trim() !== '') this.#message(line.trim());
    }
  }

  #row(line: string): void {
    try {
      const fields = parseSmiRow(line, this.#fields);
      const gpu = gpuOf(fields, (address) => this.#uuids.get(address));
      if (!gpu) throw new Error(`cannot parse nvidia-smi ${COMMAND}: got ${JSON.stringify(line.slice(0, 80))}, expected an index and a UUID or PCI address`);
      if (gpu.pciAddress !== undefined && gpu.uuid !== gpu.pciAddress && this.#uuids.size < MAX_UUIDS) this.#uuids.set(gpu.pciAddress, gpu.uuid);
      // Both, as captures can have all UUIDs masked alike.
      this.#rows.add(`${gpu.uuid} ${gpu.pciAddress}`, gpu);
      this.#rowAt = this.#timing.now();
      this.#hasRows = true;
      this.#hasFreshRows = true;
      this.#failure = undefined;
      this.#hasNoDevices = false;
      this.#notice(textOf(fields.driver_version));
    } catch (error) {
      this.#malformed = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Another driver has other fields. */
  #notice(version: string | undefined): void {
    if (version === undefined || version === this.driverVersion) return;
    const isOther = this.driverVersion !== undefined;
    this.driverVersion = version;
    if (!isOther) return;
    this.#known = 'unasked';
    this.#refused.clear();
    this.#stream.restart();
  }

  #message(text: string): void {
    this.#messages.add(text, this.#timing.now());
    if (!text.startsWith(NO_DEVICES)) return;
    this.#hasNoDevices = true;
    this.#rows.clear();
  }
}
