import { recordCapture } from '../capture.ts';
import { inventoryLines, readInventory, type Inventory } from '../inventory.ts';
import { collectorsFor, LOOK_BACK_SECONDS, openNode, readConfig } from '../node.ts';
import type { NodeOptions } from '../options.ts';
import { UsageError } from '../rule-names.ts';
import type { Terminal } from '../terminal.ts';

export interface CaptureOptions extends NodeOptions {
  readonly duration: number;
  readonly interval: number;
  readonly mask: boolean;
}

/** Records the node and says what was recorded, what was masked, and what could not be read. */
export async function capture(directory: string, options: CaptureOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  if (options.capture !== undefined) throw new UsageError('capture records a live node; --capture names a recorded one, leave it out');
  const config = await readConfig(options);
  // A capture is made to be passed on, and no mask knows what is secret in a log.
  const node = await openNode({ ...options, podLogs: false }, 0, true);
  const inventory = await readInventory();
  for (const line of inventoryLines(inventory)) terminal.print(line);
  const { all: collectors } = collectorsFor(options, config, node.clock, LOOK_BACK_SECONDS, undefined, node.cluster);
  const summary = await recordCapture(node.host, directory, {
    collectors,
    seconds: options.duration,
    interval: options.interval,
    mask: options.mask,
    description: describe(inventory),
    signal,
    onProgress: ({ look, looks }) => terminal.progress(`look ${look} of ${looks}`),
  }).finally(() => {
    terminal.progress('');
    for (const collector of collectors) collector.close?.();
    node.host.close();
  });
  terminal.print(`recorded ${summary.looks} looks in ${summary.files} files below ${directory}`);
  const masked = summary.masked.map(({ what, count }) => `${count} ${what}`).join(', ');
  terminal.print(options.mask ? `masked: ${masked || 'nothing was found that identifies the node'}` : 'nothing is masked: look through it before you pass it on');
  for (const { what, error } of summary.errors.slice(0, 20)) terminal.print(`not read: ${what}: ${error}`);
  if (summary.errors.length > 20) terminal.print(`not read: ${summary.errors.length - 20} more, listed in capture.json`);
  terminal.print(`replay it:  railmedic diagnose --capture ${directory}`);
}

/** Host name and addresses stay out: they identify the node. */
function describe({ system, os, cpu, memory }: Inventory): string {
  const facts = [system, os, cpu, memory].filter(Boolean).join(', ');
  return `Recorded by railmedic capture${facts ? ` on ${facts}` : ''}.`;
}
