import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import promises from 'node:timers/promises';

/**
 * Loaded before a program (`node --import`): in its process, every clock runs and every timer comes HASTENED_BY times as
 * fast, so that a test sees minutes of it in seconds. The programs that it starts have their own time.
 */
const factor = Number(process.env['HASTENED_BY'] ?? 1);

const { setTimeout: wait, setInterval: repeat } = globalThis;
const monotonic = performance.now.bind(performance);
const RealDate = Date;
const begun = RealDate.now();
const { setTimeout: delay } = promises;
const limit = AbortSignal.timeout.bind(AbortSignal);

class HastenedDate extends RealDate {
  constructor(...given: [] | [number]) {
    if (given.length === 0) super(HastenedDate.now());
    else super(...given);
  }
  static override now(): number {
    return begun + (RealDate.now() - begun) * factor;
  }
}

function hastenedTimeout(run: (...args: unknown[]) => void, milliseconds = 0, ...args: unknown[]): NodeJS.Timeout {
  return wait(run, milliseconds / factor, ...args);
}
function hastenedInterval(run: (...args: unknown[]) => void, milliseconds = 0, ...args: unknown[]): NodeJS.Timeout {
  return repeat(run, milliseconds / factor, ...args);
}
function hastenedDelay<T>(milliseconds = 0, value?: T, options?: Parameters<typeof delay>[2]): Promise<T | undefined> {
  return delay(milliseconds / factor, value, options);
}

performance.now = () => monotonic() * factor;
AbortSignal.timeout = (milliseconds) => limit(Math.ceil(milliseconds / factor));
Object.assign(globalThis, { Date: HastenedDate });
for (const from of [globalThis, timers]) Object.assign(from, { setTimeout: hastenedTimeout, setInterval: hastenedInterval });
Object.assign(promises, { setTimeout: hastenedDelay });
syncBuiltinESMExports();
