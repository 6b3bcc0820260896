import { stringify } from 'yaml';
import { NODE_RULES } from '../../../rules/index.ts';

/**
 * Every rule as it is, but quick: windows of three seconds, and nothing waits longer than two to begin or to end. A one-way
 * port is critical here also where it had received before, so that one tree can fall ill twice.
 */
export function quickConfig(exporters: object = {}): string {
  const rules = NODE_RULES.filter(({ lasts }) => lasts === 'level').map((rule) => {
    const { windowSeconds } = rule.settings;
    const quick = {
      forSeconds: Math.min(rule.forSeconds, 2),
      clearAfterSeconds: Math.min(rule.clearAfterSeconds, 2),
      ...(typeof windowSeconds === 'number' && { thresholds: { windowSeconds: Math.min(windowSeconds, 3) } }),
      ...(rule.name === 'FabricOneWayTraffic' && { severity: 'critical' }),
    };
    return [rule.name, quick] as const;
  });
  return stringify({ rules: Object.fromEntries(rules), exporters });
}
