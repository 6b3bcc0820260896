import { pino, type DestinationStream } from 'pino';
import type { Exporter, Report } from '../agent/model.ts';
import { entryOf, summaryEntry, visibleFields, type Entry, type Fields, type Level } from './log/entry.ts';
import { changeLines, noteLine, summaryLine } from './log/text.ts';
import { Transitions } from './log/transitions.ts';

export type { Level } from './log/entry.ts';

export interface LogOptions {
  readonly format: 'text' | 'json';
  readonly level: Level;
  /** Takes one line without its newline; standard output without it. */
  readonly write?: (line: string) => void;
  /** Names the moment of notes and summaries. */
  readonly now?: () => Date;
}

export interface LogExporter extends Exporter {
  /** Says what stands as of the last report; nothing before the first. */
  summary(): void;
  /** The agent's own messages: static words, values as fields. */
  note(level: Level, message: string, fields?: Fields): void;
}

const ORDER: readonly Level[] = ['debug', 'info', 'warn', 'error'];

/** What one format does with an entry; `lines` are its words in the text format. */
type Writer = (entry: Entry, lines: () => readonly string[]) => void;

/** Logs changes only: a finding or a source that stays as it is costs no line. */
export function logExporter(options: LogOptions): LogExporter {
  // Synchronous: what was logged before a crash must have left.
  const destination = options.write ? undefined : pino.destination({ dest: 1, sync: true });
  const write = options.write ?? ((line: string) => destination?.write(`${line}\n`));
  const put: Writer = options.format === 'json' ? jsonWriter(write) : (_entry, lines) => lines().forEach(write);
  const log: Writer = (entry, lines) => {
    if (ORDER.indexOf(entry.level) >= ORDER.indexOf(options.level)) put(entry, lines);
  };
  const now = options.now ?? (() => new Date());
  const transitions = new Transitions();
  let last: Report | undefined;
  return {
    name: 'log',
    publish(report) {
      last = report;
      for (const change of transitions.next(report)) log(entryOf(change), () => changeLines(change));
      return Promise.resolve();
    },
    summary() {
      const report = last;
      if (!report) return;
      const time = now().toISOString();
      log(summaryEntry(report, time), () => [summaryLine(report, time)]);
    },
    note(level, message, fields = {}) {
      const entry = { level, time: now().toISOString(), event: message, fields: visibleFields(fields) };
      log(entry, () => [noteLine(entry.time, level, message, entry.fields)]);
    },
    close() {
      destination?.flushSync();
      return Promise.resolve();
    },
  };
}

function jsonWriter(write: (line: string) => void): Writer {
  const stream: DestinationStream = { write: (line) => write(line.trimEnd()) };
  const settings = { base: null, timestamp: false, level: 'debug', formatters: { level: (level: string) => ({ level }) } };
  const logger = pino(settings, stream);
  return ({ level, time, event, fields }) => logger[level]({ time, ...fields }, event);
}
