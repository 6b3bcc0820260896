import type { Rule } from '../../../rules/define.ts';
import { factOf } from './facts.ts';
import { dashboards, type Links } from './links.ts';
import { NODES_OF_RULE, STANDING, WORDS } from './recorded-findings.ts';
import { EVALUATION_SECONDS, type AlertRule } from './rule-file.ts';

/** A pod that is replaced and two scrapes of 30 s that come to nothing. */
const BRIDGED_SECONDS = 120;

/** Rules of warning or worse that the agent judges on a node; what preflight says of a manifest is no series. */
export function alertingRules(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter(({ severity, group }) => severity !== 'info' && group !== 'manifest');
}

/**
 * Debounced once, by one of the two. Where the rule waits itself (`forSeconds`), Prometheus does not. Where the rule speaks at
 * its first sight of a fault, Prometheus waits for a second evaluation; an event (an Xid) happened, whatever is seen next.
 * `clearAfterSeconds` lie behind a finding that is resolved, so an alert outlives it only as long as an agent that was
 * replaced needs to come to the same finding again: the gap, the rule's window, and its `forSeconds`. An event that an agent
 * reported before it was replaced is not reported again: its alert ends with the same delay.
 * The severity is the series' own, since symptoms and the configuration can change it; `info` never alerts.
 */
export function findingAlert(rule: Rule, links: Links): AlertRule {
  const { name, title, page } = rule;
  return {
    alert: name,
    expr: `${STANDING}{rule="${name}",severity!="info"}\n* on (cluster, rule) group_left () ${NODES_OF_RULE}`,
    for: rule.lasts === 'level' && rule.forSeconds === 0 ? `${EVALUATION_SECONDS}s` : '0s',
    keepFiringFor: minutes(BRIDGED_SECONDS + rule.forSeconds + windowSeconds(rule)),
    labels: { severity: '{{ $labels.severity }}' },
    annotations: {
      summary: `${title}.`,
      description: `{{ $labels.node }}{{ if ne $labels.subject "node" }}, {{ $labels.subject }}{{ end }}: ${words(name, title)} {{ if eq $value 1.0 }}No other node has this alert now.{{ else }}{{ $value | humanize }} nodes have this alert now.{{ end }}`,
      check: AGENT_LOG,
      runbook_url: `${links.runbookBase}/${page}`,
      dashboard_url: dashboards.node(links),
    },
  };
}

/**
 * What the agent says of this finding: its title, which can be graver than the rule's, and its first cause; between them a
 * number. Looked up, since as labels they would make another alert of each cause. `%q` quotes as PromQL reads it. Where two
 * pods differ, either serves.
 */
function words(rule: string, title: string): string {
  const found = `printf "${WORDS}{cluster=%q,node=%q,rule=%q,subject=%q}" $labels.cluster $labels.node "${rule}" $labels.subject | query`;
  const own = `{{ with ${found} }}{{ . | first | label "title" }}{{ else }}${title}{{ end }}.`;
  const cause = `{{ with ${found} }}{{ with . | first | label "cause" }} Likeliest cause: {{ . }}.{{ end }}{{ end }}`;
  return `${own}${factOf(rule)}${cause}`;
}

/** What the node saw, with numbers, ranked causes and the commands that mend it. */
export const AGENT_LOG =
  'kubectl -n railmedic logs --tail=200 $(kubectl -n railmedic get pods -o name -l app.kubernetes.io/name=railmedic --field-selector spec.nodeName={{ $labels.node }})';

function windowSeconds({ settings }: Rule): number {
  return typeof settings['windowSeconds'] === 'number' ? settings['windowSeconds'] : 0;
}

function minutes(seconds: number): string {
  return `${Math.ceil(seconds / 60)}m`;
}
