import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { LogFile } from '../host.ts';
import { errnoOf, HostError } from './errors.ts';

/** A record is at most 8 KB (CONSOLE_EXT_LOG_MAX, kernel/printk/internal.h); a smaller buffer makes read(2) answer EINVAL. */
const RECORD_BYTES = 8192;
const CHUNK_BYTES = 65_536;
/** A pipe or file without a newline in so many bytes holds no kernel log; what is kept of it must stay bounded. */
const MAX_UNFINISHED_BYTES = 1 << 20;

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
  const follow = followText(descriptor, path, stat.isFile(), from === 'end' && stat.isFile() ? stat.size : 0);
  return { read: follow, close };
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

/** Lines of a file or pipe joined to records: a line that begins with a space continues the one before it. */
function followText(descriptor: number, path: string, isFile: boolean, start: number): LogFile['read'] {
  let offset = start;
  let unfinished = Buffer.alloc(0);
  const waiting: string[] = [];

  const fill = (): boolean => {
    if (isFile && fstatSync(descriptor).size < offset) {
      offset = 0;
      unfinished = Buffer.alloc(0);
    }
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let length: number;
    try {
      length = readSync(descriptor, chunk, 0, chunk.length, isFile ? offset : null);
    } catch (error) {
      if (errnoOf(error) === 'EAGAIN') return false;
      throw new HostError('read', path, error);
    }
    if (length === 0) return false;
    offset += length;
    unfinished = Buffer.concat([unfinished, chunk.subarray(0, length)]);
    const end = unfinished.lastIndexOf(10);
    if (end >= 0) {
      takeLines(unfinished.toString('utf8', 0, end), waiting);
      unfinished = unfinished.subarray(end + 1);
    } else if (unfinished.length > MAX_UNFINISHED_BYTES) {
      unfinished = Buffer.alloc(0);
    }
    return true;
  };

  return (maxRecords) => {
    while (waiting.length <= maxRecords && fill());
    const records = waiting.splice(0, maxRecords);
    return { records, overruns: 0, more: waiting.length > 0 };
  };
}

/** Appends the records in `text` to `records`; a continuation line goes with the record before it. */
export function takeLines(text: string, records: string[]): void {
  for (const line of text.split('\n')) {
    if (line.startsWith(' ') && records.length > 0) records[records.length - 1] += `\n${line}`;
    else if (line !== '') records.push(line);
  }
}
