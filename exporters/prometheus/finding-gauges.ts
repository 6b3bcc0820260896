import { Gauge, type Registry } from '@prometheus-io/client';
import type { Finding } from '../../agent/model.ts';
import { visible } from '../escape.ts';

/** Findings by how they are to be taken: a shadow or suppressed one is never in `railmedic_finding`, which alerts stand on. */
export function findingGauges(registry: Registry): (findings: readonly Finding[]) => void {
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
  return (findings) => {
    for (const gauge of [loud, shadow, suppressed]) gauge.reset();
    for (const finding of findings) {
      const { severity, state } = finding;
      const subject = visible(finding.subject);
      const labels = { rule: finding.rule, severity, state, subject };
      if (finding.shadow) shadow.set(labels, 1);
      else if (finding.suppressed === undefined) loud.set(labels, 1);
      else if (state === 'firing') suppressed.set({ rule: finding.rule, severity, subject }, 1);
    }
  };
}
