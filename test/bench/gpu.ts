import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DmonReader } from '../../agent/parse/dmon.ts';
import { parseFieldHelp, selectFields } from '../../agent/parse/smi-fields.ts';
import { parseSmiRow } from '../../agent/parse/smi-csv.ts';
import { commandOf } from './child.ts';
import { benchKernelLines } from './kernel-lines.ts';

const ROWS = 200_000;
const SECONDS = 60;
/** The agent's default interval, at which both streams sample. */
const INTERVAL_SECONDS = 5;
const captures = join(import.meta.dirname, '../fake-nvidia-smi/captures');

/** Rows that are parsed in a second of CPU: what an H200 answered, again and again. */
function benchRows(): readonly string[] {
  const [header = '', row = ''] = readFileSync(join(captures, 'h200-580-load/query.csv'), 'utf8').split('\n');
  const fields = header.split(',').map((name) => ({ key: name.trim(), query: name.trim() }));
  const reader = new DmonReader();
  const dmon = readFileSync(join(captures, 'h200-580-load/dmon.txt'), 'utf8').split('\n').filter(Boolean);
  return [
    line(`query rows of ${fields.length} fields`, ROWS, cpu(() => { for (let n = 0; n < ROWS; n += 1) parseSmiRow(row, fields); })),
    line('dmon rows', ROWS, cpu(() => { for (let n = 0; n < ROWS; n += 1) reader.read(dmon[n % dmon.length] ?? ''); })),
  ]; // prettier-ignore
}

function cpu(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function line(name: string, count: number, cpuSeconds: number): string {
  return `| ${name} | ${Math.round(count / cpuSeconds).toLocaleString('en')} |`;
}

/** CPU of the streams and of one-shot calls of the same fields, on the GPUs that this machine has. */
async function benchStreams(): Promise<string> {
  const program = process.env['NVIDIA_SMI'] ?? 'nvidia-smi';
  let gpus: number;
  try {
    gpus = execFileSync(program, ['-L'], { encoding: 'utf8' }).split('\n').filter((text) => text.startsWith('GPU ')).length;
  } catch (error) {
    return `No figures of streams against one-shot calls: ${program} does not run here (${String(error).split('\n')[0]}). They need a real GPU; NVIDIA_SMI names the program.`;
  }
  const help = execFileSync(program, ['--help-query-gpu'], { encoding: 'utf8' });
  const fields = selectFields(parseFieldHelp(help.split('\n')), new Set());
  const query = `--query-gpu=${fields.map((field) => field.query).join(',')}`;
  const format = '--format=csv,noheader,nounits';
  const streams = [
    await streamCpuMs(program, [query, format, '-lms', String(INTERVAL_SECONDS * 1000)]),
    await streamCpuMs(program, ['dmon', '-s', 'pucvmet', '-d', String(INTERVAL_SECONDS)]),
  ];
  const once = oneShotCpuMs(program, [query, format]) + oneShotCpuMs(program, ['dmon', '-s', 'pucvmet', '-c', '1']);
  const perHour = (cpuMsPerSample: number): string => ((cpuMsPerSample * 3600) / INTERVAL_SECONDS / 1000).toFixed(1);
  const streamed = streams.reduce((sum, value) => sum + value, 0);
  return [
    `| ${gpus} GPU${gpus === 1 ? '' : 's'}, a sample every ${INTERVAL_SECONDS} s | CPU seconds per hour |`,
    '|---|---:|',
    `| two streams (query, dmon), as the agent runs them | ${perHour(streamed)} |`,
    `| one call of each for every sample | ${perHour(once)} |`,
  ].join('\n');
}

async function streamCpuMs(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'ignore' });
  await delay(3 * INTERVAL_SECONDS * 1000);
  const before = ticks(child.pid);
  await delay(SECONDS * 1000);
  const used = ticks(child.pid) - before;
  child.kill('SIGKILL');
  // USER_HZ is 100 on every Linux that this runs on: a tick is 10 ms.
  return (used * 10) / (SECONDS / INTERVAL_SECONDS);
}

function ticks(pid: number | undefined): number {
  const after = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(after[11]) + Number(after[12]);
}

function oneShotCpuMs(program: string, args: readonly string[]): number {
  const CALLS = 20;
  const before = childrenTicks();
  for (let call = 0; call < CALLS; call += 1) execFileSync(program, args, { stdio: 'ignore' });
  return ((childrenTicks() - before) * 10) / CALLS;
}

/** User and system time of children that were waited for, in ticks (proc(5): cutime, cstime). */
function childrenTicks(): number {
  const after = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(after[13]) + Number(after[14]);
}

/** The agent alone, with what 8 GPUs print: its children are the fake, whose own cost says nothing of nvidia-smi's. */
async function benchAgent(): Promise<string> {
  const bundle = join(import.meta.dirname, '../../dist/railmedic.js');
  if (!existsSync(bundle)) return 'No figure of the agent with 8 GPUs: dist/ is missing, npm run build makes it.';
  const root = mkdtempSync(join(tmpdir(), 'railmedic-bench-'));
  for (let n = 0; n < 8; n += 1) {
    const directory = join(root, `sys/bus/pci/devices/0000:8${n}:00.0`);
    mkdirSync(directory, { recursive: true });
    for (const [file, text] of [['vendor', '0x10de'], ['device', '0x2335'], ['class', '0x030200']] as const) writeFileSync(join(directory, file), `${text}\n`);
  }
  const fake = join(import.meta.dirname, '../fake-nvidia-smi/nvidia-smi');
  const options = ['--host-root', root, '--nvidia-smi', fake, '--no-imds', '--listen', '127.0.0.1:19478', '--state-dir', join(root, 'state')];
  const [env, ...command] = commandOf(bundle);
  const child = spawn(env, [...command, 'agent', ...options], {
    stdio: 'ignore',
    env: { ...process.env, FAKE_NVIDIA_SMI_GPUS: '8' },
  });
  await delay(6 * INTERVAL_SECONDS * 1000);
  const before = ticks(child.pid);
  await delay(SECONDS * 1000);
  const cpuMs = (ticks(child.pid) - before) * 10;
  child.kill('SIGTERM');
  await once(child, 'exit');
  rmSync(root, { recursive: true });
  return `The agent itself with 8 GPUs (the fake's answers), default interval: ${((cpuMs * 3600) / SECONDS / 1000).toFixed(1)} CPU seconds per hour.`;
}

export async function benchGpu(): Promise<void> {
  const kernel = await benchKernelLines();
  const rows = [...benchRows(), ...kernel.map((row) => `| kernel lines: ${row.name} | ${Math.round(row.linesPerSecond).toLocaleString('en')} |`)];
  console.log(['| parsed | lines per CPU second |', '|---|---:|', ...rows].join('\n'));
  console.log(`\n${await benchStreams()}`);
  console.log(`\n${await benchAgent()}`);
}

if (import.meta.main) await benchGpu();
