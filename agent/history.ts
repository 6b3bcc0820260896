import type { Counters, InfinibandDevice, Snapshot, SourceName } from './model.ts';

interface Entry {
  readonly atSeconds: number;
  readonly snapshot: Snapshot;
  /** Devices whose counters began anew between the entry before and this one. */
  readonly restarted: ReadonlySet<string>;
}

/** A snapshot from the past, cut down to what can be compared with the newest one. */
export interface Earlier {
  readonly snapshot: Snapshot;
  readonly secondsAgo: number;
}

const SPARE_SECONDS = 60;
const DENSE_SECONDS = 10;
const NONE: ReadonlySet<string> = new Set();
/** 32-bit counters that wrap: the mlx5 queue counters (drivers/infiniband/hw/mlx5/counters.c). */
const WRAPPING_DRIVER = 'mlx5_core';
const TWO_TO_32 = 1n << 32n;

/** The looks of the longest window, and which counters can be compared across them. */
export class History {
  readonly #keepSeconds: number;
  #entries: Entry[] = [];

  constructor(keepSeconds: number) {
    this.#keepSeconds = keepSeconds;
  }

  add(snapshot: Snapshot, atSeconds: number): void {
    const last = this.#entries.at(-1);
    this.#entries.push({ atSeconds, snapshot, restarted: restartedDevices(last?.snapshot, snapshot) });
    // One entry that is old enough has to stay: it is the `before` of the longest window. A minute more bridges failures.
    const firstKept = this.#entries.findLastIndex((entry) => atSeconds - entry.atSeconds >= this.#keepSeconds + SPARE_SECONDS);
    if (firstKept > 0) this.#entries = this.#entries.slice(firstKept);
    this.#thin(atSeconds);
  }

  /** Looks a second apart are not all kept for two minutes: beyond ten seconds one in `keepSeconds / 40` is enough. */
  #thin(now: number): void {
    const index = this.#entries.findLastIndex((entry) => now - entry.atSeconds > DENSE_SECONDS);
    const [previous, entry, next] = [this.#entries[index - 1], this.#entries[index], this.#entries[index + 1]];
    if (!previous || !entry || !next || next.atSeconds - previous.atSeconds > this.#keepSeconds / 40) return;
    const restarted = entry.restarted.size === 0 ? next.restarted : entry.restarted.union(next.restarted);
    this.#entries.splice(index, 2, { ...next, restarted });
  }

  /** How long the looks reach back, at most the longest window. */
  spanSeconds(): number {
    const [first, last] = [this.#entries[0], this.#entries.at(-1)];
    return first && last ? last.atSeconds - first.atSeconds : 0;
  }

  /**
   * The youngest earlier look that is at least `windowSeconds` old and has all of `needs`; undefined when there is none.
   * Devices whose counters began anew since are left out of it.
   */
  before(windowSeconds: number, needs: readonly SourceName[]): Earlier | undefined {
    const last = this.#entries.at(-1);
    if (!last) return undefined;
    // Timers fire late or early by some milliseconds; a window of five looks must not wait for the sixth.
    const tolerance = Math.min(0.5, windowSeconds * 0.1);
    const index = this.#entries.findLastIndex(
      (entry) =>
        entry !== last &&
        last.atSeconds - entry.atSeconds >= windowSeconds - tolerance &&
        needs.every((name) => entry.snapshot[name].status === 'ok'),
    );
    const entry = this.#entries[index];
    if (!entry) return undefined;
    return { snapshot: withoutDevices(entry.snapshot, this.#restartedAfter(index)), secondsAgo: last.atSeconds - entry.atSeconds };
  }

  #restartedAfter(index: number): ReadonlySet<string> {
    const later = this.#entries.filter((entry, at) => at > index && entry.restarted.size > 0);
    return later.length === 0 ? NONE : new Set(later.flatMap(({ restarted }) => [...restarted]));
  }
}

function withoutDevices(snapshot: Snapshot, names: ReadonlySet<string>): Snapshot {
  const { infiniband } = snapshot;
  if (names.size === 0 || infiniband.status !== 'ok') return snapshot;
  const devices = infiniband.value.devices.filter((device) => !names.has(device.name));
  return { ...snapshot, infiniband: { ...infiniband, value: { ...infiniband.value, devices } } };
}

function restartedDevices(before: Snapshot | undefined, now: Snapshot): ReadonlySet<string> {
  if (before?.infiniband.status !== 'ok' || now.infiniband.status !== 'ok') return NONE;
  const earlier = new Map(before.infiniband.value.devices.map((device) => [device.name, device]));
  const restarted = now.infiniband.value.devices.filter((device) => {
    const previous = earlier.get(device.name);
    return previous !== undefined && previous !== device && hasRestarted(previous, device);
  });
  return restarted.length === 0 ? NONE : new Set(restarted.map((device) => device.name));
}

function hasRestarted(before: InfinibandDevice, now: InfinibandDevice): boolean {
  if (before.generation !== now.generation || fell(before.counters, now.counters, false)) return true;
  const wraps = now.driver === WRAPPING_DRIVER;
  return now.ports.some((port, index) => {
    const previous = before.ports[index]?.port === port.port ? before.ports[index] : before.ports.find((one) => one.port === port.port);
    if (!previous) return false;
    return fell(previous.hwCounters, port.hwCounters, wraps) || fell(previous.pmaCounters, port.pmaCounters, false);
  });
}

/** Whether a counter went back, other than by wrapping at 2^32 where its driver counts in 32 bits. */
function fell(before: Counters, now: Counters, wraps: boolean): boolean {
  if (before === now) return false;
  for (const name in now) {
    const earlier = before[name];
    const current = now[name];
    if (earlier === undefined || current === undefined || current >= earlier) continue;
    const isWrap = wraps && earlier < TWO_TO_32 && current + TWO_TO_32 - earlier < TWO_TO_32 / 2n;
    if (!isWrap) return true;
  }
  return false;
}
