import type { Look } from './looks.ts';

const COUNTER_PATH = /\/(?:hw_counters|counters|statistics)\/[^/]+$/;
const DECIMAL = /^\d{1,20}\n?$/;

/** One value of a counter; undefined where the look does not have the file, or could not read it. */
interface Point {
  readonly micros: bigint;
  readonly value: bigint;
  /** Another inode is another device under the same name: nothing is interpolated between the two. */
  readonly inode: bigint;
}
export type Series = readonly (Point | undefined)[];

/** A counter's values at each look, or undefined when the file is no counter: one that at some look is no decimal number. */
export function seriesOf(looks: readonly Look[], path: string): Series | undefined {
  if (!COUNTER_PATH.test(path)) return undefined;
  const series: (Point | undefined)[] = [];
  for (const { seconds, nodes, errors } of looks) {
    const node = errors.has(path) ? undefined : nodes.get(path);
    if (node?.kind === 'file') {
      if (!DECIMAL.test(node.text)) return undefined;
      series.push({ micros: toMicros(seconds), value: BigInt(node.text.trim()), inode: node.inode });
    } else {
      series.push(undefined);
    }
  }
  return series;
}

/**
 * The counter's value at a moment: on the line between its two looks, and beyond the last by the pace of the last
 * interval, so that a demonstration goes on. Exact to 64 bits. A counter that fell was reset: it keeps its value until
 * the look that shows the fall, and has no pace.
 */
export function counterAt(series: Series, look: number, micros: bigint): bigint | undefined {
  const from = series[look];
  if (!from) return undefined;
  const passed = micros - from.micros;
  const next = same(from, series[look + 1]);
  if (next) return from.value + pace(from, next, passed);
  const before = same(from, series[look - 1]);
  return BigInt.asUintN(64, from.value + (before ? pace(before, from, passed) : 0n));
}

export function toMicros(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1e6));
}

function same(point: Point, other: Point | undefined): Point | undefined {
  return other?.inode === point.inode ? other : undefined;
}

function pace(from: Point, to: Point, passed: bigint): bigint {
  if (to.value <= from.value) return 0n;
  return ((to.value - from.value) * passed) / (to.micros - from.micros);
}
