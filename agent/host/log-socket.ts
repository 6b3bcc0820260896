import { lstatSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { LogFile } from '../host.ts';
import { errnoOf } from './errors.ts';
import { openLogFile } from './log-file.ts';
import { RecordText } from './log-records.ts';

/** What is held here before the other side has to wait; the kernel keeps the rest. */
const MAX_WAITING_RECORDS = 20_000;
/** The copying process says that it is there with an empty line every second. */
const SILENT_MS = 15_000;

/** The kernel log where another process hands it over: a socket, or what openLogFile takes. */
export function openCopiedLog(path: string, from: 'start' | 'end'): LogFile {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  // Nothing there yet: the container that makes the socket may start after this one.
  return stat === undefined || stat.isSocket() ? new SocketLog(path) : openLogFile(path, from);
}

/**
 * Every connection gets the whole ring again, from its oldest record on, and then what comes. So nothing is lost when
 * either side starts anew, and a second reader (`diagnose` beside the agent) takes nothing from the first.
 */
class SocketLog implements LogFile {
  readonly feed: NonNullable<LogFile['feed']>;
  readonly #path: string;
  #text = new RecordText();
  #socket: Socket | undefined;
  #error: string | undefined;
  #heard = performance.now();

  constructor(path: string) {
    this.#path = path;
    const isAtEnd = (): boolean => this.#text.isAtEnd && this.#text.length === 0;
    this.feed = {
      get isAtEnd() {
        return isAtEnd();
      },
      trouble: () => this.#trouble(),
    };
    this.#connect();
  }

  read(maxRecords: number): ReturnType<LogFile['read']> {
    if (this.#socket === undefined) this.#connect();
    const records = this.#text.take(maxRecords, false);
    if (this.#text.length < MAX_WAITING_RECORDS / 2) this.#socket?.resume();
    return { records, overruns: 0, more: records.length === maxRecords };
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connect(): void {
    const socket = connect(this.#path);
    this.#socket = socket;
    this.#text.dropUnfinished();
    this.#text.isAtEnd = false;
    socket.unref();
    socket.on('connect', () => {
      this.#error = undefined;
      this.#heard = performance.now();
    });
    socket.on('data', (chunk) => {
      this.#heard = performance.now();
      this.#text.add(chunk);
      if (this.#text.length > MAX_WAITING_RECORDS) socket.pause();
    });
    socket.on('error', (error) => {
      this.#error = errnoOf(error);
    });
    socket.on('close', () => {
      this.#error ??= 'the other side ended';
      this.#socket = undefined;
    });
  }

  #trouble(): string | undefined {
    const where = `cannot read the kernel log from ${this.#path}`;
    const hint = 'is the container kernel-log running?';
    if (this.#error !== undefined) return `${where}: ${this.#error}: ${hint}`;
    const silence = performance.now() - this.#heard;
    if (silence < SILENT_MS || this.#socket?.isPaused() === true) return undefined;
    return `${where}: nothing came for ${(silence / 1000).toFixed(0)} s, expected a sign of life every second: ${hint}`;
  }
}
