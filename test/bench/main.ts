import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { arch, cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Child, commandOf } from './child.ts';
import { benchCollector } from './collector.ts';
import { benchGpu } from './gpu.ts';
import { findNodeExporter } from './node-exporter.ts';
import { benchPreflight } from './preflight.ts';
import { buildTree, COUNTERS_A_PORT } from './tree.ts';

const DEVICES = 32;
const WARM_UP_SECONDS = 30;
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 60);
const REQUESTS = 500;
const BUNDLE = join(import.meta.dirname, '../../dist/railmedic.js');
const AGENT_PORT = 19_477;
const EXPORTER_PORT = 19_100;

interface Measures {
  readonly cpuMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly residentMB: number;
}

/** Quantile of sorted values by nearest rank. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Once a second for both, half a second apart: the agent looks by itself, the exporter collects when it is asked. */
async function cpuPerCollection(children: readonly Child[], exporter: Child | undefined, move: () => void): Promise<ReadonlyMap<Child, number>> {
  let before = new Map<Child, number>();
  for (let second = -WARM_UP_SECONDS; second < SECONDS; second += 1) {
    if (second === 0) before = new Map(children.map((child) => [child, child.cpuMs()]));
    const begun = performance.now();
    move();
    await delay(500);
    await exporter?.scrape();
    await delay(Math.max(0, 1000 - (performance.now() - begun)));
  }
  return new Map(children.map((child) => [child, (child.cpuMs() - (before.get(child) ?? 0)) / SECONDS]));
}

/** One client, one request after the other, all servers in turn so that what else the machine does hits them alike. */
async function latencies(children: readonly Child[]): Promise<ReadonlyMap<Child, readonly number[]>> {
  const took = new Map<Child, number[]>(children.map((child) => [child, []]));
  for (let request = 0; request < REQUESTS; request += 1) {
    for (const child of children) {
      const begun = performance.now();
      await child.scrape();
      took.get(child)?.push(performance.now() - begun);
    }
  }
  for (const values of took.values()) values.sort((a, b) => a - b);
  return took;
}

async function measure(children: readonly Child[], exporter: Child | undefined, move: () => void): Promise<ReadonlyMap<Child, Measures>> {
  for (const child of children) await child.ready();
  console.log(`warming up for ${WARM_UP_SECONDS} s, then measuring for ${SECONDS} s …`);
  const cpu = await cpuPerCollection(children, exporter, move);
  const took = await latencies(children);
  return new Map(
    children.map((child) => {
      const sorted = took.get(child) ?? [];
      const times = { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
      return [child, { cpuMs: cpu.get(child) ?? Number.NaN, ...times, residentMB: child.residentMB() }];
    }),
  );
}

function printTable(measures: ReadonlyMap<Child, Measures>): void {
  const rows: readonly [string, keyof Measures, string, number][] = [
    ['CPU per collection', 'cpuMs', 'ms', 1],
    ['`/metrics`, p50', 'p50Ms', 'ms', 2],
    ['`/metrics`, p99', 'p99Ms', 'ms', 2],
    ['resident memory', 'residentMB', 'MB', 0],
  ];
  const columns = [...measures];
  const compare = columns.length === 2 ? ' ratio |' : '';
  console.log(`| | ${columns.map(([child]) => child.name).join(' | ')} |${compare}`);
  console.log(`|---|${columns.map(() => '---:|').join('')}${compare && '---:|'}`);
  for (const [title, key, unit, digits] of rows) {
    const values = columns.map(([, measured]) => measured[key]);
    const ratio = compare && ` ${((values[0] ?? Number.NaN) / (values[1] ?? Number.NaN)).toFixed(2)} |`;
    console.log(`| ${title} | ${values.map((value) => `${value.toFixed(digits)} ${unit}`).join(' | ')} |${ratio}`);
  }
}

/** As the agent is run, in a process of its own. */
async function bareReads(root: string, move: () => void): Promise<string> {
  const [program, ...args] = commandOf(BUNDLE).slice(0, -1);
  const moving = setInterval(move, 1000);
  try {
    return (await promisify(execFile)(program ?? '', [...args, join(import.meta.dirname, 'bare-reads.ts'), root])).stdout.trim();
  } finally {
    clearInterval(moving);
  }
}

function describeMachine(): string {
  const system = /^PRETTY_NAME="(.*)"$/m.exec(existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '')?.[1];
  const processors = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  return `${processors.length} × ${processors[0]?.model ?? arch()}, ${memory}, ${system ?? 'unknown system'}, Linux ${release()}, Node ${process.version}`;
}

async function main(): Promise<void> {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} does not exist, expected the bundle: npm run build`);
  // In memory, as sysfs is: a disk's file system would write an access time for each file that was read after a change.
  const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'railmedic-bench-'));
  const move = buildTree(root, DEVICES);
  const found = findNodeExporter((line) => console.log(line));
  const children: Child[] = [];
  try {
    const alone = await benchCollector(root, 300, move);
    const bareMs = await bareReads(root, move);
    children.push(
      new Child('railmedic', AGENT_PORT, [
        ...commandOf(BUNDLE), 'agent', '--host-root', root, '--interval', '1s', '--no-imds',
        '--listen', `127.0.0.1:${AGENT_PORT}`, '--state-dir', join(root, 'state'),
      ]), // prettier-ignore
    );
    const flags = ['--collector.disable-defaults', '--collector.infiniband', `--path.sysfs=${root}/sys`];
    const exporter = found && new Child(`node_exporter ${found.version}`, EXPORTER_PORT, [found.path, ...flags, `--web.listen-address=127.0.0.1:${EXPORTER_PORT}`]);
    if (exporter) children.push(exporter);
    const measures = await measure(children, exporter, move);
    console.log(`\n${DEVICES} devices of ${COUNTERS_A_PORT} counters, all moving, one collection a second; ${REQUESTS} requests by one client\n`);
    printTable(measures);
    console.log(`\nReading alone, back to back in this process: ${alone.cpuMs.toFixed(2)} ms CPU a look, p50 ${alone.p50Ms.toFixed(2)} ms, p99 ${alone.p99Ms.toFixed(2)} ms.`);
    console.log(`The same preads by a bare Node program, once a second, with nothing done about them: ${bareMs} ms CPU a look.`);
    console.log(`Machine: ${describeMachine()}.`);
  } finally {
    for (const child of children) await child.stop();
    rmSync(root, { recursive: true });
  }
}

await main();
console.log('');
await benchGpu();
console.log('');
benchPreflight();
