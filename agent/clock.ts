import { setTimeout as delay } from 'node:timers/promises';

/** Time for the loop: monotonic seconds for every duration, and a wait. Wall time comes from the host, for people only. */
export interface Clock {
  monotonicSeconds(): number;
  /** Resolves early when the signal aborts; never rejects. */
  sleep(seconds: number, signal: AbortSignal): Promise<void>;
}

export function liveClock(): Clock {
  return { monotonicSeconds: () => performance.now() / 1000, sleep };
}

/**
 * The clock of a replay: the first `fastSeconds` pass as fast as the program can look, then it goes on in real time. So a
 * capture is judged over its whole windows at once, and a demonstration stays alive afterwards.
 */
export function replayClock(fastSeconds: number): Clock {
  let passed = 0;
  let liveSince: number | undefined;
  const live = (): number => (liveSince === undefined ? 0 : performance.now() / 1000 - liveSince);
  return {
    monotonicSeconds: () => passed + live(),
    async sleep(seconds, signal) {
      if (liveSince === undefined && passed < fastSeconds) {
        passed = Math.min(passed + seconds, fastSeconds);
        // Lets timers and I/O have their turn between two looks, as they have in real time.
        await delay(0);
        return;
      }
      liveSince ??= performance.now() / 1000;
      await sleep(seconds, signal);
    },
  };
}

async function sleep(seconds: number, signal: AbortSignal): Promise<void> {
  if (seconds <= 0 || signal.aborted) return;
  await delay(seconds * 1000, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
