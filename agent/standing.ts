import type { Rule } from '../rules/define.ts';
import type { Cause, Finding, Severity, Symptom } from './model.ts';

/** The engine's instant: monotonic for durations, wall for what people read. */
export interface Moment {
  readonly monotonicSeconds: number;
  readonly wall: Date;
}

/** A rule with the configuration applied to it. */
export interface ConfiguredRule {
  readonly rule: Rule;
  readonly settings: Rule['settings'];
  readonly forSeconds: number;
  readonly clearAfterSeconds: number;
  readonly severity: Severity | undefined;
  readonly shadow: boolean;
}

/** An event as it outlives a restart of the agent: the log that told of it is not read twice. Times are RFC 3339. */
export interface RememberedEvent {
  readonly rule: string;
  readonly symptom: Symptom;
  readonly since: string;
  readonly changedAt: string;
  readonly lastAt: string;
  readonly count: number;
}

const NO_CAUSES: readonly Cause[] = Object.freeze([]);

/**
 * What the engine remembers of one subject under one rule. Level-triggered: what is no longer yielded is resolved after
 * `clearAfterSeconds`; what could not be judged is unknown; nothing heals because it was not seen.
 */
export class Standing {
  /** `unseen`: nothing ever stood here, but a fault could hide; `quiet`: the same, and not worth a word. */
  phase: 'pending' | 'firing' | 'unknown' | 'unseen' | 'quiet' | 'resolved' = 'pending';
  readonly #configured: ConfiguredRule;
  #symptom: Symptom;
  #startedAt: number;
  #awaySince: number | undefined;
  #endedAt = 0;
  #count = 0;
  #since: string;
  #changedAt: string;
  #lastAt: string;
  #isRemembered = false;
  #why: string | undefined;

  constructor(configured: ConfiguredRule, symptom: Symptom, moment: Moment) {
    this.#configured = configured;
    this.#symptom = symptom;
    this.#startedAt = moment.monotonicSeconds;
    this.#since = symptom.happenedAt ?? moment.wall.toISOString();
    this.#changedAt = moment.wall.toISOString();
    this.#lastAt = this.#since;
  }

  /** An event that an earlier run of the agent saw in this boot; undefined if it would no longer be shown. */
  static remembered(configured: ConfiguredRule, event: RememberedEvent, moment: Moment): Standing | undefined {
    const { lasts } = configured.rule;
    const age = ageSeconds({ happenedAt: event.lastAt }, moment);
    if (lasts === 'level' || (lasts === 'event' && age >= configured.clearAfterSeconds)) return undefined;
    const standing = new Standing(configured, event.symptom, moment);
    standing.phase = 'firing';
    standing.#isRemembered = true;
    standing.#since = event.since;
    standing.#changedAt = event.changedAt;
    standing.#lastAt = event.lastAt;
    standing.#count = event.count;
    standing.#awaySince = moment.monotonicSeconds - age;
    return standing;
  }

  /** What must be kept of it over a restart; undefined for what the next look sees anyway, and for what is over. */
  event(): RememberedEvent | undefined {
    const { rule } = this.#configured;
    if (rule.lasts === 'level' || this.phase !== 'firing') return undefined;
    return { rule: rule.name, symptom: this.#symptom, since: this.#since, changedAt: this.#changedAt, lastAt: this.#lastAt, count: this.#count };
  }

  /** The check yielded this subject. */
  yielded(symptom: Symptom, moment: Moment): void {
    const { rule, forSeconds } = this.#configured;
    this.#symptom = symptom;
    this.#isRemembered = false;
    this.#why = undefined;
    if (this.phase === 'resolved' || this.phase === 'unseen' || this.phase === 'quiet') this.#begin(symptom, moment);
    if (rule.lasts === 'level') this.#awaySince = undefined;
    else this.#awaySince = moment.monotonicSeconds - ageSeconds(symptom, moment);
    this.#lastAt = symptom.happenedAt ?? moment.wall.toISOString();
    // Without a time of its own it is a state that is seen again, not an event that happened again.
    this.#count = symptom.happenedAt === undefined ? 1 : this.#count + 1;
    // Timers fire late or early by some milliseconds; ten seconds of looks must not wait for the eleventh.
    const due = rule.lasts !== 'level' || moment.monotonicSeconds - this.#startedAt >= forSeconds - Math.min(0.5, forSeconds * 0.1);
    if (this.phase === 'unknown' || (this.phase === 'pending' && due)) this.#change('firing', moment);
  }

  /** It could not be judged. A standing finding turns unknown; an event has happened, whatever is seen now. */
  undecided(why: string, report: boolean, moment: Moment): void {
    if (this.#configured.rule.lasts !== 'level') return this.passed(moment);
    this.#awaySince = undefined;
    if (this.phase === 'firing') this.#change('unknown', moment);
    if (!report && this.phase === 'unseen') this.phase = 'quiet';
    if (report && (this.phase === 'pending' || this.phase === 'quiet' || this.phase === 'resolved')) {
      this.#begin(this.#symptom, moment);
      this.#change('unseen', moment);
    }
    if (this.phase === 'unknown' || this.phase === 'unseen') this.#why = why;
  }

  /** It was judged and not yielded. */
  passed(moment: Moment): void {
    if (this.phase !== 'firing' && this.phase !== 'unknown') return;
    const { rule, clearAfterSeconds } = this.#configured;
    if (rule.lasts === 'until-reboot') return;
    this.#awaySince ??= moment.monotonicSeconds;
    if (moment.monotonicSeconds - this.#awaySince >= clearAfterSeconds) this.resolve(moment);
  }

  resolve(moment: Moment): void {
    if (this.phase !== 'firing' && this.phase !== 'unknown') return;
    this.#endedAt = moment.monotonicSeconds;
    this.#why = undefined;
    this.#change('resolved', moment);
  }

  /** Whether nothing needs to be remembered: never fired and not yielded, or resolved long ago. */
  isOver(moment: Moment, mentioned: boolean, keepResolvedSeconds: number): boolean {
    if (this.phase === 'pending' || this.phase === 'unseen' || this.phase === 'quiet') return !mentioned;
    return this.phase === 'resolved' && moment.monotonicSeconds - this.#endedAt >= keepResolvedSeconds;
  }

  /** As it leaves in the report; undefined while it is only pending. */
  finding(suppressed: string | undefined): Finding | undefined {
    if (this.phase === 'pending' || this.phase === 'quiet') return undefined;
    const { rule, severity, shadow } = this.#configured;
    const symptom = this.#symptom;
    return {
      rule: rule.name,
      title: symptom.title ?? rule.title,
      severity: severity ?? symptom.severity ?? rule.severity,
      state: this.phase === 'unseen' ? 'unknown' : this.phase,
      subject: symptom.subject,
      message: this.#message(),
      evidence: symptom.evidence,
      causes: symptom.causes ?? NO_CAUSES,
      since: this.#since,
      changedAt: this.#changedAt,
      count: Math.max(1, this.#count),
      page: rule.page,
      shadow,
      explainedBy: [],
      explains: [],
      pods: [],
      suppressed,
      ...(this.#isRemembered && { isRemembered: true }),
      ...(symptom.place && { place: symptom.place }),
    };
  }

  #message(): string {
    if (this.#why === undefined) return this.#symptom.message;
    return this.phase === 'unseen' ? this.#why : `cannot be judged now: ${this.#why}; before: ${this.#symptom.message}`;
  }

  #begin(symptom: Symptom, moment: Moment): void {
    this.phase = 'pending';
    this.#startedAt = moment.monotonicSeconds;
    this.#since = symptom.happenedAt ?? moment.wall.toISOString();
    this.#count = 0;
  }

  #change(phase: Standing['phase'], moment: Moment): void {
    this.phase = phase;
    this.#changedAt = moment.wall.toISOString();
  }
}

/** How long ago an event happened by its own clock; a time in the future counts as now. */
export function ageSeconds(symptom: Pick<Symptom, 'happenedAt'>, moment: Moment): number {
  if (symptom.happenedAt === undefined) return 0;
  const age = (moment.wall.getTime() - Date.parse(symptom.happenedAt)) / 1000;
  return Number.isFinite(age) ? Math.max(0, age) : 0;
}
