/** How long things may take; given from outside so that tests need not wait and a replay has its own clock. */
export interface Timing {
  /** Monotonic seconds. */
  now(): number;
  /** 0 to 1. */
  random(): number;
  /** A process that says nothing for so long is stopped. */
  readonly silenceSeconds: number;
  /** A stopped process that is still there after so long is in D state: no signal reaches it. */
  readonly killSeconds: number;
  /** How long the first look waits for the first answer. Without persistence mode an 8-GPU node needs 30 s: then it does not. */
  readonly firstAnswerSeconds: number;
  /** How long the first look waits for the rest of the sample after its first row. */
  readonly sampleSeconds: number;
  readonly shortestPauseSeconds: number;
  readonly longestPauseSeconds: number;
  readonly locateSeconds: number;
}

export const DEFAULT_TIMING: Timing = {
  now: () => performance.now() / 1000,
  random: Math.random,
  // Three times the longest interval; NVSentinel's deadline for the same probe.
  silenceSeconds: 45,
  killSeconds: 5,
  firstAnswerSeconds: 5,
  sampleSeconds: 0.25,
  shortestPauseSeconds: 1,
  longestPauseSeconds: 60,
  locateSeconds: 60,
};

/** The pace of both processes: that of the looks, whole seconds (dmon takes no others), so that silence is told within 45 s. */
export function sampleInterval(lookSeconds: number): number {
  return Math.min(15, Math.max(1, Math.round(lookSeconds)));
}
