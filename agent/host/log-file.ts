import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { LogFile } from '../host.ts';
import { errnoOf, HostError } from './errors.ts';
import { RecordText } from './log-records.ts';

/** A record is at most 8 KB (CONSOLE_EXT_LOG_MAX, kernel/printk/internal.h); a smaller buffer makes read(2) answer EINVAL. */
const RECORD_BYTES = 8192;
const CHUNK_BYTES = 65_536;

/** Opens /dev/kmsg without blocking, or whatever stands in its place: a pipe, or a plain file that is followed. */
export function openLogFile(path: string, from: 'start' | 'end'): LogFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw new HostError('open', path, cause);
  }
  const stat = fstatSync(descriptor);
  const close = (): void => closeSync(descriptor);
  if (stat.isCharacterDevice()) {
    const read = (maxRecords: number): ReturnType<LogFile['read']> => readDevice(descriptor, path, maxRecords);
    if (from === 'end') skipToEnd(descriptor);
    return { read, close };
  }
  return { ...followText(descriptor, path, stat.isFile(), from === 'end' && stat.isFile() ? stat.size : 0), close };
}

/** One read(2) a record. EPIPE: the ring went past our place, the next read continues with the oldest line there is. */
function readDevice(descriptor: number, path: string, maxRecords: number): ReturnType<LogFile['read']> {
  const buffer = Buffer.allocUnsafe(RECORD_BYTES);
  const records: string[] = [];
  let overruns = 0;
  while (records.length < maxRecords) {
    try {
      const length = readSync(descriptor, buffer, 0, buffer.length, null);
      if (length === 0) return { records, overruns, more: false };
      records.push(buffer.toString('utf8', 0, length).replace(/\n$/, ''));
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'EAGAIN') return { records, overruns, more: false };
      if (code !== 'EPIPE') throw new HostError('read', path, error);
      overruns += 1;
    }
  }
  return { records, overruns, more: true };
}

/** Reads what is there now and throws it away; lseek(SEEK_END) is not to be had from Node. */
function skipToEnd(descriptor: number): void {
  const buffer = Buffer.allocUnsafe(RECORD_BYTES);
  for (;;) {
    try {
      if (readSync(descriptor, buffer, 0, buffer.length, null) === 0) return;
    } catch (error) {
      if (errnoOf(error) === 'EPIPE') continue;
      return;
    }
  }
}

/** A pipe whose writer is gone for so long is said to have none; a container that starts again takes a few seconds. */
const WRITER_GONE_MS = 15_000;

/** What a file or pipe holds beyond the last read. */
function followText(descriptor: number, path: string, isFile: boolean, start: number): Pick<LogFile, 'read' | 'feed'> {
  const text = new RecordText();
  let offset = start;
  let hadWriter = performance.now();

  const fill = (): boolean => {
    if (isFile && fstatSync(descriptor).size < offset) {
      offset = 0;
      text.dropUnfinished();
    }
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let length: number;
    try {
      length = readSync(descriptor, chunk, 0, chunk.length, isFile ? offset : null);
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw new HostError('read', path, error);
      hadWriter = performance.now();
      return false;
    }
    if (length === 0) return false;
    hadWriter = performance.now();
    offset += length;
    text.add(chunk.subarray(0, length));
    return true;
  };

  const read: LogFile['read'] = (maxRecords) => {
    let isEnd = false;
    while (!isEnd && text.length <= maxRecords) isEnd = !fill();
    const records = text.take(maxRecords, isEnd);
    return { records, overruns: 0, more: text.length > 0 };
  };
  if (isFile) return { read };
  // Without a writer read(2) answers 0, and with one that is silent EAGAIN (pipe(7)).
  const trouble = (): string | undefined =>
    performance.now() - hadWriter < WRITER_GONE_MS ? undefined : `nothing writes the kernel log into the pipe ${path}: is the container kernel-log running?`;
  return { read, feed: { isAtEnd: true, trouble } };
}
