import { Gauge, type Registry } from '@prometheus-io/client';
import type { Finding } from '../../agent/model.ts';
import { visible } from '../escape.ts';

/**
 * Findings by how they are to be taken: a shadow or suppressed one is never in `railmedic_finding`, which alerts stand on.
 * Returns what sets them and tells whether anything is new.
 */
export function findingGauges(registry: Registry): (findings: readonly Finding[]) => boolean {
  const registers = [registry];
  const labelNames = ['rule', 'severity', 'state', 'subject'] as const;
  const loud = new Gauge({
    name: 'railmedic_finding',
    help: 'A finding, by state: firing, unknown (cannot be judged now) or resolved (lately); always 1.',
    labelNames,
    registers,
  });
  const shadow = new Gauge({
    name: 'railmedic_finding_shadow',
    help: 'A finding of a rule that the configuration keeps in the shadow; always 1.',
    labelNames,
    registers,
  });
  const suppressed = new Gauge({
    name: 'railmedic_finding_suppressed',
    help: 'A firing finding that the configuration suppresses; always 1.',
    labelNames: ['rule', 'severity', 'subject'],
    registers,
  });
  const setStories = storyGauges(registry);
  let last: readonly Finding[] | undefined;
  return (findings) => {
    const isNew = last?.length !== findings.length || !findings.every((finding, index) => isAlike(finding, last?.[index]));
    last = findings;
    if (!isNew) return false;
    for (const gauge of [loud, shadow, suppressed]) gauge.reset();
    setStories(findings);
    for (const finding of findings) {
      const { severity, state } = finding;
      const subject = visible(finding.subject);
      const labels = { rule: finding.rule, severity, state, subject };
      if (finding.shadow) shadow.set(labels, 1);
      else if (finding.suppressed === undefined) loud.set(labels, 1);
      else if (state === 'firing') suppressed.set({ rule: finding.rule, severity, subject }, 1);
    }
    return true;
  };
}

/** What a table of sick nodes says beside the rule's name; series only for what alerts stand on and is not over. */
function storyGauges(registry: Registry): (findings: readonly Finding[]) => void {
  const registers = [registry];
  const since = new Gauge({
    name: 'railmedic_finding_since_timestamp_seconds',
    help: 'When a finding that is firing or unknown began, in Unix time.',
    labelNames: ['rule', 'subject'],
    registers,
  });
  const info = new Gauge({
    name: 'railmedic_finding_info',
    help: 'A finding that is firing or unknown in words: its title, its page in the repository and its first cause; always 1.',
    labelNames: ['rule', 'subject', 'title', 'page', 'cause'],
    registers,
  });
  return (findings) => {
    since.reset();
    info.reset();
    for (const { rule, subject: name, title, page, causes, since: began, state, shadow, suppressed } of findings) {
      if (state === 'resolved' || shadow || suppressed !== undefined) continue;
      const subject = visible(name);
      info.set({ rule, subject, title: visible(title), page, cause: causes[0]?.cause ?? '' }, 1);
      const seconds = Date.parse(began) / 1000;
      if (Number.isFinite(seconds)) since.set({ rule, subject }, seconds);
    }
  };
}

const SHOWN = ['rule', 'severity', 'state', 'subject', 'shadow', 'suppressed', 'since', 'title', 'page'] as const;

/** Whether two findings give the same series, whatever else has changed of them. */
function isAlike(now: Finding, before: Finding | undefined): boolean {
  return before !== undefined && SHOWN.every((key) => now[key] === before[key]) && now.causes[0]?.cause === before.causes[0]?.cause;
}
