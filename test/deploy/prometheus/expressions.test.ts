import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { knownMetrics, type RulesFile } from '../exported-metrics.ts';
import { readPromql } from '../promql.ts';

const file = parse(readFileSync(join(import.meta.dirname, '../../../deploy/prometheus/rules.yaml'), 'utf8')) as RulesFile;
const rules = file.groups.flatMap((group) => group.rules);
const known = await knownMetrics();

test.each(rules.map((rule) => [rule.alert ?? rule.record, rule.expr] as const))('%s names only metrics and labels that exist', (_, expr) => {
  const { problems, metrics } = readPromql(expr, known);
  expect(problems).toEqual([]);
  expect(metrics.length).toBeGreaterThan(0);
});

test('every series keeps the cluster', () => {
  for (const { alert, record, expr } of rules) {
    if (expr.startsWith('absent(')) continue;
    expect([...readPromql(expr, known).labels], alert ?? record).toContain('cluster');
  }
});

describe('the reader of expressions', () => {
  const metrics = new Map([
    ['a_total', new Set(['device', 'port'])],
    ['info', new Set(['node', 'device'])],
    ['node:a:rate2m', new Set(['cluster', 'node'])],
  ]);
  const problems = (expr: string): readonly string[] => readPromql(expr, metrics).problems;

  test.each([
    ['sum by (cluster, device) (rate(a_total{port="1"}[5m]))', ['cluster', 'device']],
    ['max by (job, device) (a_total) * on (job, device) group_left (node) max by (job, device, node) (info)', ['device', 'job', 'node']],
    ['sum without (port, job, instance, namespace, pod, container, endpoint, service, exported_port, exported_device) (a_total)', ['cluster', 'device']],
    ['label_replace(node:a:rate2m, "short", "$1", "node", "([^.]+).*")', ['cluster', 'node', 'short']],
    ['node:a:rate2m > 2 and on (node) info', ['cluster', 'node']],
    ['absent(a_total)', []],
    ['topk by (device) (1, a_total)', ['device', 'port', 'cluster', 'job', 'instance', 'namespace', 'pod', 'container', 'endpoint', 'service', 'exported_device', 'exported_port'].toSorted()],
    ['label_join(info, "both", " ", "node", "device") * on (both) sum by (both) (label_join(info, "both", " ", "node", "device"))', ['both']],
  ])('%s has the labels %j', (expr, labels) => {
    expect(problems(expr)).toEqual([]);
    expect([...readPromql(expr, metrics).labels].toSorted()).toEqual(labels);
  });

  test.each([
    ['rate(a_total[5m', /^is no PromQL/],
    ['rate(b_total[5m])', /^no metric is called b_total$/],
    ['a_total{gpu="0"}', /^a_total has no label gpu, /],
    ['{device="x"}', /names no metric$/],
    ['sum by (gpu) (a_total)', /^what is aggregated has no label gpu, /],
    ['a_total * on (node) info', /^the left side has no label node, /],
    ['a_total * on (device) group_left (zone) info', /^the side that has one series each has no label zone, /],
    ['node:a:rate2m{instance="x"}', /^node:a:rate2m has no label instance, /],
    ['sum by (device) (sum by (port) (a_total))', /^what is aggregated has no label device, /],
    ['label_replace(a_total, "x", "$1", "gpu", "(.*)")', /^what label_replace is given has no label gpu, /],
  ])('%s is refused', (expr, problem) => {
    expect(problems(expr)[0]).toMatch(problem);
  });
});
