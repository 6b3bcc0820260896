import type { View } from '../rules/define.ts';
import { agentRuleFailed } from '../rules/host/agent-rule-failed.ts';
import { History } from './history.ts';
import type { Finding, FindingName, Judgement, Reading, Severity, Snapshot, SourceName, State, Symptom } from './model.ts';
import { ageSeconds, Standing, type ConfiguredRule, type Moment, type RememberedEvent } from './standing.ts';

export type { ConfiguredRule, Moment, RememberedEvent } from './standing.ts';

export interface EngineOptions {
  readonly rules: readonly ConfiguredRule[];
  /** A watch as short as `diagnose`'s: every window and `for` is at most this long. */
  readonly windowLimitSeconds?: number;
  /** Why a finding is silenced by the configuration; undefined when it is not. */
  readonly suppression?: (rule: string, subject: string, now: Date) => string | undefined;
  /** Events that an earlier run of the agent saw in this boot. */
  readonly remembered?: readonly RememberedEvent[];
}

/** Takes the findings about rules that throw; no configuration switches it off. */
const FAILED_RULE: ConfiguredRule = {
  rule: agentRuleFailed,
  settings: agentRuleFailed.settings,
  forSeconds: agentRuleFailed.forSeconds,
  clearAfterSeconds: agentRuleFailed.clearAfterSeconds,
  severity: undefined,
  shadow: false,
};
/** So long a resolved finding stays in the report, for whoever looks a little late. */
const KEEP_RESOLVED_SECONDS = 600;
const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];
/** Made once: localeCompare with a locale makes one for each comparison. */
const SUBJECTS = new Intl.Collator('en', { numeric: true });
const NAMES = new Intl.Collator();
const STATES: readonly State[] = ['firing', 'unknown', 'resolved'];

/** Judges snapshots by the rules. The only place with a clock and a memory; it never throws for what a rule does. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #history: History;
  readonly #standings = new Map<ConfiguredRule, Map<string, Standing>>();
  readonly #longestWindowSeconds: number;
  #bootId: string | undefined;
  #firstLookAt: number | undefined;
  #watchedSeconds = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#longestWindowSeconds = Math.max(0, ...options.rules.map((configured) => this.#window(configured) ?? 0));
    this.#history = new History(this.#longestWindowSeconds);
  }

  /** How long it has watched, at most the longest window. */
  get windowSeconds(): number {
    return Math.min(this.#watchedSeconds, Math.max(this.#longestWindowSeconds, this.#history.spanSeconds()));
  }

  look(snapshot: Snapshot, moment: Moment): readonly Finding[] {
    if (this.#firstLookAt === undefined) this.#recall(moment);
    this.#firstLookAt ??= moment.monotonicSeconds;
    this.#watchedSeconds = moment.monotonicSeconds - this.#firstLookAt;
    this.#history.add(snapshot, moment.monotonicSeconds);
    this.#endWithBoot(snapshot, moment);
    const failures: Symptom[] = [];
    const views = new Views();
    for (const configured of this.#options.rules) {
      const failure = this.#judge(configured, snapshot, views, moment);
      if (failure) failures.push(failure);
    }
    this.#settle(FAILED_RULE, failures, snapshot, moment);
    return this.#findings(moment);
  }

  /** Events that stand and that no later look would see again, newest last. */
  events(): readonly RememberedEvent[] {
    const events = [...this.#standings.values()].flatMap((standings) => [...standings.values()].flatMap((standing) => standing.event() ?? []));
    return events.toSorted((a, b) => (a.lastAt < b.lastAt ? -1 : 1));
  }

  #recall(moment: Moment): void {
    for (const event of this.#options.remembered ?? []) {
      const configured = this.#options.rules.find(({ rule }) => rule.name === event.rule);
      const standing = configured && Standing.remembered(configured, event, moment);
      if (configured && standing) this.#of(configured).set(event.symptom.subject, standing);
    }
  }

  /** Evaluates one rule; returns what to say of the rule itself if it threw. */
  #judge(configured: ConfiguredRule, snapshot: Snapshot, views: Views, moment: Moment): Symptom | undefined {
    const { rule } = configured;
    const needed = needs(rule.needs, snapshot);
    if (needed !== 'ok') {
      this.#holdAll(configured, needed, moment);
      return undefined;
    }
    const window = this.#window(configured);
    const earlier = this.#history.before(window ?? 0, rule.needs);
    const seconds = earlier?.secondsAgo ?? 0;
    try {
      const before = earlier && views.of(earlier.snapshot);
      this.#settle(configured, [...rule.check(views.of(snapshot), before, seconds, configured.settings)], snapshot, moment);
      return undefined;
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      this.#holdAll(configured, `the rule failed: ${reason}`, moment);
      return { subject: rule.name, message: `rule ${rule.name} failed and judges nothing: ${reason}`, evidence: { rule: rule.name, error: reason } };
    }
  }

  #settle(configured: ConfiguredRule, judgements: readonly Judgement[], snapshot: Snapshot, moment: Moment): void {
    const standings = this.#of(configured);
    const mentioned = new Set<string>();
    for (const judgement of judgements) {
      if ('undecided' in judgement) {
        const { undecided: subject, why, place } = judgement;
        const report = judgement.report && (judgement.because === undefined || snapshot[judgement.because].status !== 'absent');
        mentioned.add(subject);
        const standing = standings.get(subject) ?? (report ? new Standing(configured, { subject, message: why, evidence: {}, ...(place && { place }) }, moment) : undefined);
        if (!standing) continue;
        standings.set(subject, standing);
        standing.undecided(why, report, moment);
        continue;
      }
      if (this.#isOldNews(configured, judgement, moment)) continue;
      mentioned.add(judgement.subject);
      const standing = standings.get(judgement.subject) ?? new Standing(configured, judgement, moment);
      standings.set(judgement.subject, standing);
      standing.yielded(judgement, moment);
    }
    for (const [subject, standing] of standings) {
      if (!mentioned.has(subject)) standing.passed(moment);
      if (standing.isOver(moment, mentioned.has(subject), KEEP_RESOLVED_SECONDS)) standings.delete(subject);
    }
  }

  /** An event that happened longer ago than it would be shown. */
  #isOldNews(configured: ConfiguredRule, symptom: Symptom, moment: Moment): boolean {
    return configured.rule.lasts === 'event' && ageSeconds(symptom, moment) >= configured.clearAfterSeconds;
  }

  #holdAll(configured: ConfiguredRule, why: string, moment: Moment): void {
    for (const standing of this.#of(configured).values()) standing.undecided(why, false, moment);
  }

  /** What only a reset cures is over when the boot id has changed. */
  #endWithBoot(snapshot: Snapshot, moment: Moment): void {
    const bootId = snapshot.host.status === 'ok' ? snapshot.host.value.bootId : undefined;
    if (bootId === undefined || bootId === this.#bootId) return;
    if (this.#bootId !== undefined) {
      for (const [configured, standings] of this.#standings) {
        if (configured.rule.lasts === 'until-reboot') for (const standing of standings.values()) standing.resolve(moment);
      }
    }
    this.#bootId = bootId;
  }

  #window(configured: ConfiguredRule): number | undefined {
    const { windowSeconds } = configured.settings;
    if (typeof windowSeconds !== 'number') return undefined;
    return Math.min(windowSeconds, this.#options.windowLimitSeconds ?? Infinity);
  }

  #of(configured: ConfiguredRule): Map<string, Standing> {
    let standings = this.#standings.get(configured);
    if (!standings) this.#standings.set(configured, (standings = new Map<string, Standing>()));
    return standings;
  }

  #findings(moment: Moment): readonly Finding[] {
    const findings: Finding[] = [];
    for (const standings of this.#standings.values()) {
      for (const [subject, standing] of standings) {
        const finding = standing.finding(undefined);
        if (!finding) continue;
        const suppressed = this.#options.suppression?.(finding.rule, subject, moment.wall);
        findings.push(suppressed === undefined ? finding : { ...finding, suppressed });
      }
    }
    return linkStories(findings, this.#options.rules).toSorted(
      (a, b) =>
        STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
        SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
        NAMES.compare(a.since, b.since) ||
        NAMES.compare(a.rule, b.rule) ||
        SUBJECTS.compare(a.subject, b.subject),
    );
  }
}

/** Joins firing findings to those that explain them, by what each rule says of itself. */
function linkStories(findings: readonly Finding[], rules: readonly ConfiguredRule[]): readonly Finding[] {
  const explainers = new Map(rules.map(({ rule }) => [rule.name, rule.explainedBy]));
  const firing = findings.filter((finding) => finding.state === 'firing' && !finding.shadow && finding.suppressed === undefined);
  const pairs = firing.flatMap((effect) => {
    const by = explainers.get(effect.rule) ?? [];
    // Most rules have none, and a large audit has thousands of findings.
    if (by.length === 0) return [];
    return firing.filter((cause) => by.includes(cause.rule) && canExplain(cause, effect)).map((cause) => ({ cause, effect }));
  });
  if (pairs.length === 0) return findings;
  const name = ({ rule, subject }: Finding): FindingName => ({ rule, subject });
  return findings.map((finding) => ({
    ...finding,
    explainedBy: pairs.filter(({ effect }) => effect === finding).map(({ cause }) => name(cause)),
    explains: pairs.filter(({ cause }) => cause === finding).map(({ effect }) => name(effect)),
  }));
}

/**
 * A fault of one GPU does not explain a fault of another: `GPU-1` explains `GPU-1 Xid 79`. Nor does one of a pod explain
 * another's. Faults of the fabric explain any.
 */
function canExplain(cause: Finding, effect: Finding): boolean {
  const isPod = ({ page }: Finding): boolean => page.startsWith('rules/workload/');
  if (isPod(cause) && isPod(effect)) return cause.subject === effect.subject;
  const isGpu = ({ subject }: Finding): boolean => /^(GPU-|[0-9a-f]{4,8}:)/.test(subject);
  return !isGpu(cause) || !isGpu(effect) || `${effect.subject} `.startsWith(`${cause.subject} `);
}

/** `ok`, or why a rule that needs these sources cannot judge. */
function needs(names: readonly SourceName[], snapshot: Snapshot): string {
  for (const name of names) {
    const reading = snapshot[name];
    if (reading.status === 'failed') return `${name}: ${reading.error.message}`;
    if (reading.status === 'absent') return `${name} is absent: ${reading.why}`;
  }
  return 'ok';
}

/** Snapshots of one look as rules see them; most rules are shown the same two. */
class Views {
  readonly #views = new Map<Snapshot, View<SourceName, never>>();

  of(snapshot: Snapshot): View<SourceName, never> {
    const known = this.#views.get(snapshot);
    if (known) return known;
    const values = Object.entries(snapshot).map(([name, reading]: [string, Reading<unknown>]) => [name, reading.status === 'ok' ? reading.value : undefined]);
    // Absent and failed sources are undefined here; a rule sees only those it named, as its own types say.
    const view = Object.fromEntries(values) as View<SourceName, never>;
    this.#views.set(snapshot, view);
    return view;
  }
}
