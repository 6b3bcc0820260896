import type { Rule } from './define.ts';

const GROUPS: Readonly<Record<Rule['group'], string>> = {
  fabric: 'Fabric (EFA, InfiniBand, RoCE)',
  gpu: 'GPU',
  host: 'Host',
  workload: 'Workload',
  manifest: 'Manifest',
};

/** The text of rules/README.md: every rule with its severity, what it says, and its page. */
export function rulesReadme(rules: readonly Rule[]): string {
  const sections = Object.entries(GROUPS).flatMap(([group, heading]) => {
    const rows = rules.filter((rule) => rule.group === group).map(row);
    return rows.length === 0 ? [] : ['', `## ${heading}`, '', '| rule | severity | fires when | thresholds |', '|---|---|---|---|', ...rows];
  });
  return [
    '# The rules',
    '',
    'Generated from the code by `npm run generate`; a test holds it equal. `railmedic explain NAME` prints a page in the terminal.',
    'Thresholds are defaults: the configuration changes them, the severity, or switches a rule off.',
    ...sections,
    '',
  ].join('\n');
}

function row(rule: Rule): string {
  const link = rule.page.replace(/^rules\//, '');
  const thresholds = Object.entries(rule.settings).map(([name, value]) => `\`${name}\` ${typeof value === 'number' ? value : `[${value.join(', ')}]`}`);
  return `| [${rule.name}](${link}) | ${rule.severity} | ${rule.title} | ${thresholds.join(', ') || '–'} |`;
}
