import { RULES } from '../../../rules/index.ts';
import type { Artefact } from '../../artefact.ts';
import { ruleGroups } from './groups.ts';
import { linksFrom } from './links.ts';
import { prometheusRule, rulesFile } from './rule-file.ts';

/** The same rules twice: for a plain Prometheus and for the Prometheus Operator. */
export function prometheusArtefacts(): readonly Artefact[] {
  const groups = ruleGroups(RULES, linksFrom(process.env));
  return [
    { path: 'deploy/prometheus/rules.yaml', text: rulesFile(groups) },
    { path: 'deploy/prometheus/prometheus-rule.yaml', text: prometheusRule(groups) },
  ];
}
