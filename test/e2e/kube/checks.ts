/** What had to hold, counted; a failed one is printed with what was found and does not stop the rest. */
export class Checks {
  passed = 0;
  readonly failed: string[] = [];
  readonly #begun = performance.now();

  say(text: string): void {
    console.log(`${((performance.now() - this.#begun) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  }

  holds(name: string, isTrue: boolean, found: unknown = ''): void {
    if (isTrue) this.passed += 1;
    else this.failed.push(name);
    this.say(isTrue ? `ok    ${name}` : `FAIL  ${name}: found ${typeof found === 'string' ? found : JSON.stringify(found)}`);
  }

  /** Asks again until `look` gives a value that is not undefined; that value, or undefined when `seconds` are over. */
  async within<T>(seconds: number, look: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
    const until = performance.now() + seconds * 1000;
    for (;;) {
      const found = await look();
      if (found !== undefined || performance.now() > until) return found;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
