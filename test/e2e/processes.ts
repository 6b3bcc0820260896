import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

const running = new Set<Running>();
const ends: (() => void)[] = [];

/** A process that this suite started and ends again. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  /** All it has said so far. */
  readonly output: () => string;
  /** Ends it and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export function start(name: string, path: string, args: readonly string[]): Running {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const hear = (piece: Buffer): void => void (said += piece.toString());
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.on('error', (error) => (said += String(error)));
  const process: Running = {
    name,
    pid: child.pid ?? -1,
    output: () => said,
    async stop(signal = 'SIGTERM') {
      running.delete(process);
      await ended(child, signal);
    },
  };
  running.add(process);
  return process;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await Promise.race([gone, setTimeout(10_000, undefined, { ref: false })]);
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}

/** Something else that must end before the scratch directory goes. */
export function atEnd(end: () => void): void {
  ends.push(end);
}

export async function stopAll(): Promise<void> {
  for (const end of ends.splice(0)) end();
  await Promise.all([...running].map((process) => process.stop('SIGKILL')));
}

/** What each still running process said last: for a scene that failed. */
export function lastWords(): string {
  return [...running].map(({ name, output }) => `--- ${name}\n${output().slice(-3000)}`).join('\n');
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('the probe has no port');
  return address.port;
}

/** Asks until there is an answer; throws after `seconds`, with the words that say what was waited for. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined, seconds = 60): Promise<T> {
  const end = performance.now() + seconds * 1000;
  let problem: unknown;
  while (performance.now() < end) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      problem = error;
    }
    await setTimeout(100);
  }
  throw new Error(`within ${seconds} s did not come: ${what}`, { cause: problem });
}

export async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
