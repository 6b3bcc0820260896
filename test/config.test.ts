import { describe, expect, test } from 'vitest';
import { configureRules, DEFAULT_CONFIG, suppressionFor } from '../agent/config.ts';
import { parseConfig } from '../agent/config/parse.ts';
import { defineRule } from '../rules/define.ts';

const oneWay = defineRule({
  name: 'FabricOneWayTraffic',
  title: 'A port sends and receives nothing',
  severity: 'critical',
  page: 'rules/fabric/one-way-traffic.md',
  needs: ['infiniband'],
  forSeconds: 20,
  settings: { windowSeconds: 30, packets: 100 },
  *check() {},
});
const portDown = defineRule({
  name: 'InfinibandPortDown',
  title: 'A port is down',
  severity: 'warning',
  page: 'rules/fabric/infiniband-port-down.md',
  needs: ['infiniband'],
  settings: { requiredPorts: [] },
  *check() {},
});
const rules = [oneWay, portDown];
const parse = (text: string) => parseConfig(text, 'railmedic.yaml', rules);

describe('what the configuration changes', () => {
  test('nothing, when it is empty', () => {
    expect(parse('')).toEqual(DEFAULT_CONFIG);
    expect(parse('# only a comment\n')).toEqual(DEFAULT_CONFIG);
  });

  test('thresholds, severity, times, off and shadow of a rule', () => {
    const config = parse(`
rules:
  FabricOneWayTraffic:
    severity: warning
    shadow: true
    forSeconds: 5
    clearAfterSeconds: 7
    thresholds: { windowSeconds: 10 }
  InfinibandPortDown:
    off: true
`);
    expect(configureRules(config, rules)).toEqual([
      { rule: oneWay, settings: { windowSeconds: 10, packets: 100 }, forSeconds: 5, clearAfterSeconds: 7, severity: 'warning', shadow: true },
    ]);
  });

  test('required ports reach the rule that judges them', () => {
    const [, configured] = configureRules(parse('required: { ports: [mlx5_0/1] }'), rules);
    expect(configured?.settings).toEqual({ requiredPorts: ['mlx5_0/1'] });
  });

  test('a short watch shortens how long a symptom must hold', () => {
    expect(configureRules(DEFAULT_CONFIG, [oneWay], 10)[0]?.forSeconds).toBe(10);
  });

  test('a suppression holds for its rule, its subjects and its time', () => {
    const config = parse(`
suppressions:
  - rule: FabricOneWayTraffic
    subject: rdmap16s0/*
    until: 2026-12-01T00:00:00Z
    reason: being repaired
`);
    const why = suppressionFor(config);
    const november = new Date('2026-11-23T00:00:00Z');
    expect(why('FabricOneWayTraffic', 'rdmap16s0/1', november)).toBe('being repaired (until 2026-12-01T00:00:00Z)');
    expect(why('FabricOneWayTraffic', 'rdmap16s0/1', new Date('2026-12-01T00:00:00Z'))).toBeUndefined();
    expect(why('FabricOneWayTraffic', 'rdmap16s01', november)).toBeUndefined();
    expect(why('InfinibandPortDown', 'rdmap16s0/1', november)).toBeUndefined();
  });

  test('a pattern means its characters literally, but for the star', () => {
    const why = suppressionFor(parse('suppressions: [{ rule: "*", subject: "a.b(c", until: 2030-01-01T00:00:00Z, reason: x }]'));
    expect(why('Any', 'a.b(c', new Date(0))).toBe('x (until 2030-01-01T00:00:00Z)');
    expect(why('Any', 'aXb(c', new Date(0))).toBeUndefined();
  });
});

describe('what it cannot mean is named with its line', () => {
  test.each([
    ['rulez: {}', 'railmedic.yaml:1: unknown key rulez; did you mean rules?'],
    ['rules:\n  FabricOneWayTrafic: {}', 'railmedic.yaml:2: unknown rule FabricOneWayTrafic; did you mean FabricOneWayTraffic?'],
    ['rules:\n  FabricOneWayTraffic:\n    severty: info', 'railmedic.yaml:3: unknown key rules.FabricOneWayTraffic.severty; did you mean severity?'],
    ['rules:\n  FabricOneWayTraffic:\n    severity: bad', 'railmedic.yaml:3: rules.FabricOneWayTraffic.severity: got "bad", expected critical, warning or info'],
    ['rules:\n  FabricOneWayTraffic:\n    thresholds:\n      windowSecond: 3', 'railmedic.yaml:4: unknown threshold windowSecond of FabricOneWayTraffic; did you mean windowSeconds?'],
    ['rules:\n  FabricOneWayTraffic:\n    thresholds:\n      packets: [a]', 'railmedic.yaml:4: rules.FabricOneWayTraffic.thresholds.packets: got ["a"], expected a number, like its default 100'],
    ['rules:\n  FabricOneWayTraffic:\n    forSeconds: -1', 'railmedic.yaml:3: rules.FabricOneWayTraffic.forSeconds: got -1, expected a number of 0 or more'],
    ['suppressions:\n  - rule: "*"\n    until: tomorrow\n    reason: x', 'railmedic.yaml:3: suppressions.0.until: got "tomorrow", expected a moment as RFC 3339, 2026-12-01T00:00:00Z'],
    ['suppressions:\n  - rule: "*"\n    until: 2030-01-01T00:00:00Z', 'railmedic.yaml:2: suppressions.0.reason is missing'],
    ['required:\n  mounts:\n    - path: shared', 'railmedic.yaml:3: required.mounts.0.path: got "shared", expected an absolute path'],
    ['rules: [', 'railmedic.yaml:1: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['just text', 'railmedic.yaml:1: the file: got "just text", expected Object'],
  ])('%j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  test('a document that unfolds itself without end is refused', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', 'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]', 'c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]', 'd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]'];
    expect(() => parse(bomb.join('\n'))).toThrow('railmedic.yaml:1: cannot be unfolded: Excessive alias count');
  });
});
