import { eventExporter } from '../../exporters/event.ts';
import type { KubernetesParts, RuleFacts } from '../../exporters/kubernetes/parts.ts';
import { nodeConditionExporter } from '../../exporters/node-condition.ts';
import { conditionRemover } from '../../exporters/node-condition/remover.ts';
import { taintExporter } from '../../exporters/taint.ts';
import type { KubernetesConfig } from '../config/kubernetes.ts';
import type { Exporter } from '../model.ts';
import type { ConfiguredRule } from '../standing.ts';

/** Where the configuration says nothing of it. */
export const KUBERNETES_DEFAULTS: KubernetesConfig = {
  conditions: true,
  conditionSeverity: 'critical',
  events: true,
  eventSeverity: 'warning',
  taint: false,
  taintEffect: 'NoSchedule',
  taintAfterSeconds: 300,
};

/** What writes into the cluster, as the configuration asks for it. */
export function openKubernetesExporters(config: KubernetesConfig, parts: KubernetesParts): readonly Exporter[] {
  const exporters: Exporter[] = [];
  if (config.conditions) {
    const conditions = nodeConditionExporter({ ...parts, severity: config.conditionSeverity });
    exporters.push(conditions);
    const taint = { ...parts, effect: config.taintEffect, afterSeconds: config.taintAfterSeconds };
    if (config.taint) exporters.push(taintExporter({ ...taint, statuses: () => conditions.statuses() }));
  } else exporters.push(conditionRemover(parts));
  if (config.events) exporters.push(eventExporter({ ...parts, severity: config.eventSeverity }));
  return exporters;
}

export function factsOf({ rule, settings, forSeconds, clearAfterSeconds, severity, shadow }: ConfiguredRule): RuleFacts {
  const { windowSeconds } = settings;
  return {
    name: rule.name,
    group: rule.group,
    severity: severity ?? rule.severity,
    needs: rule.needs,
    windowSeconds: typeof windowSeconds === 'number' ? windowSeconds : 0,
    forSeconds,
    clearAfterSeconds,
    lasts: rule.lasts,
    shadow,
  };
}
