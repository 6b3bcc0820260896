import type { Report } from '../../agent/model.ts';
import type { RuleFacts } from '../kubernetes/parts.ts';
import type { StandingCondition } from '../kubernetes/node-object.ts';
import { clock } from '../words.ts';
import type { ClearVerdict, Floor, Verdict } from './judge.ts';
import { blindText, clearText, firingText, settlingText, type ConditionText } from './text.ts';
import type { Subject } from './types.ts';

export type Status = 'True' | 'False' | 'Unknown';

/** A condition as it should stand. */
export interface Wanted extends ConditionText {
  readonly status: Status;
  /** RFC 3339, whole seconds: Kubernetes keeps no fraction. */
  readonly lastTransitionTime: string;
}

/** A source that misses a look or two is no reason to turn the condition: whoever waits for it to stand still would wait on. */
const BLIND_SECONDS = 120;

/**
 * What one condition says, from verdict to verdict. What stands on the Node when the agent starts is kept, its time of
 * transition too, until the rules have judged: an agent that restarts neither heals nor worsens anything by it.
 */
export class ConditionMemory {
  readonly subject: Subject;
  readonly #floor: Floor;
  readonly #rules: readonly RuleFacts[];
  #current: Wanted | undefined;
  /** Whether this process stands behind it, or only found it. */
  #isOurs = false;
  /** A True that was found, until this process knows better. */
  #found: StandingCondition | undefined;
  /** Told along with Unknown. */
  #lastProblem: string | undefined;
  #blindSince: number | undefined;
  /** Since when no verdict said either way. */
  #undecidedSince: number | undefined;
  #clearSince: number | undefined;

  constructor(subject: Subject, floor: Floor, rules: readonly RuleFacts[]) {
    this.subject = subject;
    this.#floor = floor;
    this.#rules = rules;
  }

  /** What this process says; undefined as long as it has not judged. */
  get ours(): Wanted | undefined {
    return this.#isOurs ? this.#current : undefined;
  }

  /** Takes over what stands on the Node; what this process has said itself goes before. */
  adopt(standing: StandingCondition | undefined, at: string): void {
    if (this.#isOurs || standing === undefined || !isStatus(standing.status)) return;
    const { status, reason, message } = standing;
    this.#current = { status, reason, message, identity: 'found', lastTransitionTime: standing.lastTransitionTime ?? clock(at) };
    if (status !== 'True') return;
    this.#found = standing;
    this.#lastProblem = `${reason}: ${message}`;
  }

  next(verdict: Verdict, report: Report, nowSeconds: number): void {
    if (verdict.kind !== 'blind') this.#blindSince = undefined;
    if (verdict.kind !== 'clear') this.#clearSince = undefined;
    const isDecided = verdict.kind === 'firing' || verdict.kind === 'clear';
    this.#undecidedSince = isDecided ? undefined : (this.#undecidedSince ?? nowSeconds);
    switch (verdict.kind) {
      case 'firing':
        if (verdict.findings.some(({ rule }) => rule === this.#found?.reason)) this.#found = undefined;
        return this.#say('True', firingText(verdict.findings), report.takenAt);
      case 'clear':
        return this.#clear(verdict, report, nowSeconds);
      case 'settling':
        return this.#settle(verdict, report, nowSeconds);
      case 'blind':
        this.#blindSince ??= nowSeconds;
        if (this.#current && (nowSeconds - this.#blindSince < BLIND_SECONDS || this.#outlastsSight(report))) return;
        return this.#say('Unknown', blindText(verdict.why, this.#lastProblem), report.takenAt);
    }
  }

  /** What stands is kept for as long as rules need to judge; where their sources come and go, they may never get there. */
  #settle({ seconds, longestSeconds, why }: Verdict & { readonly kind: 'settling' }, report: Report, nowSeconds: number): void {
    if (!this.#current) return this.#say('Unknown', settlingText(seconds), report.takenAt);
    const undecidedSeconds = nowSeconds - (this.#undecidedSince ?? nowSeconds);
    if (undecidedSeconds < BLIND_SECONDS + 2 * longestSeconds || this.#outlastsSight(report)) return;
    this.#say('Unknown', blindText(why, this.#lastProblem), report.takenAt);
  }

  #clear(verdict: ClearVerdict, report: Report, nowSeconds: number): void {
    this.#clearSince ??= nowSeconds;
    const found = this.#found;
    const hidden = found && verdict.unseen.find(({ rules }) => rules.includes(found.reason));
    // Nobody looks for it any more, and it does not pass by itself.
    if (hidden && this.#lasts(found) === 'level') return this.#say('Unknown', blindText([hidden.why], this.#lastProblem), report.takenAt);
    if (found && (this.#outlastsSight(report) || nowSeconds - this.#clearSince < this.#lingersSeconds(found))) {
      return this.#say('True', { reason: found.reason, message: found.message, identity: 'found' }, report.takenAt);
    }
    this.#found = undefined;
    this.#say('False', clearText(verdict, this.subject, this.#floor), report.takenAt);
  }

  #lasts({ reason }: StandingCondition): RuleFacts['lasts'] | undefined {
    return this.#rules.find(({ name }) => name === reason)?.lasts;
  }

  /** As long as the engine would have shown the finding after it was last seen. */
  #lingersSeconds({ reason }: StandingCondition): number {
    const rule = this.#rules.find(({ name }) => name === reason);
    return rule?.lasts === 'level' ? rule.clearAfterSeconds : 0;
  }

  /**
   * An event has happened whatever is seen now, and the log that told of it was read by the process before. It is shown as
   * long as its rule says, counted from the transition; what only a reset cures, until the node has booted since.
   */
  #outlastsSight(report: Report): boolean {
    const found = this.#found;
    const rule = found && this.#rules.find(({ name }) => name === found.reason);
    if (!found || !rule || rule.lasts === 'level') return false;
    const now = Date.parse(report.takenAt);
    if (rule.lasts === 'event') return now < Date.parse(found.lastTransitionTime ?? '') + rule.clearAfterSeconds * 1000;
    const { host } = report.snapshot;
    const uptime = host.status === 'ok' ? host.value.uptimeSeconds : undefined;
    return uptime === undefined || Date.parse(found.lastHeartbeatTime ?? found.lastTransitionTime ?? '') >= now - uptime * 1000;
  }

  #say(status: Status, text: ConditionText, at: string): void {
    const lastTransitionTime = this.#current?.status === status ? this.#current.lastTransitionTime : clock(at);
    this.#current = { ...text, status, lastTransitionTime };
    this.#isOurs = true;
    if (status === 'True') this.#lastProblem = `${text.reason}: ${text.message}`;
    if (status === 'False') this.#lastProblem = undefined;
  }
}

function isStatus(text: string): text is Status {
  return text === 'True' || text === 'False' || text === 'Unknown';
}
