/** A burst, and then one more each so many seconds. */
export interface Rate {
  readonly burst: number;
  readonly secondsPerEvent: number;
}

/** client-go's own limit on one source and object: 25, then one in five minutes (tools/record/events_cache.go). */
const PER_OBJECT: Rate = { burst: 25, secondsPerEvent: 300 };
/** Over all objects, for the API server's sake: a node has up to 250 pods, and a cluster thousands of nodes. */
const ALTOGETHER: Rate = { burst: 60, secondsPerEvent: 10 };

/** How many Events may still be made, of one object and altogether. */
export class Allowance {
  readonly #objects = new Map<string, Bucket>();
  readonly #all = new Bucket(ALTOGETHER);

  /** Takes one; false where none is left. */
  take(object: string, nowSeconds: number): boolean {
    for (const [key, bucket] of this.#objects) if (bucket.isFull(nowSeconds)) this.#objects.delete(key);
    const bucket = this.#objects.get(object) ?? new Bucket(PER_OBJECT);
    this.#objects.set(object, bucket);
    if (!bucket.has(nowSeconds) || !this.#all.has(nowSeconds)) return false;
    bucket.spend(nowSeconds);
    this.#all.spend(nowSeconds);
    return true;
  }
}

class Bucket {
  readonly #rate: Rate;
  #left: number;
  #at = -Infinity;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#left = rate.burst;
  }

  isFull(nowSeconds: number): boolean {
    return this.#now(nowSeconds) >= this.#rate.burst;
  }

  has(nowSeconds: number): boolean {
    return this.#now(nowSeconds) >= 1;
  }

  spend(nowSeconds: number): void {
    this.#left = this.#now(nowSeconds) - 1;
    this.#at = nowSeconds;
  }

  #now(nowSeconds: number): number {
    return Math.min(this.#rate.burst, this.#left + Math.max(0, nowSeconds - this.#at) / this.#rate.secondsPerEvent);
  }
}
