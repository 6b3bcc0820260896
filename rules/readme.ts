import type { Rule } from './define.ts';

const GROUPS: Readonly<Record<Rule['group'], string>> = {
  fabric: 'Fabric (EFA, InfiniBand, RoCE)',
  gpu: 'GPU',
  host: 'Host',
  workload: 'Workload',
  manifest: 'Manifest',
};

const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** The text of rules/README.md: every rule with its severity, what it says, when, of what, and its page. */
export function rulesReadme(rules: readonly Rule[]): string {
  const sections = Object.entries(GROUPS).flatMap(([group, heading]) => {
    const rows = rules.filter((rule) => rule.group === group).toSorted((a, b) => rank(a) - rank(b));
    if (rows.length === 0) return [];
    return group === 'manifest' ? manifestSection(heading, rows) : nodeSection(heading, rows);
  });
  return [...INTRODUCTION, ...sections, ''].join('\n');
}

/** Worst first; rules of one severity stay in the order of the catalogue. */
function rank({ severity }: Rule): number {
  return SEVERITIES.indexOf(severity);
}

function nodeSection(heading: string, rules: readonly Rule[]): readonly string[] {
  const rows = rules.map((rule) => `| ${[link(rule), rule.severity, rule.title, holds(rule), clears(rule), sources(rule), thresholds(rule)].join(' | ')} |`);
  return ['', `## ${heading}`, '', '| rule | severity | fires when | must hold | ends | reads | thresholds |', '|---|---|---|---|---|---|---|', ...rows];
}

/** A manifest has no time: what it says is so, or it is not. */
function manifestSection(heading: string, rules: readonly Rule[]): readonly string[] {
  const rows = rules.map((rule) => `| ${[link(rule), rule.severity, rule.title, thresholds(rule)].join(' | ')} |`);
  return ['', `## ${heading}`, '', 'Asked by `railmedic preflight FILE...`.', '', '| rule | severity | fires when | thresholds |', '|---|---|---|---|', ...rows];
}

function link({ name, page }: Rule): string {
  return `[${name}](${page.replace(/^rules\//, '')})`;
}

function holds({ forSeconds }: Rule): string {
  return forSeconds === 0 ? '–' : `${forSeconds} s`;
}

function clears({ lasts, clearAfterSeconds }: Rule): string {
  if (lasts === 'until-reboot') return 'with the boot';
  return lasts === 'event' ? `${clearAfterSeconds} s after it happened` : `${clearAfterSeconds} s after it is gone`;
}

function sources({ needs, uses }: Rule): string {
  const names = [...needs.map((name) => `\`${name}\``), ...uses.map((name) => `(\`${name}\`)`)];
  return names.join(', ') || '–';
}

function thresholds({ settings }: Rule): string {
  return Object.entries(settings).map(([name, value]) => `\`${name}\` ${typeof value === 'number' ? value : `[${value.join(', ')}]`}`).join(', ') || '–';
}

const INTRODUCTION = [
  '# The rules',
  '',
  'Generated from the code by `npm run generate`; a test holds it equal. `railmedic explain NAME` prints a page in the terminal.',
  '',
  '- **One name everywhere**: it is the label `rule` of `railmedic_finding`, the reason of the Event and of the Node condition, and the alert in',
  '  [deploy/prometheus/rules.yaml](../deploy/prometheus/rules.yaml). Rules of severity info and those of manifests have none.',
  '- **severity** is the rule\'s own; a finding can have another where its page says so (an Xid).',
  '- **must hold**: so long a symptom has to be there before the rule fires. **ends**: so long after the last sight of it the finding is resolved. `diagnose`',
  '  does not wait longer than it watches.',
  '- **reads**: the sources a rule needs, and in parentheses those it uses when they are there. One that it needs failed: its findings become `unknown`. One',
  '  absent: the rule does not apply to this node.',
  '- **thresholds** are defaults. The configuration changes them, the severity, both times, or switches a rule off: [configuration.md](../docs/configuration.md#thresholds).',
];
