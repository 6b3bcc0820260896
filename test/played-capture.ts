import { join } from 'node:path';
import type { Clock } from '../agent/clock.ts';
import { configureRules, DEFAULT_CONFIG, suppressionFor, type Config } from '../agent/config.ts';
import { Engine } from '../agent/engine.ts';
import type { Host } from '../agent/host.ts';
import { Loop } from '../agent/loop.ts';
import type { Exporter, Report } from '../agent/model.ts';
import { collectorsFor, openNode } from '../agent/node.ts';
import { SOURCE_NAMES } from '../agent/source-names.ts';
import { RULES } from '../rules/index.ts';

export const INTERVAL_SECONDS = 5;

/** What happens while a node is watched. */
export interface Watch {
  readonly seconds: number;
  readonly config?: Config;
  /** Made when the node is open; `now` is the time on it. */
  readonly exporters: (now: () => Date) => readonly Exporter[];
  /** Before and after each look, with the seconds since the first. */
  readonly beforeLook?: (passedSeconds: number) => void;
  readonly afterLook?: (passedSeconds: number, report: Report) => void;
}

const OPTIONS = { hostRoot: '/', imdsUrl: 'http://169.254.169.254', logFormat: 'text', logLevel: 'info', interval: INTERVAL_SECONDS } as const;

/** A directory of test/captures through collectors, engine and exporters as the agent wires them, by a clock that does not wait. */
export async function playCapture(capture: string, watch: Watch): Promise<void> {
  const options = { ...OPTIONS, imds: true, capture: join(import.meta.dirname, 'captures', capture) };
  await playNode(await openNode(options, watch.seconds + INTERVAL_SECONDS), true, watch);
}

/** The same of any node. */
export async function playNode(node: { readonly host: Host; readonly clock: Clock; readonly name: string }, imds: boolean, watch: Watch): Promise<void> {
  const config = watch.config ?? DEFAULT_CONFIG;
  const rules = configureRules(config, RULES);
  const exporters = watch.exporters(() => node.host.wallTime());
  const failures: unknown[] = [];
  const loop = new Loop({
    host: node.host,
    clock: node.clock,
    engine: new Engine({ rules, suppression: suppressionFor(config) }),
    collectors: collectorsFor({ ...OPTIONS, imds }, config, node.clock, 900).all,
    sourceNames: SOURCE_NAMES,
    exporters,
    nodeName: node.name,
    rulesEvaluated: rules.length,
    intervalSeconds: INTERVAL_SECONDS,
    useSchedules: false,
    onExporterFailure: (_, error) => failures.push(error),
  });
  const stop = new AbortController();
  for (let passed = 0; passed <= watch.seconds; passed += INTERVAL_SECONDS) {
    watch.beforeLook?.(passed);
    const report = await loop.look(stop.signal);
    if (!report || failures.length > 0) throw new Error(`no report of ${node.name}`, { cause: failures[0] });
    watch.afterLook?.(passed, report);
    await node.clock.sleep(INTERVAL_SECONDS, stop.signal);
  }
  loop.close();
  await Promise.all(exporters.map((exporter) => exporter.close()));
  node.host.close();
}
