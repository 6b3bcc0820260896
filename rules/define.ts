import type { Judgement, Severity, SourceName, Sources } from '../agent/model.ts';

/** Numbers and name lists that the configuration can change. `windowSeconds` is the one name with a meaning of its own. */
export type Settings = Readonly<Record<string, number | readonly string[]>>;

/** The sources a rule needs, all there, and those it can use, there or undefined. */
export type View<Needs extends SourceName, Uses extends SourceName> = { readonly [S in Needs]: Sources[S] } & {
  readonly [S in Uses]: Sources[S] | undefined;
};

/** Numbers and lists as the rule declared them, after the configuration. */
export type SettingValues<T extends Settings> = {
  readonly [K in keyof T]: T[K] extends number ? number : T[K] extends readonly string[] ? readonly string[] : T[K];
};

/** The same rule with its types erased, as the engine and the index hold it. */
export interface Rule {
  /** PascalCase, states the fault, never reused. Label, alert name, Event reason and argument of `explain`. */
  readonly name: string;
  /** The fault in one short sentence, without numbers. */
  readonly title: string;
  readonly severity: Severity;
  readonly group: 'fabric' | 'gpu' | 'host' | 'workload' | 'manifest';
  /** Path of the page in this repository: `rules/fabric/one-way-traffic.md`. */
  readonly page: string;
  /** One failed: the rule's findings become unknown. One absent: the rule does not apply to this node. */
  readonly needs: readonly SourceName[];
  readonly uses: readonly SourceName[];
  /** How long a symptom must hold before it fires. */
  readonly forSeconds: number;
  /** How long it must be away before it is resolved; for an event, how long it is shown. */
  readonly clearAfterSeconds: number;
  /**
   * `level`: true while it is yielded. `event`: yielded once when it happens, counted, shown for `clearAfterSeconds` from
   * the time it happened. `until-reboot`: an event that only a reset cures; shown until the boot id changes.
   */
  readonly lasts: 'level' | 'event' | 'until-reboot';
  readonly settings: Settings;
  /** Rules whose firing findings explain findings of this one: its findings are then told with theirs. */
  readonly explainedBy: readonly string[];
  /**
   * Pure: no clock, no memory, no I/O. `before` is the snapshot `settings.windowSeconds` ago (without that setting: the
   * last look), `seconds` the time between the two. `before` is undefined at first sight, and ports whose counters
   * restarted since are not in it: then there is no rate, and the rule is silent or says that it cannot judge.
   */
  check(
    now: View<SourceName, never>,
    before: View<SourceName, never> | undefined,
    seconds: number,
    settings: SettingValues<Settings>,
  ): Iterable<Judgement>;
}

interface Definition<Needs extends SourceName, Uses extends SourceName, T extends Settings> {
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly page: `rules/${Rule['group']}/${string}.md`;
  readonly needs: readonly Needs[];
  readonly uses?: readonly Uses[];
  readonly forSeconds?: number;
  readonly clearAfterSeconds?: number;
  readonly lasts?: Rule['lasts'];
  readonly explainedBy?: readonly string[];
  readonly settings: T;
  check(
    now: View<Needs, Uses>,
    before: View<Needs, Uses> | undefined,
    seconds: number,
    settings: SettingValues<T>,
  ): Iterable<Judgement>;
}

/**
 * A rule with its defaults filled in: fires at once, clears after 60 s, a level. The engine hands every rule the full view;
 * the types of `check`'s parameters hold the rule to what it declared.
 */
export function defineRule<Needs extends SourceName, Uses extends SourceName = never, T extends Settings = Settings>(
  definition: Definition<Needs, Uses, T>,
): Rule {
  const group = definition.page.split('/')[1] as Rule['group'];
  return Object.freeze({ forSeconds: 0, clearAfterSeconds: 60, lasts: 'level', uses: [], explainedBy: [], ...definition, group });
}
