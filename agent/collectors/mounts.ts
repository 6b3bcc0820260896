import { Absent, type Collector } from '../collector.ts';
import { errnoOf, type Host } from '../host.ts';
import type { RequiredMount } from '../model.ts';
import { parseMounts } from '../parse/mounts.ts';
import { optionalText } from './optional-text.ts';
import { sideBySide } from './side-by-side.ts';

/** How long a probe is left alone before another may be begun: each holds a thread of the pool as long as it hangs. */
const LET_GO_SECONDS = 86_400;
/** A node with many pods has thousands of mounts, and an overlay's line can be a kilobyte long. */
const MAX_TABLE_BYTES = 16 << 20;

interface Wanted {
  readonly path: string;
  readonly type?: string | undefined;
}
interface Bounds {
  readonly answerSeconds: number;
  readonly signal: AbortSignal;
}
type Verdict = Pick<RequiredMount, 'answer' | 'detail'>;
/** When a probe that has not come back was begun, by path. */
type Outstanding = Map<string, number>;
const NOT_MOUNTED: Verdict = { answer: 'not-mounted', detail: undefined };

/** Whether the mounts that the configuration requires are there and answer statfs. One outstanding probe a path. */
export function mountsCollector(required: readonly Wanted[], answerSeconds = 5): Collector<'mounts'> {
  const outstanding: Outstanding = new Map();
  return {
    name: 'mounts',
    timeoutSeconds: answerSeconds + 2,
    schedule: '* * * * *',
    async collect(host, signal) {
      if (required.length === 0) throw new Absent('the configuration requires no mount');
      const table =
        (await optionalText(host, '/proc/1/mounts', MAX_TABLE_BYTES)) ??
        (await host.readText('/proc/mounts', MAX_TABLE_BYTES));
      // Of two mounts at one place the later one hides the earlier.
      const types = new Map(parseMounts(table).map(({ path, type }) => [path, type]));
      const wanted = required.map(({ path, type }) => ({ path, type, place: path.replace(/(?<=.)\/+$/, '') }));
      const verdicts = new Map<string, Verdict>();
      await sideBySide(new Set(wanted.map(({ place }) => place)), required.length, async (place) => {
        const isMounted = types.has(place);
        verdicts.set(place, isMounted ? await probe(host, place, outstanding, { answerSeconds, signal }) : NOT_MOUNTED);
      });
      return {
        required: wanted.map(({ path, type, place }): RequiredMount => {
          return { path, wantedType: type, foundType: types.get(place), ...(verdicts.get(place) ?? NOT_MOUNTED) };
        }),
      };
    },
  };
}

async function probe(host: Host, path: string, outstanding: Outstanding, bounds: Bounds): Promise<Verdict> {
  const sinceMs = outstanding.get(path);
  if (sinceMs !== undefined) {
    const seconds = Math.round((performance.now() - sinceMs) / 1000);
    return { answer: 'silent', detail: `no answer yet to what was asked ${seconds} s ago` };
  }
  outstanding.set(path, performance.now());
  const verdict = ask(host, path).finally(() => outstanding.delete(path));
  const late = Promise.withResolvers<Verdict>();
  const timer = setTimeout(
    () => late.resolve({ answer: 'silent', detail: `no answer within ${bounds.answerSeconds} s` }),
    bounds.answerSeconds * 1000,
  );
  const stop = (): void => late.reject(bounds.signal.reason);
  bounds.signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([verdict, late.promise]);
  } finally {
    clearTimeout(timer);
    bounds.signal.removeEventListener('abort', stop);
  }
}

async function ask(host: Host, path: string): Promise<Verdict> {
  try {
    await host.probe(path, LET_GO_SECONDS);
    return { answer: 'answered', detail: undefined };
  } catch (error) {
    return { answer: 'error', detail: errnoOf(error) };
  }
}
