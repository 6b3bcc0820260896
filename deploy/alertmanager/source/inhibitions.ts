import type { Rule } from '../../../rules/define.ts';
import { alertingRules } from '../../prometheus/source/finding-alerts.ts';

export interface Inhibition {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

const NODE = ['cluster', 'node'];

/** What mutes what, so that a fault is told once: first what holds for the fleet, then what the rules say of themselves. */
export function inhibitions(rules: readonly Rule[]): readonly Inhibition[] {
  return [...FIXED, ...alertingRules(rules).flatMap((rule) => explained(rule, rules))];
}

const FIXED: readonly Inhibition[] = [
  // A finding that grew worse: the older, milder alert ends some minutes later.
  { source_matchers: ['severity="critical"', 'subject!=""'], target_matchers: ['severity="warning"'], equal: ['alertname', ...NODE, 'subject'] },
  { source_matchers: ['alertname="FleetOneWayTraffic"'], target_matchers: ['alertname=~"FabricOneWayTraffic|FleetRailSlow"'], equal: NODE },
  // Only with a UUID: labels that both lack count as equal, and one lost GPU must not mute another.
  {
    source_matchers: ['alertname="GpuLost"', 'uuid!=""'],
    target_matchers: ['alertname=~"Gpu.+"', 'alertname!="GpuLost"'],
    equal: [...NODE, 'uuid'],
  },
  { source_matchers: ['alertname="RailmedicCollectorFailing"'], target_matchers: ['alertname="RailmedicDataStale"'], equal: [...NODE, 'collector'] },
  {
    source_matchers: ['alertname="RailmedicAgentMissing"', 'scope="node"'],
    target_matchers: ['alertname=~"RailmedicDataStale|RailmedicCollectorFailing"'],
    equal: NODE,
  },
];

/** By `explainedBy`, as the engine joins findings: a fault of one GPU or pod explains none of another, those of the fabric explain any. */
function explained(effect: Rule, rules: readonly Rule[]): readonly Inhibition[] {
  const causes = rules.filter(({ name }) => effect.explainedBy.includes(name));
  const ofGpu = effect.group === 'gpu' ? causes.filter(({ group }) => group === 'gpu') : [];
  const ofPod = effect.group === 'workload' ? causes.filter(({ group }) => group === 'workload') : [];
  const others = causes.filter((cause) => !ofGpu.includes(cause) && !ofPod.includes(cause));
  const target = `alertname="${effect.name}"`;
  return [
    ...(others.length === 0 ? [] : [{ source_matchers: [anyOf(others)], target_matchers: [target], equal: NODE }]),
    ...(ofPod.length === 0 ? [] : [{ source_matchers: [anyOf(ofPod)], target_matchers: [target], equal: [...NODE, 'subject'] }]),
    ...(ofGpu.length === 0
      ? []
      : [
          { source_matchers: [anyOf(ofGpu)], target_matchers: [target, 'subject="node"'], equal: NODE },
          { source_matchers: [anyOf(ofGpu), 'uuid!=""'], target_matchers: [target], equal: [...NODE, 'uuid'] },
        ]),
  ];
}

function anyOf(rules: readonly Rule[]): string {
  const [only, ...more] = rules.map(({ name }) => name);
  return more.length === 0 ? `alertname="${only ?? ''}"` : `alertname=~"${rules.map(({ name }) => name).join('|')}"`;
}
