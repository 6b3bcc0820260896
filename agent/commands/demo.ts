import { renderReport } from '../../exporters/terminal/report.ts';
import { DEMO_CAPTURE } from '../assets.ts';
import type { Terminal } from '../terminal.ts';
import { runAgent, type AgentOptions } from './agent.ts';

export interface DemoOptions extends AgentOptions {
  readonly once?: boolean;
}

/** So much of the recording is judged at once, so that the longest window of the rules is full at any usual interval. */
const RECORDED_SECONDS = 90;

/** Plays the bundled capture through the whole agent: the diagnosis first, then metrics and report over HTTP. */
export async function demo(options: DemoOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  let looks = 0;
  const enough = Math.floor(RECORDED_SECONDS / options.interval) + 1;
  const { host, port } = options.listen;
  await runAgent({ capture: DEMO_CAPTURE, ...options }, AbortSignal.any([signal, stop.signal]), {
    fastSeconds: RECORDED_SECONDS,
    // The log would tell the same story a second time while the recording is wound forward.
    logTo: (line) => {
      if (looks > enough) terminal.print(line.replace(/\n$/, ''));
    },
    onLook: (report) => {
      looks += 1;
      if (looks !== enough) return;
      terminal.print(renderReport(report, { width: terminal.width, colour: terminal.colour, opening: [] }));
      if (options.once) stop.abort();
      else terminal.print(`\nThis is a recording. It plays on at http://${host}:${port} (/metrics, /api/v1/report); Ctrl-C ends it.`);
    },
  });
}
