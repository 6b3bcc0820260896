import { describe, expect, test } from 'vitest';
import { RULES_WITH_FACT } from '../../../deploy/prometheus/source/facts.ts';
import { ruleGroups } from '../../../deploy/prometheus/source/groups.ts';
import { DEFAULT_LINKS } from '../../../deploy/prometheus/source/links.ts';
import { RULES } from '../../../rules/index.ts';
import { findPromtool } from '../../promtool.ts';
import { knownMetrics } from '../exported-metrics.ts';
import { readPromql } from '../promql.ts';
import { promtoolTest, type Expectation, type Series } from './promtool-test.ts';

const promtool = await findPromtool();
const target = 'cluster="prod",namespace="railmedic",pod="railmedic-x",job="railmedic/railmedic",instance="10.0.3.7:9477"';
const nodeInfo = `railmedic_node_info{${target},node="n1",instance_type="",zone="",node_group=""}`;
const rule = 'FabricOneWayTraffic';
const finding = (subject: string, state = 'firing'): string => `railmedic_finding{${target},rule="${rule}",severity="critical",state="${state}",subject="${subject}"}`;
const info = (subject: string, title: string, cause: string): string =>
  `railmedic_finding_info{${target},rule="${rule}",subject="${subject}",title="${title}",page="rules/fabric/one-way-traffic.md",cause="${cause}"}`;
const says = (series: Series, ...expect_: readonly Expectation[]): Promise<string> => promtoolTest(promtool.path, [{ name: rule, series: { [nodeInfo]: '1x60', ...series }, expect: expect_ }]);
const fires = (at: string, subject: string, description: string): Expectation => ({
  at,
  alert: rule,
  fires: [{ labels: { cluster: 'prod', node: 'n1', rule, severity: 'critical', subject }, description }],
});
const EVERY = 'Every EFA device that sends receives nothing';

describe.skipIf(promtool.missing !== undefined)(`the description of an alert ${promtool.missing ?? ''}`, () => {
  test("has the finding's own title and its first cause, and takes another cause without becoming another alert", async () => {
    const series = { [finding('node')]: '1x60', [info('node', EVERY, 'security-group-egress')]: '1x20 stale', [info('node', EVERY, 'peer-gone')]: '_x21 1x30' };
    const words = (cause: string): string => `n1: ${EVERY}. Likeliest cause: ${cause}. No other node has this alert now.`;
    expect(await says(series, fires('5m', 'node', words('security-group-egress')), fires('15m', 'node', words('peer-gone')))).toBe('');
  });

  test('has a number of the node, humanized, where there is one', async () => {
    const sent = `railmedic_infiniband_transmit_packets_total{${target},device="rdmap16s0",port="1"}`;
    const device = `railmedic_infiniband_device_info{${target},device="rdmap16s0",driver="efa",is_efa="true"}`;
    const series = { [finding('node')]: '1x60', [info('node', EVERY, 'security-group-egress')]: '1x60', [sent]: '0+109182x60', [device]: '1x60' };
    const told = `n1: ${EVERY}. The node sends 3.639k packets a second over its fabric. Likeliest cause: security-group-egress. No other node has this alert now.`;
    expect(await says(series, fires('10m', 'node', told))).toBe('');
  });

  test.each([
    ['GpuThermalSlowdown', 'gpu_temperature_celsius', '87', 'It is at 87 °C.'],
    ['GpuPowerBrake', 'gpu_power_watts', '312.5', 'It draws 312.5W.'],
    ['GpuEccUncorrected', 'gpu_ecc_uncorrected_volatile_errors_total', '2', 'It has counted 2 since its driver was loaded.'],
  ])('%s has that of its GPU', async (name, metric, value, sentence) => {
    const uuid = 'GPU-1';
    const series = {
      [nodeInfo]: '1x60',
      [finding(uuid).replace(rule, name)]: '1x60',
      [`railmedic_${metric}{${target},gpu="0",uuid="${uuid}"}`]: `${value}x60`,
      [`railmedic_${metric}{${target},gpu="1",uuid="GPU-2"}`]: '999x60',
    };
    const title = RULES.find((one) => one.name === name)?.title ?? '';
    const told = { labels: { cluster: 'prod', node: 'n1', rule: name, severity: 'critical', subject: uuid, uuid }, description: `n1, ${uuid}: ${title}. ${sentence} No other node has this alert now.` };
    expect(await promtoolTest(promtool.path, [{ name, series, expect: [{ at: '10m', alert: name, fires: [told] }] }])).toBe('');
  });

  test('without a cause', async () => {
    const series = { [finding('rdmap16s0/1')]: '1x60', [info('rdmap16s0/1', 'A fabric port sends and receives nothing', '')]: '1x60' };
    expect(await says(series, fires('5m', 'rdmap16s0/1', 'n1, rdmap16s0/1: A fabric port sends and receives nothing. No other node has this alert now.'))).toBe('');
  });

  test('from an agent that exports no words', async () => {
    expect(await says({ [finding('node')]: '1x60' }, fires('5m', 'node', 'n1: A fabric port sends and receives nothing. No other node has this alert now.'))).toBe('');
  });

  test('keeps them where the finding cannot be judged any more, and where the node has died', async () => {
    const words = info('node', EVERY, 'security-group-egress');
    const series = { [finding('node')]: '1x10 stale', [finding('node', 'unknown')]: '_x11 1x9 stale', [words]: '1x10 stale', [nodeInfo]: '1x20 stale' };
    const told = `n1: ${EVERY}. Likeliest cause: security-group-egress. No other node has this alert now.`;
    expect(await says(series, ...['5m', '9m', '15m', '21m'].map((at) => fires(at, 'node', told)))).toBe('');
  });

  test('of two pods side by side is that of either', async () => {
    const twin = (series: string): string => series.replace('railmedic-x', 'railmedic-y');
    const series = {
      [finding('node')]: '1x60',
      [twin(finding('node'))]: '1x60',
      [twin(nodeInfo)]: '1x60',
      [info('node', EVERY, 'peer-gone')]: '1x60',
      [twin(info('node', EVERY, 'peer-gone'))]: '1x60',
    };
    expect(await says(series, fires('5m', 'node', `n1: ${EVERY}. Likeliest cause: peer-gone. No other node has this alert now.`))).toBe('');
  });

  test('with quotes, backslashes, newlines, templates and letters of all alphabets in subject, title and cause', async () => {
    const written = String.raw`a\"b\\c{{ $value }}\n}é→"`.slice(0, -1);
    const shown = 'a"b\\c{{ $value }}\n}é→';
    const series = { [finding(written)]: '1x60', [info(written, written, written)]: '1x60' };
    expect(await says(series, fires('5m', shown, `n1, ${shown}: ${shown}. Likeliest cause: ${shown}. No other node has this alert now.`))).toBe('');
  });

  test('of a Prometheus that knows no cluster', async () => {
    const bare = Object.fromEntries(
      Object.entries({ [nodeInfo]: '1x60', [finding('node')]: '1x60', [info('node', EVERY, 'peer-gone')]: '1x60' }).map(([series, values]) => [series.replace('cluster="prod",', ''), values]),
    );
    const told = { labels: { node: 'n1', rule, severity: 'critical', subject: 'node' }, description: `n1: ${EVERY}. Likeliest cause: peer-gone. No other node has this alert now.` };
    expect(await promtoolTest(promtool.path, [{ name: 'bare', series: bare, expect: [{ at: '5m', alert: rule, fires: [told] }] }])).toBe('');
  });
});

test('every rule that has a number is a rule', () => {
  expect(RULES.map(({ name }) => name)).toEqual(expect.arrayContaining([...RULES_WITH_FACT]));
});

test('what descriptions ask for is there', async () => {
  const known = await knownMetrics();
  const alerts = ruleGroups(RULES, DEFAULT_LINKS).flatMap(({ rules }) => rules.flatMap((one) => ('alert' in one ? [one] : [])));
  const asked = alerts.flatMap(({ annotations }) => [...(annotations['description'] ?? '').matchAll(/printf "([^"]+)"/g)].map(([, text = '']) => text.replaceAll('%q', '"x"')));
  expect(asked.length).toBeGreaterThan(30);
  for (const text of new Set(asked)) expect(readPromql(text, known).problems).toEqual([]);
});
