import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replayClock } from '../../../agent/clock.ts';
import type { Config } from '../../../agent/config.ts';
import { openHost } from '../../../agent/host.ts';
import { logExporter, type LogExporter } from '../../../exporters/log.ts';
import { INTERVAL_SECONDS, playCapture, playNode, type Watch } from '../../played-capture.ts';

const SUMMARY_SECONDS = 600;
const BEGAN = Date.parse('2026-11-23T03:12:00Z');

/** What the agent logs of a capture: the times are those of the recording, a summary every ten minutes and at the end. */
export async function playedLog(capture: string, seconds: number, config?: Config, format: 'text' | 'json' = 'text'): Promise<readonly string[]> {
  const { lines, watch } = heard(seconds, format);
  await playCapture(capture, { ...watch, ...(config && { config }) });
  return lines;
}

/**
 * What it logs of a tree of plain files, as the agent sees a live node: two EFA devices that send all the time, and receive
 * in those seconds for which `receives` says so. The night begins at 03:12.
 */
export async function treeLog(root: string, seconds: number, receives: (passed: number) => boolean): Promise<readonly string[]> {
  const { lines, watch } = heard(seconds, 'text');
  const clock = replayClock(seconds + INTERVAL_SECONDS);
  mkdirSync(join(root, 'proc'), { recursive: true });
  // Nothing of the machine that runs the test may be in what is logged.
  const host = { ...openHost(root), interfaces: () => [], wallTime: () => new Date(BEGAN + clock.monotonicSeconds() * 1000) };
  let [sent, received] = [0, 0];
  const beforeLook = (passed: number): void => {
    sent += 5000;
    if (receives(passed)) received += 4900;
    for (const device of ['rdmap16s0', 'rdmap32s0']) writeDevice(root, device, sent, received);
  };
  await playNode({ host, clock, name: 'ip-10-0-3-7.ec2.internal' }, false, { ...watch, beforeLook });
  return lines;
}

function heard(seconds: number, format: 'text' | 'json'): { readonly lines: readonly string[]; readonly watch: Watch } {
  const lines: string[] = [];
  let log: LogExporter | undefined;
  const watch: Watch = {
    seconds,
    exporters: (now) => [(log = logExporter({ format, level: 'info', now, write: (line) => lines.push(line) }))],
    afterLook: (passed) => {
      if (passed > 0 && (passed % SUMMARY_SECONDS === 0 || passed === seconds)) log?.summary();
    },
  };
  return { lines, watch };
}

function writeDevice(root: string, name: string, sent: number, received: number): void {
  const device = join(root, 'sys/class/infiniband', name);
  const counters = join(device, 'ports/1/hw_counters');
  mkdirSync(counters, { recursive: true });
  mkdirSync(join(device, 'device'), { recursive: true });
  writeFileSync(join(device, 'device/vendor'), '0x1d0f\n');
  writeFileSync(join(device, 'device/device'), '0xefa1\n');
  writeFileSync(join(counters, 'tx_pkts'), `${sent}\n`);
  writeFileSync(join(counters, 'rx_pkts'), `${received}\n`);
}
