import type { Finding, Report, Severity } from '../../agent/model.ts';
import { isWorse } from '../severity.ts';
import { sortOut } from '../verdict.ts';
import { settleSeconds, type RuleFacts } from '../kubernetes/parts.ts';
import type { Subject } from './types.ts';

/** From which severity on a finding makes a condition True. */
export type Floor = 'critical' | 'warning';

export type Verdict =
  | { readonly kind: 'firing'; readonly findings: readonly Finding[] }
  /** Every rule that could set the condition has judged, and none found anything; `lesser` are firing below the floor. */
  | { readonly kind: 'clear'; readonly judged: number; readonly lesser: readonly Finding[]; readonly absent: string | undefined }
  /** All can be seen, but not yet for as long as the rules look back. */
  | { readonly kind: 'settling'; readonly seconds: number }
  | { readonly kind: 'blind'; readonly why: readonly string[] };

export function isAtLeast(severity: Severity, floor: Floor): boolean {
  return !isWorse(floor, severity);
}

/** Says of each report what it means for one condition. Remembers only since when each rule can see. */
export class Judge {
  readonly #subject: Subject;
  readonly #floor: Floor;
  readonly #rules: readonly RuleFacts[];
  readonly #seesSince = new Map<string, number>();

  constructor(subject: Subject, floor: Floor, rules: readonly RuleFacts[]) {
    this.#subject = subject;
    this.#floor = floor;
    this.#rules = rules.filter(({ group, shadow, severity }) => group === subject.group && !shadow && isAtLeast(severity, floor));
  }

  judge(report: Report, nowSeconds: number): Verdict {
    const waits = this.#rules.map((rule) => this.#waits(rule, report, nowSeconds));
    const ours = ({ page }: Finding): boolean => page.startsWith(`rules/${this.#subject.group}/`);
    const { firing, unknown } = sortOut(report);
    const findings = firing.filter((finding) => ours(finding) && isAtLeast(finding.severity, this.#floor));
    if (findings.length > 0) return { kind: 'firing', findings };
    const why = this.#hidden(report, firing, unknown.filter(ours));
    if (why.length > 0) return { kind: 'blind', why };
    const seconds = Math.max(0, ...waits);
    if (seconds > 0) return { kind: 'settling', seconds };
    const { hardware } = this.#subject;
    const reading = report.snapshot[hardware];
    return {
      kind: 'clear',
      judged: this.#rules.filter((rule) => rule.needs.every((name) => report.snapshot[name].status === 'ok')).length,
      lesser: firing.filter((finding) => ours(finding) && finding.severity !== 'info'),
      absent: reading.status === 'absent' ? reading.why : undefined,
    };
  }

  /** How long until the rule has judged for the first time; a rule that does not apply to this node need not. */
  #waits(rule: RuleFacts, { snapshot }: Report, nowSeconds: number): number {
    if (rule.needs.some((name) => snapshot[name].status !== 'ok')) {
      this.#seesSince.delete(rule.name);
      return 0;
    }
    const since = this.#seesSince.get(rule.name) ?? nowSeconds;
    this.#seesSince.set(rule.name, since);
    return since + settleSeconds(rule) - nowSeconds;
  }

  /** Why a fault could hide from the rules that would find it. */
  #hidden({ snapshot }: Report, firing: readonly Finding[], unknown: readonly Finding[]): readonly string[] {
    if (this.#rules.length === 0) return ['the configuration switches off every rule that could set it'];
    const names = new Set(this.#rules.map(({ name }) => name));
    const needed = new Set(this.#rules.flatMap(({ needs }) => needs));
    const failed = [...needed].flatMap((name) => {
      const reading = snapshot[name];
      return reading.status === 'failed' ? [`${name}: ${reading.error.message}`] : [];
    });
    const broken = firing.filter(({ rule, subject }) => rule === 'AgentRuleFailed' && names.has(subject)).map(({ message }) => message);
    const unjudged = unknown
      .filter(({ severity, message }) => isAtLeast(severity, this.#floor) && !failed.some((text) => message.includes(text)))
      .map(({ rule, subject, message }) => `${rule}${subject === 'node' ? '' : ` ${subject}`}: ${message}`);
    return [...new Set([...failed, ...broken, ...unjudged])];
  }
}
