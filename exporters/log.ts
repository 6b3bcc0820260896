import { pino, type DestinationStream } from 'pino';
import type { Exporter, Report } from '../agent/model.ts';
import { entryOf, levelOf, summaryEntry, visibleFields, type Entry, type Fields, type Level } from './log/entry.ts';
import { noteLine, summaryLine, toldLines } from './log/text.ts';
import { toldTogether } from './log/together.ts';
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

type Writer = (entry: Entry) => void;

/** Logs changes only: a finding or a source that stays as it is costs no line. Text tells together what is alike, JSON each by itself. */
export function logExporter(options: LogOptions): LogExporter {
  // Synchronous: what was logged before a crash must have left.
  const destination = options.write ? undefined : pino.destination({ dest: 1, sync: true });
  const write = options.write ?? ((line: string) => destination?.write(`${line}\n`));
  const json = options.format === 'json' ? jsonWriter(write) : undefined;
  const isLoud = (level: Level): boolean => ORDER.indexOf(level) >= ORDER.indexOf(options.level);
  const now = options.now ?? (() => new Date());
  const transitions = new Transitions();
  let last: Report | undefined;
  return {
    name: 'log',
    publish(report) {
      last = report;
      const changes = transitions.next(report).filter((change) => isLoud(levelOf(change)));
      if (json) for (const change of changes) json(entryOf(change, report.node));
      else for (const told of toldTogether(changes)) toldLines(told, report).forEach(write);
      return Promise.resolve();
    },
    summary() {
      const report = last;
      if (!report || !isLoud('info')) return;
      const time = now().toISOString();
      if (json) json(summaryEntry(report, time));
      else write(summaryLine(report, time));
    },
    note(level, message, fields = {}) {
      if (!isLoud(level)) return;
      const entry = { level, time: now().toISOString(), event: message, fields: visibleFields(fields) };
      if (json) json(entry);
      else write(noteLine(entry.time, level, message, entry.fields));
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
