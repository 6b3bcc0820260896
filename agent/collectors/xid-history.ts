/** One Xid on one GPU, over all looks of this boot. */
export interface XidSeen {
  readonly pciAddress: string;
  readonly xid: number;
  total: number;
  lastMicroseconds: number;
  /** The processes it named and when each was named last, oldest first. */
  readonly pids: Map<number, number>;
}

const HOUR = 3_600_000_000;
/** A judgement asks for three; the rest only must not grow without end. */
const MAX_PIDS = 64;
/** 16 GPUs with every Xid there is come to 3000. */
const MAX_SEEN = 4096;

/** How often each GPU met each Xid, and in how many processes: what a single look cannot tell. */
export class XidHistory {
  readonly #seen = new Map<string, XidSeen>();
  #newest = 0;

  seen(pciAddress: string, xid: number): XidSeen {
    const key = `${pciAddress} ${xid}`;
    const known = this.#seen.get(key);
    if (known) return known;
    const [oldest] = this.#seen.keys();
    if (oldest !== undefined && this.#seen.size >= MAX_SEEN) this.#seen.delete(oldest);
    const fresh: XidSeen = { pciAddress, xid, total: 0, lastMicroseconds: 0, pids: new Map() };
    this.#seen.set(key, fresh);
    return fresh;
  }

  add(seen: XidSeen, pid: number | undefined, microseconds: number): void {
    seen.total += 1;
    seen.lastMicroseconds = Math.max(seen.lastMicroseconds, microseconds);
    this.#newest = Math.max(this.#newest, microseconds);
    if (pid === undefined) return;
    seen.pids.delete(pid);
    seen.pids.set(pid, microseconds);
    if (seen.pids.size <= MAX_PIDS) return;
    const [oldest] = seen.pids.keys();
    if (oldest !== undefined) seen.pids.delete(oldest);
  }

  /** Lines so far, and processes within the hour before the newest line of all. */
  counts(seen: XidSeen | undefined): { readonly total: number; readonly distinctProcesses: number } {
    if (!seen) return { total: 0, distinctProcesses: 0 };
    for (const [pid, microseconds] of seen.pids) if (this.#newest - microseconds > HOUR) seen.pids.delete(pid);
    return { total: seen.total, distinctProcesses: seen.pids.size };
  }

  all(): readonly XidSeen[] {
    return [...this.#seen.values()];
  }
}
