/** What one look may have to go through: a sample of 16 GPUs is 16 lines of less than 2 KiB. */
const MAX_LINES = 4096;
const MAX_CHARACTERS = 4 << 20;

/** Lines between two looks, bounded. The oldest are dropped and counted: only the newest say how the GPUs are. */
export class LineBuffer {
  #lines: string[] = [];
  #characters = 0;
  #dropped = 0;

  /** Since the last `takeDropped`. */
  get dropped(): number {
    return this.#dropped;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#lines.length <= MAX_LINES && this.#characters <= MAX_CHARACTERS) return;
    // Half at once: dropping one by one would move the rest each time.
    const dropped = this.#lines.splice(0, Math.ceil(this.#lines.length / 2));
    this.#dropped += dropped.length;
    this.#characters -= dropped.reduce((sum, text) => sum + text.length, 0);
  }

  take(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#characters = 0;
    return lines;
  }

  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
