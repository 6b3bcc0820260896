import type { Snapshot, SourceName } from '../../agent/model.ts';
import type { RuleFacts } from '../kubernetes/parts.ts';

/**
 * What tells of the hardware from aside: an installation may be refused these for good (mode restricted has no kernel log),
 * and the other rules judge all the same. The hardware's own sources are not among them: without those nothing is seen.
 */
const ASIDE: readonly SourceName[] = ['imds', 'kernel-log'];
/** What needs a person to grant it. A hang, a time-out or an I/O error may pass, or be the fault itself. */
const REFUSALS = ['EACCES', 'EPERM'];
const MAX_CAUSES = 8;

/** A source that this installation was never allowed to read, and the rules that do not judge for want of it. */
export interface Unseen {
  readonly source: SourceName;
  readonly code: string;
  readonly why: string;
  readonly rules: readonly string[];
}

/** What of the sources hides from the rules that apply. */
export interface Hidden {
  readonly failed: readonly string[];
  readonly unseen: readonly Unseen[];
}

/** Remembers which sources could ever be read: what is refused later is a fault of its own. */
export class Sight {
  readonly #read = new Set<SourceName>();

  look(rules: readonly RuleFacts[], hardware: SourceName, snapshot: Snapshot): Hidden {
    const needed = Map.groupBy(
      rules.filter((rule) => applies(rule, hardware, snapshot)).flatMap(({ name, needs }) => needs.map((source) => ({ source, name }))),
      ({ source }) => source,
    );
    const failed: string[] = [];
    const unseen: Unseen[] = [];
    for (const [source, pairs] of needed) {
      const reading = snapshot[source];
      if (reading.status === 'ok') this.#read.add(source);
      if (reading.status !== 'failed') continue;
      const why = `${source}: ${reading.error.message}`;
      const code = ASIDE.includes(source) && !this.#read.has(source) ? refusal(reading.error) : undefined;
      if (code === undefined) failed.push(why);
      else unseen.push({ source, code, why, rules: pairs.map(({ name }) => name) });
    }
    return { failed, unseen };
  }
}

/**
 * A rule that needs what this node does not have judges nothing, whatever becomes of its other sources; and the kernel log
 * has nothing to tell of hardware that is not there.
 */
function applies({ needs }: RuleFacts, hardware: SourceName, snapshot: Snapshot): boolean {
  if (needs.some((name) => snapshot[name].status === 'absent')) return false;
  const isLogOnly = needs.length > 0 && needs.every((name) => name === 'kernel-log');
  return !isLogOnly || snapshot[hardware].status !== 'absent';
}

function refusal(error: Error): string | undefined {
  let one: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && one instanceof Error; depth += 1) {
    if ('code' in one && typeof one.code === 'string' && REFUSALS.includes(one.code)) return one.code;
    one = one.cause;
  }
  return undefined;
}
