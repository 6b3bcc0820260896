import type { Finding, Report, Severity } from '../../agent/model.ts';
import { isWorse } from '../severity.ts';
import { sortOut } from '../verdict.ts';
import { settleSeconds, type RuleFacts } from '../kubernetes/parts.ts';
import { LookingBack } from './looking-back.ts';
import { Sight, type Unseen } from './sight.ts';
import type { Subject } from './types.ts';

/** From which severity on a finding makes a condition True. */
export type Floor = 'critical' | 'warning';

export type Verdict =
  | { readonly kind: 'firing'; readonly findings: readonly Finding[] }
  | ClearVerdict
  /** All can be seen, but not yet for as long as the rules look back. */
  | { readonly kind: 'settling'; readonly seconds: number; readonly longestSeconds: number; readonly why: readonly string[] }
  | { readonly kind: 'blind'; readonly why: readonly string[] };

/**
 * Every rule that could set the condition and applies here has judged, but for those of `unseen`, and none found anything;
 * `lesser` are firing below the floor, `absent` says why the node has no such hardware.
 */
export interface ClearVerdict {
  readonly kind: 'clear';
  readonly judged: number;
  readonly lesser: readonly Finding[];
  readonly unseen: readonly Unseen[];
  readonly absent: string | undefined;
}

export function isAtLeast(severity: Severity, floor: Floor): boolean {
  return !isWorse(floor, severity);
}

/** Says of each report what it means for one condition. Remembers only since when each rule can see, and what was ever seen. */
export class Judge {
  readonly #subject: Subject;
  readonly #floor: Floor;
  readonly #rules: readonly RuleFacts[];
  readonly #sight = new Sight();
  readonly #lookingBack = new LookingBack();

  constructor(subject: Subject, floor: Floor, rules: readonly RuleFacts[]) {
    this.#subject = subject;
    this.#floor = floor;
    this.#rules = rules.filter(({ group, shadow, severity }) => group === subject.group && !shadow && isAtLeast(severity, floor));
  }

  judge(report: Report, nowSeconds: number): Verdict {
    const { snapshot } = report;
    const waits = this.#rules.map((rule) => ({ rule, seconds: this.#lookingBack.secondsLeft(rule, snapshot, nowSeconds) }));
    const { failed, unseen } = this.#sight.look(this.#rules, this.#subject.hardware, snapshot);
    const ours = ({ page }: Finding): boolean => page.startsWith(`rules/${this.#subject.group}/`);
    const { firing, unknown } = sortOut(report);
    const findings = firing.filter((finding) => ours(finding) && isAtLeast(finding.severity, this.#floor));
    if (findings.length > 0) return { kind: 'firing', findings };
    const why = this.#hidden(failed, firing, unknown.filter(ours));
    if (why.length > 0) return { kind: 'blind', why };
    const waiting = waits.filter(({ seconds }) => seconds > 0).map(({ rule }) => rule);
    if (waiting.length > 0) return this.#settling(waiting, Math.max(...waits.map(({ seconds }) => seconds)));
    const judged = this.#rules.filter((rule) => rule.needs.every((name) => snapshot[name].status === 'ok')).length;
    if (judged === 0 && unseen.length > 0) return { kind: 'blind', why: unseen.map((one) => one.why) };
    const reading = snapshot[this.#subject.hardware];
    return {
      kind: 'clear',
      judged,
      lesser: firing.filter((finding) => ours(finding) && finding.severity !== 'info'),
      unseen,
      absent: reading.status === 'absent' ? reading.why : undefined,
    };
  }

  #settling(waiting: readonly RuleFacts[], seconds: number): Verdict {
    const longestSeconds = Math.max(...this.#rules.map(settleSeconds));
    const why = waiting.map((rule) => `${rule.name} has to look back ${settleSeconds(rule)} s, and ${rule.needs.join(', ')} could not be seen for so long without a gap of a minute`);
    return { kind: 'settling', seconds, longestSeconds, why };
  }

  /** Why a fault could hide from the rules that would find it. */
  #hidden(failed: readonly string[], firing: readonly Finding[], unknown: readonly Finding[]): readonly string[] {
    if (this.#rules.length === 0) return ['the configuration switches off every rule that could set it'];
    const names = new Set(this.#rules.map(({ name }) => name));
    const broken = firing.filter(({ rule, subject }) => rule === 'AgentRuleFailed' && names.has(subject)).map(({ message }) => message);
    const unjudged = unknown
      .filter(({ severity, message }) => isAtLeast(severity, this.#floor) && !failed.some((text) => message.includes(text)))
      .map(({ rule, subject, message }) => `${rule}${subject === 'node' ? '' : ` ${subject}`}: ${message}`);
    return [...new Set([...failed, ...broken, ...unjudged])];
  }
}
