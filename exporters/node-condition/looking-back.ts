import type { Snapshot } from '../../agent/model.ts';
import { settleSeconds, type RuleFacts } from '../kubernetes/parts.ts';

/** What the engine's history bridges: it keeps looks for a minute beyond the longest window (agent/history.ts). */
const BRIDGED_SECONDS = 60;

interface Span {
  readonly sinceSeconds: number;
  readonly lostAtSeconds: number | undefined;
}

/** Since when each rule can see, and so how long it has yet to look before it has judged over its whole window. */
export class LookingBack {
  readonly #spans = new Map<string, Span>();

  /** Seconds that are left; none for a rule that lacks a source: it does not apply, or that is told otherwise. */
  secondsLeft(rule: RuleFacts, snapshot: Snapshot, nowSeconds: number): number {
    const span = this.#spans.get(rule.name);
    if (rule.needs.some((name) => snapshot[name].status !== 'ok')) {
      if (span) this.#spans.set(rule.name, { ...span, lostAtSeconds: span.lostAtSeconds ?? nowSeconds });
      return 0;
    }
    const isBridged = span !== undefined && nowSeconds - (span.lostAtSeconds ?? nowSeconds) <= BRIDGED_SECONDS;
    const sinceSeconds = isBridged ? span.sinceSeconds : nowSeconds;
    this.#spans.set(rule.name, { sinceSeconds, lostAtSeconds: undefined });
    return Math.max(0, sinceSeconds + settleSeconds(rule) - nowSeconds);
  }
}
