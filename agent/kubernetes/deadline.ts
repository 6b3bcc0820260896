/** What ends one request: its time limit, or its caller. Leaves no listener behind on a signal that lives as long as the agent. */
export class Deadline {
  readonly signal: AbortSignal;
  /** Whether the time was up. */
  isLate = false;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal;
  readonly #forward: () => void;
  readonly #timer: NodeJS.Timeout;

  constructor(seconds: number, caller: AbortSignal) {
    this.#caller = caller;
    this.signal = this.#controller.signal;
    this.#forward = () => this.#controller.abort(caller.reason);
    this.#timer = setTimeout(() => {
      this.isLate = true;
      this.#controller.abort(new Error('the time was up'));
    }, seconds * 1000);
    if (caller.aborted) this.#forward();
    else caller.addEventListener('abort', this.#forward, { once: true });
  }

  /** No time limit from here on. */
  lift(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    this.lift();
    this.#caller.removeEventListener('abort', this.#forward);
  }

  /** The work's result, or a rejection as soon as this is over. */
  async of<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = (): void => reject(this.signal.reason instanceof Error ? this.signal.reason : new Error('stopped'));
    if (this.signal.aborted) stop();
    this.signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([work, promise]);
    } finally {
      this.signal.removeEventListener('abort', stop);
    }
  }
}
