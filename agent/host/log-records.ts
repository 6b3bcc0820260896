/** A pipe or file without a newline in so many bytes holds no kernel log; what is kept of it must stay bounded. */
const MAX_UNFINISHED_BYTES = 1 << 20;

/** Bytes in, records out: lines cut anywhere are joined, and a line that begins with a space continues the one before it. */
export class RecordText {
  /** Whether the last line was an empty one: who copies a log says with it that there is no more for now. */
  isAtEnd = false;
  #unfinished = Buffer.alloc(0);
  #records: string[] = [];

  /** How many records wait, the last of which may still be continued. */
  get length(): number {
    return this.#records.length;
  }

  add(chunk: Buffer): void {
    this.#unfinished = this.#unfinished.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#unfinished, chunk]);
    const end = this.#unfinished.lastIndexOf(10);
    if (end >= 0) {
      const lines = this.#unfinished.toString('utf8', 0, end);
      takeLines(lines, this.#records);
      this.isAtEnd = lines === '' || lines.endsWith('\n');
      this.#unfinished = this.#unfinished.subarray(end + 1);
    }
    if (this.#unfinished.length > 0) this.isAtEnd = false;
    if (this.#unfinished.length > MAX_UNFINISHED_BYTES) this.#unfinished = Buffer.alloc(0);
  }

  /** `isEnd`: nothing more is there to be read, so that the last record is whole. */
  take(maxRecords: number, isEnd: boolean): readonly string[] {
    const whole = isEnd || this.isAtEnd ? this.#records.length : this.#records.length - 1;
    return this.#records.splice(0, Math.max(0, Math.min(maxRecords, whole)));
  }

  /** What was cut off will not go on. */
  dropUnfinished(): void {
    this.#unfinished = Buffer.alloc(0);
  }
}

/** Appends the records in `text` to `records`; a continuation line goes with the record before it. */
export function takeLines(text: string, records: string[]): void {
  for (const line of text.split('\n')) {
    if (line.startsWith(' ') && records.length > 0) records[records.length - 1] += `\n${line}`;
    else if (line !== '') records.push(line);
  }
}
