import { stringify } from 'yaml';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly keepFiringFor: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (AlertRule | RecordingRule)[];
}

/** How often Prometheus evaluates the rules. */
export const EVALUATION_SECONDS = 30;

const HEAD = '# Written by `npm run generate` from deploy/prometheus/source/ and the rules of rules/; do not edit.\n';

/** A plain rules file, as `rule_files:` of Prometheus names it. */
export function rulesFile(groups: readonly RuleGroup[]): string {
  return HEAD + stringify(specOf(groups), { lineWidth: 0 });
}

/**
 * The same as an object of the Prometheus Operator. `release` is what the chart kube-prometheus-stack selects rules by when it
 * is installed under its usual name; a Prometheus that selects all rules does not mind it.
 */
export function prometheusRule(groups: readonly RuleGroup[]): string {
  const labels = {
    'app.kubernetes.io/name': 'railmedic',
    'app.kubernetes.io/component': 'alerts',
    prometheus: 'k8s',
    role: 'alert-rules',
    release: 'kube-prometheus-stack',
  };
  const object = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'railmedic', namespace: 'railmedic', labels },
    spec: specOf(groups),
  };
  return HEAD + stringify(object, { lineWidth: 0 });
}

function specOf(groups: readonly RuleGroup[]): unknown {
  return {
    groups: groups.map(({ name, rules }) => ({ name, interval: `${EVALUATION_SECONDS}s`, rules: rules.map((rule) => ('alert' in rule ? alertOf(rule) : rule)) })),
  };
}

function alertOf({ keepFiringFor, labels, annotations, ...rule }: AlertRule): unknown {
  return { ...rule, keep_firing_for: keepFiringFor, labels, annotations };
}
