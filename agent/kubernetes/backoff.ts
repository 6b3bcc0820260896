import type { KubernetesFailure } from '../model.ts';

const FIRST_SECONDS = 1;
/** A fleet that finds its API server again should not all have to wait long, nor all come in one second. */
const MAX_SECONDS = 60;
/** No permission comes back by asking more often. */
const REFUSED_SECONDS = 300;

/** How long to wait after so many failures in a row: doubled each time, half of it random; never less than the server asks. */
export function backoffSeconds(failures: number, error: unknown, random: () => number = Math.random): number {
  const { status, retryAfterSeconds } = error as Partial<KubernetesFailure>;
  const most = status === 403 ? REFUSED_SECONDS : MAX_SECONDS;
  const full = Math.min(most, (status === 403 ? 30 : FIRST_SECONDS) * 2 ** Math.min(failures - 1, 10));
  const jittered = full / 2 + (full / 2) * random();
  return retryAfterSeconds === undefined ? jittered : Math.max(jittered, retryAfterSeconds * (1 + random() / 4));
}
