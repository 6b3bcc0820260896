import type { Cause, Finding, Report } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import { statement } from '../stories.ts';

/** A finding in Alertmanager's words. Two with the same labels are the same alert to it. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface AlertWords {
  /** Put on every alert: `cluster`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Below it lies rules/, without a slash at its end; no page is named without it. */
  readonly runbookBase?: string | undefined;
  /** Grafana with the dashboards of deploy/grafana, without a slash at its end; none is named without it. */
  readonly dashboardBase?: string | undefined;
  /** What each rule is about, by its name; the title of the finding stands for one that is not in it. */
  readonly ruleTitles?: ReadonlyMap<string, string> | undefined;
}

/** A subject is a device, a GPU, a pod; what is longer was written by a stranger. */
const MAX_LABEL = 256;
const MAX_TEXT = 1500;
const MAX_COMMANDS = 3000;
const MAX_CAUSES = 3;
/** The GPU that the subject of a rule on GPUs names, by its UUID or, where nobody knows that, its PCI address. */
const GPU = /^Gpu[^ ]+ ((?:GPU-|[0-9a-f]{4,8}:)[^ ]+)/;

/** Who the finding is about; `nodeGroup` is undefined without Kubernetes. */
export type AlertNode = Pick<Report, 'node' | 'nodeGroup'>;

/**
 * The labels are those of the Prometheus alert of the same rule (deploy/prometheus), so that routes, inhibitions and silences serve
 * both, and Alertmanager takes both for one when `cluster` is the same.
 */
export function alertOf(finding: Finding, { node, nodeGroup }: AlertNode, words: AlertWords): Alert {
  const { rule, severity } = finding;
  const subject = label(finding.subject);
  const uuid = GPU.exec(`${rule} ${subject}`)?.[1];
  return {
    labels: {
      ...words.labels,
      alertname: rule,
      rule,
      severity,
      node: label(node),
      ...(nodeGroup && { node_group: label(nodeGroup) }),
      subject,
      ...(uuid !== undefined && { uuid }),
    },
    annotations: annotationsOf(finding, node, words),
  };
}

function annotationsOf(finding: Finding, node: string, words: AlertWords): Record<string, string> {
  const { rule, causes, explainedBy } = finding;
  const { runbookBase } = words;
  const all: readonly (readonly [string, string])[] = [
    // The same for all findings of a rule: Alertmanager tells of a group what its alerts have in common.
    ['summary', text(`${words.ruleTitles?.get(rule) ?? finding.title}.`)],
    ['description', text(`${node}: ${statement(finding)}`)],
    ['cause', causes.slice(0, MAX_CAUSES).map(causeWords).join('\n')],
    ['check', commands(rule, causes.find(({ check }) => check.length > 0)?.check)],
    ['fix', commands(rule, causes.find(({ fix }) => fix.length > 0)?.fix)],
    ['explained_by', text(explainedBy.map((name) => `${name.rule} on ${name.subject}`).join(', '))],
    ['runbook_url', runbookBase === undefined ? '' : `${runbookBase}/${finding.page}`],
    ['dashboard_url', dashboardUrl(node, words)],
  ];
  return Object.fromEntries(all.filter(([, value]) => value !== ''));
}

function dashboardUrl(node: string, { dashboardBase, labels }: AlertWords): string {
  if (dashboardBase === undefined) return '';
  return `${dashboardBase}/d/railmedic-node?var-cluster=${encodeURIComponent(labels['cluster'] ?? '')}&var-node=${encodeURIComponent(node)}`;
}

function causeWords({ likelihood, why }: Cause): string {
  return text(`${likelihood}: ${why}`);
}

/** One a line. Half a command must not be typed: what is too long is left to the page. */
function commands(rule: string, lines: readonly string[] = []): string {
  const whole = lines.map(visible).join('\n');
  return whole.length <= MAX_COMMANDS ? whole : `too long for an alert: railmedic explain ${rule}`;
}

function text(words: string): string {
  const shown = visible(words);
  return shown.length <= MAX_TEXT ? shown : `${cut(shown, MAX_TEXT)}…`;
}

/** Two long values that begin alike stay two. */
function label(value: string): string {
  const shown = visible(value);
  if (shown.length <= MAX_LABEL) return shown;
  // Not as an ES import, which would load the whole of Web Crypto with it.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return `${cut(shown, MAX_LABEL - 20)}… ${createHash('sha256').update(shown).digest('hex').slice(0, 16)}`;
}

/** Never between the two halves of a character. */
function cut(shown: string, length: number): string {
  return shown.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}
