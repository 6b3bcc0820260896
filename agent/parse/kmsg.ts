/** One record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg). */
export interface KmsgRecord {
  readonly sequence: number;
  /** Since boot, by the clock of printk: it neither counts suspend nor follows NTP. */
  readonly microseconds: number;
  /** 0 emergency … 7 debug; the facility above it is cut off. */
  readonly priority: number;
  /** The kernel's `\xNN` escapes are kept as they are written. */
  readonly text: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The kernel's own bound on a record (CONSOLE_EXT_LOG_MAX, kernel/printk/internal.h); a plain file may hold longer lines. */
const MAX_TEXT = 8192;
/** What stands behind the flags (`,caller=T123`) is to be ignored, says the ABI document. */
const HEADER = /^(\d{1,10}),(\d{1,15}),(\d{1,15}),[^;]*;/;

/** Undefined for what is no record. Lines that begin with a space are the record's fields. */
export function parseKmsg(record: string): KmsgRecord | undefined {
  const [line = '', ...continuation] = record.split('\n');
  const header = HEADER.exec(line);
  if (!header) return undefined;
  const [whole, priority, sequence, microseconds] = header;
  return {
    sequence: Number(sequence),
    microseconds: Number(microseconds),
    priority: Number(priority) & 7,
    text: cut(line.slice(whole.length)),
    fields: Object.fromEntries(continuation.flatMap(field)),
  };
}

function field(line: string): [string, string][] {
  const match = /^ ([^=]+)=(.*)$/s.exec(line);
  return match ? [[match[1] ?? '', cut(match[2] ?? '')]] : [];
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
