import { schedule, type ScheduledTask } from 'node-cron';
import { attribute, knownGpus, podDevices, type KnownGpus } from './attribution.ts';
import type { Clock } from './clock.ts';
import { Absent, type Collector } from './collector.ts';
import type { Engine } from './engine.ts';
import { deepFreeze } from './freeze.ts';
import type { Host } from './host.ts';
import type { ClusterNode, Exporter, Reading, Report, Snapshot, SourceName, Sources, SourceStatus } from './model.ts';
import { TimeLimit } from './time-limit.ts';

export interface LoopOptions {
  readonly host: Host;
  readonly clock: Clock;
  readonly engine: Engine;
  readonly collectors: readonly Collector[];
  /** Every source there is, so that one without a collector is `absent` and not missing. */
  readonly sourceNames: readonly SourceName[];
  readonly exporters: readonly Exporter[];
  readonly nodeName: string;
  /** Of an earlier run, until the API server has answered: the group is a label of alerts, and a label that comes late makes another alert. */
  readonly rememberedNodeGroup?: string | undefined;
  readonly rulesEvaluated: number;
  readonly intervalSeconds: number;
  /** Slow collectors then run once, and again only when this says so: a replay has no use for cron. */
  readonly useSchedules: boolean;
  readonly onExporterFailure: (exporter: string, error: unknown) => void;
  readonly onLook?: (report: Report) => void;
}

/** A node-cron run is delayed by up to so much at random: a fleet must not look in the same second. */
const MAX_RANDOM_DELAY_MS = 30_000;
/** A slow collector that failed is tried again after so long, not at its next hour. */
const RETRY_SECONDS = 60;
const EXPORTER_TIMEOUT_MS = 10_000;

/** Runs, times, catches and counts the collectors, hands the snapshot to the engine and the report to the exporters. */
export class Loop {
  readonly #options: LoopOptions;
  readonly #runs: readonly CollectorRun[];
  readonly #tasks: ScheduledTask[] = [];
  readonly #scheduledSeconds = new Map<SourceName, number>();
  #lastTurnAt: number | undefined;
  #report: Report | undefined;
  /** As last seen: its labels hold while the API server is away. */
  #clusterNode: ClusterNode | undefined;
  /** As seen in this boot: nvidia-smi fails just when it matters which pod holds a GPU. */
  #gpus: KnownGpus | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#runs = options.collectors.map((collector) => new CollectorRun(collector, options.host, options.clock));
  }

  get report(): Report | undefined {
    return this.#report;
  }

  /** Monotonic seconds since the loop last turned; undefined before its first turn. */
  secondsSinceTurn(): number | undefined {
    return this.#lastTurnAt === undefined ? undefined : this.#options.clock.monotonicSeconds() - this.#lastTurnAt;
  }

  /** Looks until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalSeconds } = this.#options;
    if (this.#options.useSchedules) this.#startSchedules();
    try {
      let due = clock.monotonicSeconds();
      while (!signal.aborted) {
        await this.look(signal);
        due = Math.max(due + intervalSeconds, clock.monotonicSeconds());
        await clock.sleep(due - clock.monotonicSeconds(), signal);
      }
    } finally {
      for (const task of this.#tasks) await task.destroy();
    }
  }

  /** One look: collect, evaluate, publish. */
  async look(signal: AbortSignal): Promise<Report | undefined> {
    const { clock, engine, host } = this.#options;
    // The counters are read first thing; what a slow source adds to the look must not count into the time between two looks.
    const monotonicSeconds = clock.monotonicSeconds();
    await Promise.all(this.#runs.map((run) => run.turn(signal)));
    if (signal.aborted) return undefined;
    const snapshot = this.#snapshot();
    const wall = host.wallTime();
    this.#gpus = knownGpus(snapshot, this.#gpus);
    const devices = podDevices(snapshot, this.#gpus);
    const findings = attribute(engine.look(snapshot, { monotonicSeconds, wall }), snapshot, this.#gpus, devices);
    if (snapshot.pods.status === 'ok') this.#clusterNode = snapshot.pods.value.node;
    const report: Report = {
      node: this.#options.nodeName,
      instanceType: snapshot.imds.status === 'ok' ? snapshot.imds.value.instanceType : undefined,
      zone: this.#clusterNode?.labels['topology.kubernetes.io/zone'],
      nodeGroup: this.#clusterNode ? this.#clusterNode.nodeGroup : this.#options.rememberedNodeGroup,
      takenAt: wall.toISOString(),
      windowSeconds: engine.windowSeconds,
      sources: this.#runs.map((run) => ({ ...run.status(), intervalSeconds: this.#intervalOf(run.collector) })),
      findings,
      rulesEvaluated: this.#options.rulesEvaluated,
      snapshot,
      podDevices: devices,
    };
    this.#lastTurnAt = clock.monotonicSeconds();
    this.#options.onLook?.(report);
    await this.#publish(report, signal);
    // Only now: whoever reads this report finds the same look in the metrics.
    this.#report = report;
    return report;
  }

  /** Lets a slow collector run at the next look, as its schedule does. */
  makeDue(name: SourceName): void {
    for (const run of this.#runs) if (run.collector.name === name) run.makeDue();
  }

  close(): void {
    for (const run of this.#runs) run.close();
  }

  #snapshot(): Snapshot {
    const readings: [SourceName, Reading<unknown>][] = this.#options.sourceNames.map((name) => [name, NOT_COLLECTED]);
    for (const run of this.#runs) readings.push([run.collector.name, run.reading]);
    return deepFreeze(Object.fromEntries(readings)) as Snapshot;
  }

  async #publish(report: Report, signal: AbortSignal): Promise<void> {
    const limit = new TimeLimit(signal, EXPORTER_TIMEOUT_MS);
    await Promise.all(
      this.#options.exporters.map(async (exporter) => {
        try {
          await exporter.publish(report, limit.signal);
        } catch (error) {
          this.#options.onExporterFailure(exporter.name, error);
        }
      }),
    );
    limit.end();
  }

  #startSchedules(): void {
    for (const run of this.#runs) {
      if (run.collector.schedule === undefined) continue;
      const options = { maxRandomDelay: MAX_RANDOM_DELAY_MS, suppressMissedWarning: true, name: run.collector.name };
      const task = schedule(run.collector.schedule, () => run.makeDue(), options);
      this.#tasks.push(task);
      const [first, second] = task.getNextRuns(2);
      if (first && second) this.#scheduledSeconds.set(run.collector.name, Math.round((second.getTime() - first.getTime()) / 1000));
    }
  }

  #intervalOf({ name, schedule: cron }: Collector): number | undefined {
    return cron === undefined ? this.#options.intervalSeconds : this.#scheduledSeconds.get(name);
  }
}

const NOT_COLLECTED = Object.freeze({ status: 'absent' as const, why: 'this agent does not collect it' });

/** One collector: its last reading, whether it is due, and whether it is still out. */
class CollectorRun {
  readonly collector: Collector;
  reading: Reading<Sources[SourceName]> = NOT_COLLECTED;
  readonly #host: Host;
  readonly #clock: Clock;
  #due = true;
  #hasRun = false;
  #isInBackground = false;
  #retryAt: number | undefined;
  #outstandingSince: number | undefined;
  #durationSeconds = 0;
  #lastSuccessSeconds: number | undefined;

  constructor(collector: Collector, host: Host, clock: Clock) {
    this.collector = collector;
    this.#host = host;
    this.#clock = clock;
  }

  makeDue(): void {
    this.#due = true;
  }

  /** Collects if it is due. A collector that has not come back is waited for no more and not asked again. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonicSeconds();
    if (this.#retryAt !== undefined && now >= this.#retryAt) this.#due = true;
    if (this.collector.schedule !== undefined && (!this.#due || this.#isInBackground)) return;
    if (this.#outstandingSince !== undefined) {
      this.#fail(new Error(`${this.collector.name} has not answered for ${(now - this.#outstandingSince).toFixed(0)} s`));
      return;
    }
    this.#due = false;
    this.#retryAt = undefined;
    this.#outstandingSince = now;
    this.#isInBackground = this.collector.schedule !== undefined && this.#hasRun;
    const run = this.#runOnce(signal);
    // The first look waits for every source, so that its report is whole; later the slow ones come when they are done.
    if (!this.#isInBackground) await run;
    this.#hasRun = true;
  }

  async #runOnce(signal: AbortSignal): Promise<void> {
    const begun = performance.now();
    const limit = new TimeLimit(signal, Math.ceil(this.collector.timeoutSeconds * 1000));
    const work = this.#collect(limit.signal);
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const giveUp = (): void => resolve('late');
    const timer = setTimeout(giveUp, this.collector.timeoutSeconds * 1000 + 100);
    signal.addEventListener('abort', giveUp, { once: true });
    const outcome = await Promise.race([work, late]);
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
    limit.end();
    this.#durationSeconds = (performance.now() - begun) / 1000;
    this.#isInBackground = false;
    if (outcome === 'late') this.#fail(new Error(`${this.collector.name} did not answer within ${this.collector.timeoutSeconds} s`));
    else this.#accept(outcome);
  }

  status(): SourceStatus {
    const { reading } = this;
    return {
      name: this.collector.name,
      status: reading.status,
      why: reading.status === 'ok' ? undefined : reading.status === 'absent' ? reading.why : reading.error.message,
      durationSeconds: this.#durationSeconds,
      lastSuccessSeconds: this.#lastSuccessSeconds,
    };
  }

  close(): void {
    this.collector.close?.();
  }

  async #collect(signal: AbortSignal): Promise<Reading<Sources[SourceName]>> {
    try {
      const value = await this.collector.collect(this.#host, signal);
      return { status: 'ok', atSeconds: this.#clock.monotonicSeconds(), value };
    } catch (error) {
      if (error instanceof Absent) return { status: 'absent', why: error.message };
      return { status: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
    } finally {
      this.#outstandingSince = undefined;
    }
  }

  #accept(reading: Reading<Sources[SourceName]>): void {
    if (reading.status === 'failed') {
      this.#fail(reading.error);
      return;
    }
    this.reading = reading;
    if (reading.status === 'ok') this.#lastSuccessSeconds = this.#host.wallTime().getTime() / 1000;
  }

  #fail(error: Error): void {
    this.reading = { status: 'failed', error };
    if (this.collector.schedule !== undefined) this.#retryAt = this.#clock.monotonicSeconds() + RETRY_SECONDS;
  }
}
