import { setImmediate as yieldToOthers, setTimeout as sleep } from 'node:timers/promises';
import { Absent, type Collector } from '../collector.ts';
import { errnoOf, type Host, type LogFeed, type LogFile } from '../host.ts';
import type { KernelLine, KernelLog } from '../model.ts';
import { parseKmsg } from '../parse/kmsg.ts';
import { parseUptime } from '../parse/meminfo.ts';
import { KernelLogGpu } from './kernel-log-gpu.ts';
import { KernelLogOrder, type FreshRecord } from './kernel-log-order.ts';
import { HeldText } from './held-text.ts';
import { optionalText } from './optional-text.ts';

/** A sequence number means something only within one boot. */
export interface KernelLogPosition {
  readonly bootId: string | undefined;
  readonly sequence: number;
}
export type KernelLogCollector = Collector<'kernel-log'> & {
  /** The last record read, for the state that outlives this process; undefined as long as none is known. */
  position(): KernelLogPosition | undefined;
};
export interface KernelLogOptions {
  readonly position?: KernelLogPosition | undefined;
  /** How far the first look goes back without a position of this boot; 0: only what comes from now on. */
  readonly lookBackSeconds?: number;
}

const DEVICE = '/dev/kmsg';
const RECORDS_PER_TURN = 500;
/** What one look reads; the rest stays in the kernel's ring until the next. */
const MAX_RECORDS_PER_LOOK = 100_000;
/**
 * What is handed over at a time. The beginning of a flood shows its cause, so that its end is what is dropped; what that
 * says of GPUs is counted all the same.
 */
const MAX_LINES = 20_000;
/** How long a look waits for a process that copies the log to here, and has not handed over all that it has. */
const FEED_WAIT_MS = 2000;
/** Where it did not at the last look: enough for a connection, and no look is held up for what may never come. */
const FEED_RETRY_MS = 200;
const FEED_TURN_MS = 20;

/** /dev/kmsg as a bounded stream: each look hands over what came since the last. */
export function kernelLogCollector(options: KernelLogOptions = {}): KernelLogCollector {
  const stream = new KernelLogStream(options);
  return {
    name: 'kernel-log',
    timeoutSeconds: 5,
    collect: (host, signal) => stream.look(host, signal),
    position: () => stream.position(),
    close: () => stream.end(),
  };
}

class KernelLogStream {
  readonly #bootIdFile = new HeldText('/proc/sys/kernel/random/boot_id');
  readonly #uptimeFile = new HeldText('/proc/uptime');
  readonly #lookBackSeconds: number;
  #stored: KernelLogPosition | undefined;
  #bootId: string | undefined;
  #log: LogFile | undefined;
  #order = new KernelLogOrder(undefined);
  /** Until the end of the log was reached once: what it held before is judged by its age. */
  #isCatchingUp = true;
  #isFirstHandOver = true;
  /** What a feed repeats after a pause is judged by its age when the feed was opened, whenever it comes. */
  #openedAt = 0;
  #isFeedBehind = false;
  /** Kept here and not in the look: one that is given up loses nothing. */
  #waiting: FreshRecord[] = [];
  readonly #gpu = new KernelLogGpu();
  /** How many of those that wait were looked through for what they say of GPUs. */
  #looked = 0;
  #overruns = 0;
  #dropped = 0;
  #unparsable = 0;

  constructor({ position, lookBackSeconds = 900 }: KernelLogOptions) {
    this.#lookBackSeconds = lookBackSeconds;
    this.#stored = position;
  }

  position(): KernelLogPosition | undefined {
    const { last } = this.#order;
    return last ? { bootId: this.#bootId, sequence: last.sequence } : undefined;
  }

  close(): void {
    this.#log?.close();
    this.#log = undefined;
  }

  end(): void {
    this.close();
    this.#bootIdFile.close();
    this.#uptimeFile.close();
  }

  async look(host: Host, signal: AbortSignal): Promise<KernelLog> {
    const seen = this.#bootIdFile.read(host)?.trim();
    // A boot id that could not be read for once is no other boot.
    const isOtherBoot = this.#bootId !== undefined && seen !== undefined && seen !== this.#bootId;
    this.#bootId = seen ?? this.#bootId;
    if (this.#log === undefined || isOtherBoot) await this.#open(host, isOtherBoot);
    await this.#read(host, signal);
    const now = await this.#now(host);
    await this.#gpu.resolve(host);
    signal.throwIfAborted();
    return this.#handOver(host, now);
  }

  async #open(host: Host, isOtherBoot: boolean): Promise<void> {
    this.close();
    if (isOtherBoot) this.#gpu.forget();
    if (isOtherBoot || this.#order.last === undefined) {
      const isStored = this.#bootId !== undefined && this.#stored?.bootId === this.#bootId;
      const sequence = isStored ? this.#stored?.sequence : undefined;
      this.#order = new KernelLogOrder(sequence === undefined ? undefined : { sequence, microseconds: undefined });
      this.#isCatchingUp = true;
      this.#isFirstHandOver = true;
    }
    const fromNow = this.#order.last === undefined && this.#lookBackSeconds === 0;
    try {
      this.#log = host.openLog(DEVICE, fromNow ? 'end' : 'start');
    } catch (error) {
      throw await openFailure(host, error);
    }
    if (this.#log.feed) this.#openedAt = await this.#now(host);
    else if (fromNow) this.#isCatchingUp = false;
  }

  async #read(host: Host, signal: AbortSignal): Promise<void> {
    const feed = this.#log?.feed;
    const waitUntil = performance.now() + (this.#isFeedBehind ? FEED_RETRY_MS : FEED_WAIT_MS);
    for (let read = 0; read < MAX_RECORDS_PER_LOOK && !signal.aborted; read += RECORDS_PER_TURN) {
      const more = this.#readTurn();
      if (this.#isCatchingUp) this.#forgetOld(feed ? this.#openedAt : await this.#now(host));
      for (const { record } of this.#waiting.slice(this.#looked)) this.#gpu.take(record);
      if (this.#waiting.length > MAX_LINES) this.#dropped += this.#waiting.splice(MAX_LINES).length;
      this.#looked = this.#waiting.length;
      if (more) await yieldToOthers();
      else if (feed && isBehind(feed) && performance.now() < waitUntil) await sleep(FEED_TURN_MS);
      else {
        if (!feed) this.#isCatchingUp = false;
        break;
      }
    }
    if (!feed) return;
    const trouble = feed.trouble();
    this.#isFeedBehind = isBehind(feed);
    // What was read before is handed over first.
    if (trouble !== undefined && this.#waiting.length === 0) throw new Error(trouble);
  }

  #readTurn(): boolean {
    try {
      if (!this.#log) return false;
      const { records, overruns, more } = this.#log.read(RECORDS_PER_TURN);
      this.#overruns += overruns;
      for (const text of records) {
        const record = parseKmsg(text);
        if (record) {
          this.#gpu.note(record.text);
          this.#waiting.push(...this.#order.take(record));
        } else this.#unparsable += 1;
      }
      // A feed may pause in the midst of what it repeats; its end is no end of the log.
      if (!more && !this.#log.feed) this.#waiting.push(...this.#order.end());
      return more;
    } catch (error) {
      // Opened anew at the next look; the order knows what was read already.
      this.close();
      throw error;
    }
  }

  /** Seconds since boot; without /proc/uptime the newest record's time, which is the best that is known. */
  async #now(host: Host): Promise<number> {
    const uptime = parseUptime(this.#uptimeFile.read(host));
    return uptime ?? (this.#waiting.at(-1)?.record.microseconds ?? this.#order.last?.microseconds ?? 0) / 1e6;
  }

  #forgetOld(now: number): void {
    if (this.#order.continued) return;
    const since = (now - this.#lookBackSeconds) * 1e6;
    const firstKept = this.#waiting.findIndex(({ record }) => record.microseconds >= since);
    const forgotten = this.#waiting.splice(0, firstKept === -1 ? this.#waiting.length : firstKept);
    this.#looked = Math.max(0, this.#looked - forgotten.length);
    // What was overwritten before the first line that is told is as old as the lines that are passed over.
    const [first] = this.#waiting;
    if (first && (forgotten.length > 0 || this.#isFirstHandOver)) this.#waiting[0] = { ...first, lostBefore: 0 };
  }

  #handOver(host: Host, now: number): KernelLog {
    const wallMs = host.wallTime().getTime();
    const { part, passedOver } = this.#gpu.handOver((microseconds) => timeOf(microseconds / 1e6, wallMs, now));
    const gaps = this.#waiting.reduce((sum, { lostBefore }) => sum + lostBefore, 0);
    const value: KernelLog = {
      lines: this.#waiting.map(({ record }) => toLine(record, wallMs, now)),
      lostLines: Math.max(gaps, this.#isFirstHandOver ? 0 : this.#overruns),
      droppedLines: this.#dropped + passedOver,
      ...part,
      ...(this.#unparsable > 0 && { unparsableLines: this.#unparsable }),
      lookedBack: this.#isFirstHandOver ? this.#wordsForLookBack() : undefined,
    };
    this.#isFirstHandOver = false;
    this.#waiting = [];
    this.#looked = 0;
    this.#overruns = 0;
    this.#dropped = 0;
    this.#unparsable = 0;
    return value;
  }

  #wordsForLookBack(): string | undefined {
    if (this.#order.continued) return 'to where the last run ended';
    return this.#lookBackSeconds === 0 ? undefined : spanInWords(this.#lookBackSeconds);
  }
}

function isBehind(feed: LogFeed): boolean {
  return !feed.isAtEnd || feed.trouble() !== undefined;
}

function toLine(record: FreshRecord['record'], wallMs: number, now: number): KernelLine {
  const { sequence, microseconds, priority, text, fields } = record;
  const uptimeSeconds = microseconds / 1e6;
  return { sequence, uptimeSeconds, time: timeOf(uptimeSeconds, wallMs, now), priority, text, fields };
}

/** The clocks of printk and of /proc/uptime drift apart; a line is never from the future. */
function timeOf(uptimeSeconds: number, wallMs: number, now: number): string {
  return new Date(wallMs - Math.max(0, now - uptimeSeconds) * 1000).toISOString();
}

function spanInWords(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

async function openFailure(host: Host, cause: unknown): Promise<Error> {
  const code = errnoOf(cause);
  if (code === 'ENOENT') return new Absent(`no ${DEVICE} on this node`);
  if (code !== 'EACCES' && code !== 'EPERM') return cause instanceof Error ? cause : new Error(code, { cause });
  const restricted = (await optionalText(host, '/proc/sys/kernel/dmesg_restrict'))?.trim();
  const capability =
    restricted === '0' ? '' : ` and, as kernel.dmesg_restrict is ${restricted ?? 'not to be seen'}, CAP_SYSLOG`;
  const needs = `needs access to the device (privileged, or a device rule)${capability}`;
  return new Error(`cannot open ${DEVICE}: ${code}: ${needs}`, { cause });
}
