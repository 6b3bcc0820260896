import type { Host, Program, RunningCommand } from '../../host.ts';
import type { NvidiaSmiProcess } from '../../model.ts';
import { LineBuffer } from './line-buffer.ts';
import type { Timing } from './timing.ts';

/** What is to be run next, and what its end leads to. */
export interface Job {
  readonly args: readonly string[];
  /** Whether it goes on until it is stopped. Of the other kind, the lines are no samples. */
  readonly isStream: boolean;
  ended(end: JobEnd): 'next-at-once' | 'next-after-a-pause';
}
export interface JobEnd {
  /** Those that no look has taken. */
  readonly lines: readonly string[];
  /** Undefined after exit code 0. */
  readonly error: Error | undefined;
  /** Why we stopped it; undefined when it ended by itself. */
  readonly stopped: StopReason | undefined;
}
export type StopReason = 'silence' | 'flood' | 'restart' | 'rest';

interface Outstanding {
  readonly job: Job;
  readonly command: RunningCommand;
  readonly startedAt: number;
  stopped: { readonly why: StopReason; readonly at: number } | undefined;
}

const MAX_LINE_BYTES = 16_384;
/** Dropped between two looks: no nvidia-smi says so much, and reading it costs more than it can be worth. */
const FLOOD_LINES = 200_000;

/**
 * One long-lived program after the other, never two at a time: the next is started when the last has ended, and none while
 * one is stuck in the kernel. Moved on by the looks and by what the program does; nobody ever waits for its end.
 */
export class Stream {
  readonly #name: 'query' | 'dmon';
  readonly #timing: Timing;
  readonly #plan: () => Job | undefined;
  readonly #buffer = new LineBuffer();
  readonly #listeners = new Set<() => void>();
  #runOn: { readonly host: Host; readonly program: Program } | undefined;
  #now: Outstanding | undefined;
  /** Since when an answer is awaited, across restarts; undefined when the last process ended by itself, which is an answer. */
  #silentSince: number | undefined;
  #nextAt = 0;
  #failures = 0;
  #starts = 0;
  #isClosed = false;

  constructor(name: 'query' | 'dmon', timing: Timing, plan: () => Job | undefined) {
    this.#name = name;
    this.#timing = timing;
    this.#plan = plan;
  }

  /** Whether nothing runs. */
  get isPausing(): boolean {
    return this.#now === undefined;
  }

  get silentSeconds(): number {
    return this.#silentSince === undefined ? 0 : this.#timing.now() - this.#silentSince;
  }

  /** A process that SIGKILL does not end: it is in D state. */
  get stuckPid(): number | undefined {
    const stopped = this.#now?.stopped;
    return stopped !== undefined && this.#timing.now() - stopped.at >= this.#timing.killSeconds ? this.#now?.command.pid : undefined;
  }

  /** Lines of samples that were not taken yet. */
  take(): readonly string[] {
    return this.#now?.job.isStream === false ? [] : this.#buffer.take();
  }

  /** How it does; the count of dropped lines begins anew. */
  takeStatus(): NvidiaSmiProcess {
    const isSilent = this.silentSeconds >= this.#timing.silenceSeconds;
    const running = this.#now ? 'running' : 'waiting';
    return {
      name: this.#name,
      pid: this.#now?.command.pid,
      state: this.stuckPid !== undefined ? 'unkillable' : isSilent ? 'silent' : running,
      silentSeconds: this.silentSeconds,
      restarts: Math.max(0, this.#starts - 1),
      droppedLines: this.#buffer.takeDropped(),
    };
  }

  /** At every look: starts what is due, stops what has been silent for too long. */
  turn(host: Host, program: Program): void {
    this.#runOn = { host, program };
    this.#now?.command.catchUp?.();
    const now = this.#timing.now();
    if (this.#now === undefined) {
      if (now >= this.#nextAt) this.#start();
    } else if (now - Math.max(this.#silentSince ?? now, this.#now.startedAt) >= this.#timing.silenceSeconds) {
      this.#stop('silence');
    }
  }

  /** Stops what runs; what is planned by then is started as soon as it has ended. */
  restart(): void {
    this.#stop('restart');
  }

  /** Stops until the next turn. */
  rest(): void {
    this.#stop('rest');
    this.#runOn = undefined;
    this.#silentSince = undefined;
  }

  /** Stops for good, with no second to lose. */
  close(): void {
    this.#isClosed = true;
    this.#now?.command.kill();
  }

  /** Resolves when `isDone` holds, which is asked whenever something came or ended, or after `seconds`; never rejects. */
  async until(isDone: () => boolean, seconds: number, signal: AbortSignal): Promise<void> {
    if (isDone() || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const listen = (): void => {
      if (isDone()) resolve();
    };
    const give = (): void => resolve();
    // In a replay nothing comes by waiting, except what comes at once.
    const timer = setTimeout(give, this.#now?.command.catchUp ? 0 : seconds * 1000);
    signal.addEventListener('abort', give, { once: true });
    this.#listeners.add(listen);
    await promise;
    this.#listeners.delete(listen);
    signal.removeEventListener('abort', give);
    clearTimeout(timer);
  }

  #start(): void {
    const job = this.#isClosed || !this.#runOn ? undefined : this.#plan();
    if (!job || !this.#runOn) return;
    const { host, program } = this.#runOn;
    if (job.isStream) this.#starts += 1;
    this.#silentSince ??= this.#timing.now();
    const options = { ...program, maxLineBytes: MAX_LINE_BYTES };
    const command = host.start(program.path, job.args, (line) => this.#hear(outstanding, line), options);
    const outstanding: Outstanding = { job, command, startedAt: this.#timing.now(), stopped: undefined };
    this.#now = outstanding;
    void command.ended.then((error) => this.#end(outstanding, error));
  }

  #hear(from: Outstanding, line: string): void {
    if (from.stopped) return;
    this.#silentSince = this.#timing.now();
    this.#buffer.add(line);
    if (this.#buffer.dropped > FLOOD_LINES) this.#stop('flood');
    this.#tell();
  }

  #stop(why: StopReason): void {
    if (!this.#now || this.#now.stopped) return;
    this.#now.stopped = { why, at: this.#timing.now() };
    this.#now.command.stop();
  }

  #end({ job, startedAt, stopped }: Outstanding, error: Error | undefined): void {
    const now = this.#timing.now();
    this.#now = undefined;
    if (!stopped) this.#silentSince = undefined;
    const next = job.ended({ lines: this.#buffer.take(), error, stopped: stopped?.why });
    if (next === 'next-after-a-pause') {
      const { shortestPauseSeconds, longestPauseSeconds } = this.#timing;
      if (now - startedAt >= longestPauseSeconds) this.#failures = 0;
      const pause = Math.min(longestPauseSeconds, shortestPauseSeconds * 2 ** this.#failures);
      this.#failures += 1;
      // Jitter: the drivers of a fleet are often reloaded in one minute.
      this.#nextAt = now + pause * (0.5 + this.#timing.random() / 2);
    } else {
      this.#nextAt = 0;
      this.#start();
    }
    this.#tell();
  }

  #tell(): void {
    for (const listen of this.#listeners) listen();
  }
}
