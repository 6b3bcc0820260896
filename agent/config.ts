import type { Rule } from '../rules/define.ts';
import type { ParsedConfig } from './config/parse.ts';
import type { ConfiguredRule } from './standing.ts';

/** What a person changed of the defaults; parse-config.ts says what a file may hold. */
export type Config = ParsedConfig;
export const DEFAULT_CONFIG: Config = { rules: {}, suppressions: [], required: { mounts: [], ports: [] }, exporters: {} };

/** The rules as the configuration wants them. `windowLimitSeconds` shortens how long a symptom must hold on a short watch. */
export function configureRules(config: Config, rules: readonly Rule[], windowLimitSeconds = Infinity): readonly ConfiguredRule[] {
  return rules.flatMap((rule) => {
    const change = config.rules[rule.name] ?? {};
    if (change.off) return [];
    const settings = { ...rule.settings, ...change.thresholds };
    if (rule.name === 'InfinibandPortDown' && config.required.ports.length > 0) settings['requiredPorts'] = config.required.ports;
    return [
      {
        rule,
        settings,
        forSeconds: Math.min(change.forSeconds ?? rule.forSeconds, windowLimitSeconds),
        clearAfterSeconds: change.clearAfterSeconds ?? rule.clearAfterSeconds,
        severity: change.severity,
        shadow: change.shadow ?? false,
      },
    ];
  });
}

/** Why a finding is silenced now, as the report says it; undefined when nothing silences it. */
export function suppressionFor(config: Config): (rule: string, subject: string, now: Date) => string | undefined {
  const entries = config.suppressions.map((entry) => ({
    ...entry,
    untilMs: Date.parse(entry.until),
    pattern: new RegExp(`^${entry.subject.split('*').map((part) => RegExp.escape(part)).join('.*')}$`, 's'),
  }));
  return (rule, subject, now) => {
    const found = entries.find(
      (entry) => (entry.rule === '*' || entry.rule === rule) && now.getTime() < entry.untilMs && entry.pattern.test(subject),
    );
    return found && `${found.reason} (until ${found.until})`;
  };
}
