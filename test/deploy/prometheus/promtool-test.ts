import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import type { RulesFile } from '../exported-metrics.ts';

const run = promisify(execFile);
export const RULES_FILE = join(import.meta.dirname, '../../../deploy/prometheus/rules.yaml');

/** Values a scrape of 30 s apart in promtool's notation: `1x10` eleven times 1, `0+30x4` rising by 30, `_x3` missing. */
export type Series = Readonly<Record<string, string>>;

export interface Expectation {
  /** `5m30s` after the first scrape. */
  readonly at: string;
  readonly alert: string;
  /** None when the alert must be silent. */
  readonly fires: readonly Fired[];
}

/** Labels beside `alertname`, and the description or all annotations. */
export type Fired = { readonly labels: Readonly<Record<string, string>> } & (
  | { readonly description: string }
  | { readonly annotations: Readonly<Record<string, string>> }
);

export interface Case {
  readonly name: string;
  readonly series: Series;
  readonly expect: readonly Expectation[];
  /** Values of expressions that have one number. */
  readonly values?: readonly { readonly at: string; readonly expr: string; readonly value: number }[];
}

/** Output of `promtool test rules`; empty when each alert fires and is silent as the cases say. Only where a case names them are all annotations compared. */
export async function promtoolTest(promtool: string, cases: readonly Case[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'railmedic-promtool-'));
  try {
    const isWhole = cases.some(({ expect }) => expect.some(({ fires }) => fires.some((fired) => 'annotations' in fired)));
    const rules = parse(await readFile(RULES_FILE, 'utf8')) as RulesFile;
    await writeFile(join(directory, 'rules.yaml'), stringify(isWhole ? rules : withDescriptionsOnly(rules)));
    await writeFile(join(directory, 'test.yaml'), stringify(testFile(cases)));
    await run(promtool, ['test', 'rules', 'test.yaml'], { cwd: directory, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 });
    return '';
  } catch (error) {
    if (error instanceof Error && 'stderr' in error && 'stdout' in error) return `${String(error.stdout)}${String(error.stderr)}`;
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function withDescriptionsOnly({ groups }: RulesFile): RulesFile {
  const strip = ({ annotations, ...rule }: RulesFile['groups'][number]['rules'][number]) =>
    annotations === undefined ? rule : { ...rule, annotations: { description: annotations['description'] ?? '' } };
  return { groups: groups.map((group) => ({ ...group, rules: group.rules.map(strip) })) };
}

function testFile(cases: readonly Case[]): unknown {
  return {
    rule_files: ['rules.yaml'],
    evaluation_interval: '30s',
    tests: cases.map(({ name, series, expect, values = [] }) => ({
      name,
      interval: '30s',
      input_series: Object.entries(series).map(([key, values]) => ({ series: key, values })),
      alert_rule_test: expect.map(({ at, alert, fires }) => ({
        eval_time: at,
        alertname: alert,
        exp_alerts: fires.map((fired) => ({
          exp_labels: fired.labels,
          exp_annotations: 'annotations' in fired ? fired.annotations : { description: fired.description },
        })),
      })),
      promql_expr_test: values.map(({ at, expr, value }) => ({ expr, eval_time: at, exp_samples: [{ labels: '{}', value }] })),
    })),
  };
}
