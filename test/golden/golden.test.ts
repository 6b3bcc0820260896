import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configureRules, DEFAULT_CONFIG } from '../../agent/config.ts';
import { Engine } from '../../agent/engine.ts';
import { Loop } from '../../agent/loop.ts';
import type { Report } from '../../agent/model.ts';
import { collectorsFor, openNode } from '../../agent/node.ts';
import { SOURCE_NAMES } from '../../agent/source-names.ts';
import { prometheusExporter } from '../../exporters/prometheus.ts';
import { reportText } from '../../exporters/report-json.ts';
import { NODE_RULES } from '../../rules/index.ts';
import { checkMetrics, findPromtool } from '../promtool.ts';

const captures = globSync('test/captures/*/capture.json', { cwd: join(import.meta.dirname, '../..') }).map((path) => basename(dirname(path))).toSorted();
/** Long enough that the longest window of the fabric rules is full. */
const WATCH_SECONDS = 120;
const INTERVAL_SECONDS = 5;
/** What differs from run to run: times on the clock of this machine, and figures of this process. */
const MOVING = /^(# (HELP|TYPE) )?(process_|nodejs_|railmedic_collector_duration_seconds|railmedic_build_info)/;

/** The capture through collectors, engine and exporters as the agent wires them, by a clock that does not wait. */
async function play(name: string): Promise<{ report: Report; metrics: string }> {
  const capture = join(import.meta.dirname, '../captures', name);
  const options = { hostRoot: '/', capture, imds: true, imdsUrl: 'http://169.254.169.254', logFormat: 'text', logLevel: 'info', interval: INTERVAL_SECONDS } as const;
  const node = await openNode(options, WATCH_SECONDS);
  const { all: collectors } = collectorsFor(options, DEFAULT_CONFIG, node.clock, 900);
  const rules = configureRules(DEFAULT_CONFIG, NODE_RULES);
  const prometheus = prometheusExporter({ version: '0.0.0' });
  const failures: unknown[] = [];
  const loop = new Loop({
    host: node.host,
    clock: node.clock,
    engine: new Engine({ rules }),
    collectors,
    sourceNames: SOURCE_NAMES,
    exporters: [prometheus],
    nodeName: node.name,
    rulesEvaluated: rules.length,
    intervalSeconds: INTERVAL_SECONDS,
    useSchedules: false,
    onExporterFailure: (_, error) => failures.push(error),
  });
  const stop = new AbortController();
  for (let seconds = 0; seconds < WATCH_SECONDS; seconds += INTERVAL_SECONDS) {
    await loop.look(stop.signal);
    await node.clock.sleep(INTERVAL_SECONDS, stop.signal);
  }
  const report = await loop.look(stop.signal);
  const { body } = prometheus.render();
  loop.close();
  await prometheus.close();
  node.host.close();
  if (!report || failures.length > 0) throw new Error(`no report of ${name}`, { cause: failures[0] });
  const metrics = body.toString('utf8').split('\n').filter((line) => !MOVING.test(line)).join('\n');
  return { report, metrics };
}

describe.each(captures)('%s', (name) => {
  test('gives the findings and metrics that are checked in', async () => {
    const { report, metrics } = await play(name);
    compare(`${name}.findings.json`, reportText(report));
    compare(`${name}.metrics.txt`, metrics);
  });
});

test('promtool finds nothing wrong with the metrics of any capture', async ({ skip }) => {
  const promtool = await findPromtool();
  skip(promtool.missing !== undefined, promtool.missing ?? '');
  for (const name of captures) expect(await checkMetrics(promtool.path, readFileSync(join(import.meta.dirname, `${name}.metrics.txt`), 'utf8')), name).toBe('');
});

test.each(captures.filter((name) => /healthy|no-fabric|p6-b200|32-rails|^h200|^recorded/.test(name)))('%s is healthy: nothing of warning or worse', async (name) => {
  const { report } = await play(name);
  expect(report.findings.filter((finding) => finding.severity !== 'info' && finding.state !== 'resolved')).toEqual([]);
});

test('there is a golden file for each capture and for nothing else', () => {
  const files = globSync('*.{findings.json,metrics.txt}', { cwd: import.meta.dirname }).toSorted();
  expect(files).toEqual(captures.flatMap((name) => [`${name}.findings.json`, `${name}.metrics.txt`]).toSorted());
});

/** Compares with the checked-in file; `npm run golden` writes it anew, and the diff is the review. */
function compare(file: string, text: string): void {
  const path = join(import.meta.dirname, file);
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(path, text);
  expect(text, `${file} differs; npm run golden writes it anew`).toBe(existsSync(path) ? readFileSync(path, 'utf8') : '');
}
