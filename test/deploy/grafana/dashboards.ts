import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Target {
  readonly refId: string;
  readonly expr: string;
}

export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: GridPos;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string }; readonly overrides: readonly unknown[] };
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: unknown;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

export const NAMES = ['fleet', 'node', 'job'] as const;

export function textOf(name: (typeof NAMES)[number]): string {
  return readFileSync(join(import.meta.dirname, '../../../deploy/grafana', `${name}.json`), 'utf8');
}

export function dashboardOf(name: (typeof NAMES)[number]): Dashboard {
  return JSON.parse(textOf(name)) as Dashboard;
}

/** One expression of a dashboard, as PromQL: Grafana's variables have values. */
export interface Expression {
  /** `fleet, What is wrong, A`. */
  readonly where: string;
  readonly text: string;
}

/** As Grafana writes them for "All", and for one chosen job. */
const VALUES: readonly (readonly [string, string])[] = [
  ['$__rate_interval', '1m'],
  ['$__interval_ms', '60000'],
  ['$__interval', '1m'],
  ['$__range', '1h'],
  ['$cluster', '.*'],
  ['$node', '.*'],
  ['$device', '.*'],
  ['$namespace', 'ml'],
  ['$workload', 'grpo'],
];

function withValues(text: string): string {
  return VALUES.reduce((filled, [variable, value]) => filled.replaceAll(variable, value), text);
}

export function panelExpressions(): readonly Expression[] {
  return NAMES.flatMap((name) =>
    dashboardOf(name).panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr }) => ({ where: `${name}, ${title}, ${refId}`, text: withValues(expr) })),
    ),
  );
}

/** What the variables ask for: the series of `label_values(series, label)`, the expression of `query_result(…)`. */
export function variableExpressions(): readonly Expression[] {
  return NAMES.flatMap((name) =>
    dashboardOf(name).templating.list.flatMap(({ name: variable, type, query }) => {
      if (type !== 'query') return [];
      if (typeof query !== 'string') throw new Error(`variable ${variable} of ${name}: got ${typeof query} for a query, expected text`);
      const values = /^label_values\((.*), (\w+)\)$/s.exec(query);
      const text = values ? `count by (${values[2] ?? ''}) (${values[1] ?? ''})` : /^query_result\((.*)\)$/s.exec(query)?.[1];
      if (text === undefined) throw new Error(`variable ${variable} of ${name}: got ${query}, expected label_values(…) or query_result(…)`);
      return [{ where: `${name}, variable ${variable}`, text: withValues(text) }];
    }),
  );
}
