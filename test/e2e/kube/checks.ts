import { isDeepStrictEqual } from 'node:util';

/** What had to hold, counted; a failed one is printed with what was found and does not stop the rest. */
export class Checks {
  #passed = 0;
  readonly #failed: string[] = [];
  readonly #begun = performance.now();

  say(text: string): void {
    console.log(`${((performance.now() - this.#begun) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  }

  /** True where it holds. */
  holds(name: string, isTrue: boolean, found: unknown = ''): boolean {
    if (isTrue) this.#passed += 1;
    else this.#failed.push(name);
    this.say(isTrue ? `ok    ${name}` : `FAIL  ${name}: found ${typeof found === 'string' ? found : JSON.stringify(found)}`);
    return isTrue;
  }

  equals(name: string, got: unknown, expected: unknown): boolean {
    return this.holds(name, isDeepStrictEqual(got, expected), `${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
  }

  /** Something that came to no verdict. */
  broke(name: string, error: unknown): void {
    const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
    this.holds(name, false, `${String(error)}${cause}`);
  }

  /** Asks again until `look` gives a value that is not undefined; that value, or undefined when `seconds` are over. Who cannot answer is asked again. */
  async within<T>(seconds: number, look: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
    const until = performance.now() + seconds * 1000;
    for (;;) {
      const isLast = performance.now() > until;
      const found = await Promise.try(look).catch((error: unknown) => {
        if (isLast) this.say(`      ${String(error)}`);
        return undefined;
      });
      if (found !== undefined || isLast) return found;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Prints what failed; the exit status of the whole. */
  verdict(): 0 | 1 {
    for (const name of this.#failed) console.log(`failed: ${name}`);
    this.say(`${this.#passed} passed, ${this.#failed.length} failed`);
    return this.#failed.length === 0 && this.#passed > 0 ? 0 : 1;
  }
}
