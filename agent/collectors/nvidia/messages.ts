const MAX_MESSAGES = 32;
const MAX_CHARACTERS = 300;

/** What a program says to people, each text once and with the time when it was last said; bounded, the oldest goes first. */
export class Messages {
  readonly #said = new Map<string, number>();

  add(text: string, now: number): void {
    const message = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
    this.#said.delete(message);
    this.#said.set(message, now);
    const [oldest] = this.#said.keys();
    if (this.#said.size > MAX_MESSAGES && oldest !== undefined) this.#said.delete(oldest);
  }

  /** Since then, the newest last. */
  since(moment: number): readonly string[] {
    return [...this.#said].flatMap(([text, at]) => (at >= moment ? [text] : []));
  }

  all(): readonly string[] {
    return [...this.#said.keys()];
  }

  clear(): void {
    this.#said.clear();
  }
}
