import type { Host } from './host.ts';
import type { Sources, SourceName } from './model.ts';

/** Thrown (not returned) by a collector that finds that this node has no such source. Not a fault. */
export class Absent extends Error {
  override readonly name = 'Absent';
}

/**
 * Reads one source. Throws on failure, throws Absent where the node has none, and never logs: loop.ts alone runs, times,
 * catches and counts. May keep what makes the next look cheap (held descriptors, positions), never an opinion.
 */
export interface Collector<S extends SourceName = SourceName> {
  readonly name: S;
  readonly timeoutSeconds: number;
  /** Cron expression of a slow collector; between its runs the last reading stands. Without it: at every look. */
  readonly schedule?: string;
  collect(host: Host, signal: AbortSignal): Promise<Sources[S]>;
  close?(): void;
}
