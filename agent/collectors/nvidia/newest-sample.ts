/** More GPUs and MIG instances than any node has; a program gone mad must not fill the memory. */
const MAX_ROWS = 512;

/**
 * The newest complete sample. A sample is over when a row comes again: so a GPU that is no longer listed is gone one sample
 * later, and one that changed its index has one index.
 */
export class NewestSample<T> {
  #last: ReadonlyMap<string, T> = new Map();
  #current = new Map<string, T>();

  add(key: string, row: T): void {
    if (this.#current.has(key) || this.#current.size >= MAX_ROWS) {
      this.#last = this.#current;
      this.#current = new Map();
    }
    this.#current.set(key, row);
  }

  clear(): void {
    this.#last = new Map();
    this.#current = new Map();
  }

  rows(): readonly T[] {
    return [...(this.#current.size >= this.#last.size ? this.#current : this.#last).values()];
  }
}
