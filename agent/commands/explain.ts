import { readPage } from '../assets.ts';
import { ruleNamed } from '../rule-names.ts';
import type { Terminal } from '../terminal.ts';
import { RULES } from '../../rules/index.ts';
import type { Rule } from '../../rules/define.ts';

const GROUPS: Readonly<Record<Rule['group'], string>> = {
  fabric: 'Fabric (EFA, InfiniBand, RoCE)',
  gpu: 'GPU',
  host: 'Host',
  workload: 'Workload',
  manifest: 'Manifest (preflight)',
};

/** Prints a rule's page, or the list of all rules. */
export async function explain(name: string | undefined, terminal: Terminal): Promise<void> {
  terminal.print(name === undefined ? listRules() : await page(ruleNamed(name)));
}

/** The front matter says for programs what the head says for people. */
async function page(rule: Rule): Promise<string> {
  const text = (await readPage(rule.page)).replace(/^---\n[\s\S]*?\n---\n+/, '');
  return `# ${rule.name} (${rule.severity}): ${rule.title}\n\n${text}`;
}

function listRules(): string {
  const width = Math.max(...RULES.map((rule) => rule.name.length));
  const groups = Object.entries(GROUPS).flatMap(([group, heading]) => {
    const rules = RULES.filter((rule) => rule.group === group);
    if (rules.length === 0) return [];
    const lines = rules.map((rule) => `  ${rule.name.padEnd(width)}  ${rule.severity.padEnd(8)}  ${rule.title}`);
    return [heading, ...lines, ''];
  });
  return [...groups, `${RULES.length} rules.   railmedic explain NAME shows the page of one.`].join('\n');
}
