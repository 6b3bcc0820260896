import { Absent } from '../../collector.ts';
import type { Host, Program } from '../../host.ts';
import type { NvidiaDmon, NvidiaSmiFailure, NvidiaSmiProcess } from '../../model.ts';
import { DmonReader } from '../../parse/dmon.ts';
import { DmonMeans } from './dmon-means.ts';
import { failureError, failureOf } from './failure.ts';
import { Messages } from './messages.ts';
import { Stream, type Job, type JobEnd } from './stream.ts';
import type { Timing } from './timing.ts';

/** Operation not available on the target device. */
const EXIT_UNSUPPORTED = 3;
/** Of older drivers (their help says so; 16 since about 515). With more GPUs each is named, and all of them come. */
const DEVICES_WITHOUT_LIST = 4;

/** One long-lived `nvidia-smi dmon -s pucvmet`. */
export class DmonFeed {
  readonly #timing: Timing;
  readonly #intervalSeconds: number;
  readonly #stream: Stream;
  /** Indices to name, `[]` for none; undefined as long as they are not known. */
  readonly #list: () => readonly number[] | undefined;
  #runningList = '';
  #reader = new DmonReader();
  readonly #means = new DmonMeans();
  #sampleAt: number | undefined;
  #beganAt: number | undefined;
  #malformed: Error | undefined;
  readonly #messages = new Messages();
  #failure: NvidiaSmiFailure | undefined;
  #isUnsupported = false;
  #first: Promise<void> | undefined;

  constructor(timing: Timing, intervalSeconds: number, indices: () => readonly number[] | undefined) {
    this.#timing = timing;
    this.#intervalSeconds = intervalSeconds;
    this.#list = indices;
    this.#stream = new Stream('dmon', timing, () => this.#plan());
  }

  turn(host: Host, program: Program): void {
    this.#beganAt ??= this.#timing.now();
    this.#stream.turn(host, program);
    const list = this.#list();
    if (!this.#stream.isPausing && list !== undefined && list.join(',') !== this.#runningList) this.#stream.restart();
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

  /** The last run's failure; that these GPUs have no dmon is none. */
  get failure(): NvidiaSmiFailure | undefined {
    return this.#isUnsupported ? undefined : this.#failure;
  }

  /** Resolves with the first sample, a failure, or when it has been waited for long enough. Later looks do not wait. */
  firstAnswer(expected: number, signal: AbortSignal): Promise<void> {
    this.#first ??= this.#awaitFirst(expected, signal);
    return this.#first;
  }

  /** Throws when there is no fresh answer, Absent when these GPUs have no dmon. */
  look(): NvidiaDmon {
    this.#absorb(this.#stream.take());
    const malformed = this.#malformed;
    this.#malformed = undefined;
    if (malformed) throw malformed;
    if (this.#isUnsupported) throw new Absent(`nvidia-smi dmon does not support these GPUs: ${this.#failure?.text ?? 'it says no more'}`);
    if (this.#failure && this.#means.size === 0) throw failureError('dmon', this.#failure);
    const since = this.#timing.now() - (this.#sampleAt ?? this.#beganAt ?? this.#timing.now());
    if (this.#sampleAt === undefined || since >= this.#timing.silenceSeconds) throw this.#silence(since);
    return { gpus: this.#means.take() };
  }

  async #awaitFirst(expected: number, signal: AbortSignal): Promise<void> {
    const { firstAnswerSeconds, sampleSeconds } = this.#timing;
    const has = (rows: number) => (): boolean => {
      this.#absorb(this.#stream.take());
      return this.#means.size >= rows || this.#malformed !== undefined || this.#stream.isPausing;
    };
    await this.#stream.until(has(1), firstAnswerSeconds, signal);
    if (this.#means.size > 0) await this.#stream.until(has(expected), sampleSeconds, signal);
  }

  #silence(seconds: number): Error {
    const message = this.#messages.all().at(-1);
    if (message !== undefined) return new Error(`cannot parse nvidia-smi dmon: got ${JSON.stringify(message)}, expected "# gpu …" and rows below it`);
    const pid = this.#stream.stuckPid;
    const stuck = pid === undefined ? '' : `, and its process ${pid} cannot be killed`;
    return new Error(`nvidia-smi dmon has said nothing for ${seconds.toFixed(0)} s${stuck}`);
  }

  #plan(): Job | undefined {
    const list = this.#list();
    if (list === undefined) return undefined;
    this.#runningList = list.join(',');
    this.#messages.clear();
    this.#reader = new DmonReader();
    const devices = list.length === 0 ? [] : ['-i', this.#runningList];
    const args = ['dmon', '-s', 'pucvmet', '-d', String(this.#intervalSeconds), ...devices];
    return { args, isStream: true, ended: (end) => this.#ended(end) };
  }

  #ended({ lines, error, stopped }: JobEnd): 'next-at-once' | 'next-after-a-pause' {
    this.#absorb(lines);
    if (stopped === 'restart') return 'next-at-once';
    if (stopped) return 'next-after-a-pause';
    this.#failure = failureOf(error, this.#messages.all());
    this.#isUnsupported = this.#failure.exitCode === EXIT_UNSUPPORTED || /not supported/i.test(this.#failure.text);
    return 'next-after-a-pause';
  }

  #absorb(lines: readonly string[]): void {
    for (const line of lines) {
      try {
        const row = this.#reader.read(line);
        if (row) {
          this.#means.add(row);
          this.#sampleAt = this.#timing.now();
          this.#failure = undefined;
          this.#isUnsupported = false;
        } else if (!line.startsWith('#') && line.trim() !== '') this.#messages.add(line.trim(), this.#timing.now());
      } catch (error) {
        this.#malformed = error instanceof Error ? error : new Error(String(error));
      }
    }
  }
}

/** Which indices dmon has to be told: none for few GPUs. */
export function listFor(gpuFunctions: number, indices: readonly number[] | undefined, isAnswerOver: boolean): readonly number[] | undefined {
  if (gpuFunctions <= DEVICES_WITHOUT_LIST) return [];
  return indices ?? (isAnswerOver ? [] : undefined);
}
