import { describe, expect, test } from 'vitest';
import { knownMetrics } from '../exported-metrics.ts';
import { readPromql } from '../promql.ts';
import { dashboardOf, NAMES, panelExpressions, textOf, variableExpressions } from './dashboards.ts';

const known = await knownMetrics();

describe.each([
  ['panels', panelExpressions()],
  ['variables', variableExpressions()],
])('%s', (_, expressions) => {
  test.each(expressions.map(({ where, text }) => [where, text]))('%s names only what the agent exports', (_where, text) => {
    const { problems, metrics } = readPromql(text, known);
    expect(problems, text).toEqual([]);
    expect(metrics.length).toBeGreaterThan(0);
  });
});

test('every variable of Grafana in an expression is one of the dashboard or of Grafana itself', () => {
  for (const name of NAMES) {
    const own = dashboardOf(name).templating.list.map((variable) => variable.name);
    const used = [...textOf(name).matchAll(/"(?:expr|query|definition)": "((?:[^"\\]|\\.)*)"/g)].flatMap(([, text = '']) => [...text.matchAll(/\$([a-z_]\w*)/gi)]);
    for (const [, variable = ''] of used) expect([...own, '__rate_interval', '__interval', '__interval_ms', '__range'], name).toContain(variable);
  }
});

test('the labels that name a node, a job and a device leave each table that links by them', () => {
  for (const { where, text } of panelExpressions()) {
    const { labels } = readPromql(text, known);
    if (/What is wrong/.test(where)) expect(labels, where).toContain('node');
    if (/What is wrong.*, C$/.test(where)) expect([...labels], where).toEqual(expect.arrayContaining(['rule', 'subject', 'title', 'page', 'cause']));
    if (/Jobs on sick nodes/.test(where)) expect([...labels]).toEqual(expect.arrayContaining(['namespace', 'workload']));
    if (/one way or both/.test(where)) expect([...labels]).toEqual(expect.arrayContaining(['node', 'device']));
  }
});
