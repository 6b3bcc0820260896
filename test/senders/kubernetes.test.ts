import { describe, expect, test } from 'vitest';
import { configureRules, DEFAULT_CONFIG } from '../../agent/config.ts';
import { factsOf, KUBERNETES_DEFAULTS, openKubernetesExporters } from '../../agent/senders/kubernetes.ts';
import { parseConfig } from '../../agent/config/parse.ts';
import { RULES } from '../../rules/index.ts';
import { surroundings } from '../exporters/kubernetes/fake-api-server.ts';

const parse = (yaml: string) => parseConfig(yaml, 'railmedic.yaml', RULES).exporters.kubernetes;
const names = (yaml: string): readonly string[] => openKubernetesExporters(parse(yaml) ?? KUBERNETES_DEFAULTS, surroundings()).map(({ name }) => name);

describe('exporters.kubernetes', () => {
  test('conditions and Events are on, the taint is not', () => {
    expect(parse('')).toBeUndefined();
    expect(parse('exporters: { kubernetes: {} }')).toEqual(KUBERNETES_DEFAULTS);
    expect(names('')).toEqual(['node-condition', 'event']);
    expect(names('exporters: { kubernetes: { taint: true, events: false } }')).toEqual(['node-condition', 'taint']);
  });

  test.each([
    ['{ conditions: maybe }', 'railmedic.yaml:1: exporters.kubernetes.conditions: got "maybe", expected true or false'],
    ['{ conditionSeverity: info }', 'railmedic.yaml:1: exporters.kubernetes.conditionSeverity: got "info", expected critical or warning'],
    ['{ taintEffect: NoExecute }', 'railmedic.yaml:1: exporters.kubernetes.taintEffect: got "NoExecute", expected NoSchedule or PreferNoSchedule'],
    ['{ event: true }', 'railmedic.yaml:1: unknown key exporters.kubernetes.event; did you mean events?'],
    [
      '{ conditions: false, taint: true }',
      'railmedic.yaml:1: exporters.kubernetes: got Object, expected conditions: true wherever taint: true stands, which follows them',
    ],
  ])('%s is refused', (text, message) => {
    expect(() => parse(`exporters: { kubernetes: ${text} }`)).toThrow(message);
  });
});

test('what the exporters know of a rule is the rule with the configuration applied', () => {
  const change = { severity: 'critical', shadow: true, forSeconds: 7, thresholds: { windowSeconds: 90 } } as const;
  const rules = configureRules({ ...DEFAULT_CONFIG, rules: { FabricReceiveDrops: change } }, RULES).map(factsOf);
  expect(rules.find(({ name }) => name === 'FabricReceiveDrops')).toEqual({
    name: 'FabricReceiveDrops',
    group: 'fabric',
    severity: 'critical',
    needs: ['infiniband'],
    windowSeconds: 90,
    forSeconds: 7,
    clearAfterSeconds: 300,
    lasts: 'level',
    shadow: true,
  });
});
