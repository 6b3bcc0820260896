import { kernelLogCollector } from '../../agent/collectors/kernel-log.ts';
import { openHost, type Host, type LogFile } from '../../agent/host.ts';

/** One measured case: a million records read, as a device that holds them all at once would hand them over. */
export interface KernelLinesRow {
  readonly name: string;
  readonly lines: number;
  readonly looks: number;
  readonly cpuSeconds: number;
  readonly linesPerSecond: number;
  /** Lines of the Xid that were counted, and events that told of them: one a look, however many lines. */
  readonly xidLines: number;
  readonly xidEvents: number;
}

const LINES = 1_000_000;
const XID = 'NVRM: Xid (PCI:0000:3b:00): 31, pid=858, name=python3, channel 0x0000000a, intr 00000000. MMU Fault: ENGINE GRAPHICS GPC1 faulted @ 0x0_00000000';

/** A million kernel lines through the whole collector, of which 800 000 are one Xid: the same line, and lines that count up. */
export async function benchKernelLines(): Promise<readonly KernelLinesRow[]> {
  return [
    await measure('no line of the GPU driver', (n) => `eth0: line ${n}`),
    await measure('800 000 equal Xid lines', (n) => (n % 5 === 0 ? `eth0: line ${n}` : XID)),
    await measure('800 000 Xid lines that count up', (n) => (n % 5 === 0 ? `eth0: line ${n}` : `${XID} Ch ${n}`)),
  ];
}

async function measure(name: string, textOf: (n: number) => string): Promise<KernelLinesRow> {
  const host: Host = { ...openHost('/nonexistent'), openLog: () => flood(textOf) };
  const collector = kernelLogCollector({ lookBackSeconds: LINES });
  const { signal } = new AbortController();
  const before = process.cpuUsage();
  let looks = 0;
  let lines = 0;
  let xidLines = 0;
  let xidEvents = 0;
  while (lines < LINES) {
    const log = await collector.collect(host, signal);
    looks += 1;
    lines += log.lines.length + log.droppedLines;
    xidLines += log.gpuEvents.reduce((sum, { count }) => sum + count, 0);
    xidEvents += log.gpuEvents.length;
  }
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  collector.close?.();
  return { name, lines, looks, cpuSeconds, linesPerSecond: lines / cpuSeconds, xidLines, xidEvents };
}

function flood(textOf: (n: number) => string): LogFile {
  let next = 0;
  return {
    read(maxRecords) {
      const records: string[] = [];
      for (; records.length < maxRecords && next < LINES; next += 1) records.push(`4,${next},${next},-;${textOf(next)}`);
      return { records, overruns: 0, more: next < LINES };
    },
    close() {},
  };
}
