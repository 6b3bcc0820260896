import type { Rule } from '../../../rules/define.ts';
import { agentAlerts } from './agent-alerts.ts';
import { alertingRules, findingAlert } from './finding-alerts.ts';
import { fleetAlerts } from './fleet-alerts.ts';
import type { Links } from './links.ts';
import { recordedFindings } from './recorded-findings.ts';
import { recordedGpus } from './recorded-gpus.ts';
import { recordedPeers } from './recorded-peers.ts';
import { recordedTraffic, recordedWorkloadTraffic } from './recorded-traffic.ts';
import { recordedWorkloads } from './recorded-workloads.ts';
import type { RuleGroup } from './rule-file.ts';

/** A group is evaluated in its order, groups side by side: what stands on a recorded series follows it in its group. */
export function ruleGroups(rules: readonly Rule[], links: Links): readonly RuleGroup[] {
  return [
    { name: 'railmedic-findings', rules: [...recordedFindings, ...alertingRules(rules).map((rule) => findingAlert(rule, links))] },
    {
      name: 'railmedic-fleet',
      rules: [...recordedTraffic, ...recordedWorkloads, ...recordedWorkloadTraffic, ...recordedPeers, ...fleetAlerts(links)],
    },
    { name: 'railmedic-agents', rules: [...agentAlerts(links), ...recordedGpus] },
  ];
}
