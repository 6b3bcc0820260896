import { renderReport } from '../../exporters/terminal/report.ts';
import { reportText } from '../../exporters/report-json.ts';
import { exitStatus } from '../../exporters/verdict.ts';
import { SOURCE_NAMES } from '../source-names.ts';
import { configureRules, suppressionFor } from '../config.ts';
import { Engine } from '../engine.ts';
import { inventoryLines, readInventory } from '../inventory.ts';
import { Loop } from '../loop.ts';
import type { Report } from '../model.ts';
import { collectorsFor, LOOK_BACK_SECONDS, openNode, readConfig, type OpenNode } from '../node.ts';
import type { NodeOptions } from '../options.ts';
import { rulesNamed } from '../rule-names.ts';
import type { Terminal } from '../terminal.ts';

export interface DiagnoseOptions extends NodeOptions {
  readonly duration: number;
  readonly interval: number;
  readonly json?: boolean;
  readonly rules?: string;
}

/** Watches for a short while, prints what a person needs, and returns the exit status. */
export async function diagnose(options: DiagnoseOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const config = await readConfig(options);
  const node = await openNode(options, options.duration, true);
  // Before the watch and not beside it: what it spawns would delay the looks.
  const inventory = node.isReplay || options.json ? undefined : await readInventory();
  const { report, first } = await watch(options, node, config, terminal, signal);
  if (!report) return 3;
  if (options.json) terminal.print(reportText(report));
  else {
    const opening = inventory ? inventoryLines(inventory) : [];
    terminal.print(renderReport(report, { width: terminal.width, colour: terminal.colour, opening, ...(first && { earlier: first.snapshot }) }));
  }
  return exitStatus(report);
}

/** Looks at the start, every interval, and at the end of the watch; the last look's windows span all of it. */
async function watch(
  options: DiagnoseOptions,
  node: OpenNode,
  config: Awaited<ReturnType<typeof readConfig>>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<{ readonly report: Report | undefined; readonly first: Report | undefined }> {
  const { all: collectors } = collectorsFor(options, config, node.clock, LOOK_BACK_SECONDS, undefined, node.cluster);
  const rules = configureRules(config, rulesNamed(options.rules), options.duration);
  const engine = new Engine({ rules, windowLimitSeconds: options.duration, suppression: suppressionFor(config) });
  const loop = new Loop({
    host: node.host,
    clock: node.clock,
    engine,
    collectors,
    sourceNames: SOURCE_NAMES,
    exporters: [],
    nodeName: node.name,
    rulesEvaluated: rules.length,
    intervalSeconds: options.interval,
    useSchedules: false,
    onExporterFailure: () => {},
  });
  try {
    // The first look opens everything, reads the log back, and may wait for what does not answer; the watch begins after it.
    const first = await loop.look(signal);
    const begin = node.clock.monotonicSeconds();
    const elapsed = (): number => node.clock.monotonicSeconds() - begin;
    let report = node.isReplay ? first : await loop.look(signal);
    for (let lookedAt = 0; lookedAt < options.duration && !signal.aborted; ) {
      terminal.progress(`watching ${node.name}: ${Math.max(0, Math.ceil(options.duration - elapsed()))} s to go`);
      const next = Math.min(lookedAt + options.interval, options.duration);
      await node.clock.sleep(next - elapsed(), signal);
      lookedAt = Math.max(next, elapsed());
      report = (await loop.look(signal)) ?? report;
    }
    return { report, first };
  } finally {
    terminal.progress('');
    loop.close();
    node.host.close();
  }
}
