import { spawn, type ChildProcess } from 'node:child_process';
import type { Processes, ProgramSurroundings, RunBounds, RunningCommand, StartOptions } from '../host.ts';
import { CommandError } from './errors.ts';
import { lineSplitter } from './lines.ts';

const DEFAULT_MAX_LINE_BYTES = 65_536;

/** Never waits for a child in D state: after the time-out it is signalled, let go of, and the failure reported. */
export function runCommand(path: string, args: readonly string[], bounds: RunBounds): ReturnType<Processes['run']> {
  const { promise, resolve, reject } = Promise.withResolvers<{ stdout: string; stderr: string }>();
  const command = [path, ...args].join(' ');
  const child = launch(path, args, bounds);
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let length = 0;
  const text = (): { stdout: string; stderr: string } => ({
    stdout: Buffer.concat(output.stdout).toString('utf8'),
    stderr: Buffer.concat(output.stderr).toString('utf8'),
  });
  const abandon = (failure: 'timed-out' | 'output-too-large', reason: string): void => {
    stop(child);
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.unref();
    reject(new CommandError({ failure, command, reason, ...text() }));
  };
  const timer = setTimeout(() => abandon('timed-out', `no end within ${bounds.timeoutSeconds} s`), bounds.timeoutSeconds * 1000);
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > bounds.maxBytes) abandon('output-too-large', `more than ${bounds.maxBytes} bytes of output`);
      else output[name].push(piece);
    });
  }
  child.on('error', (cause) => {
    clearTimeout(timer);
    reject(startFailure(command, cause));
  });
  child.on('close', (exitCode, signal) => {
    clearTimeout(timer);
    if (exitCode === 0) resolve(text());
    else reject(endFailure(command, exitCode, signal, text()));
  });
  return promise;
}

export function startCommand(
  path: string,
  args: readonly string[],
  onLine: (line: string) => void,
  options: StartOptions = {},
): RunningCommand {
  const command = [path, ...args].join(' ');
  const { promise: ended, resolve } = Promise.withResolvers<Error | undefined>();
  const child = launchOrNot(path, args, options);
  if (child instanceof Error) return { pid: undefined, ended: Promise.resolve(startFailure(command, child)), stop() {}, kill() {} };
  const lines = lineSplitter(onLine, options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES);
  let said = '';
  child.stdout?.on('data', (piece: Buffer) => lines.add(piece));
  child.stderr?.on('data', (piece: Buffer) => {
    if (said.length < 4096) said += piece.toString('utf8');
  });
  child.on('error', (cause) => resolve(startFailure(command, cause)));
  child.on('close', (exitCode, signal) => {
    resolve(exitCode === 0 ? undefined : endFailure(command, exitCode, signal, { stdout: '', stderr: said }));
  });
  return { pid: child.pid, ended, stop: () => stop(child), kill: () => signalGroup(child, 'SIGKILL') };
}

/** Programs that have not ended yet, so that none outlives this process. */
const running = new Set<ChildProcess>();

/** SIGKILL to all that is still running, for the last moment of this process. */
export function killAll(): void {
  for (const child of running) signalGroup(child, 'SIGKILL');
}

function launch(path: string, args: readonly string[], { env, loader }: ProgramSurroundings): ChildProcess {
  const [file, ...rest]: readonly [string, ...string[]] = loader ? [...loader, path, ...args] : [path, ...args];
  const child = spawn(file, rest, {
    shell: false,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: a wrapper script and what it started are ended together.
    detached: true,
    // A fixed locale: what programs print is parsed.
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
  if (child.pid === undefined) return child;
  if (running.size === 0) process.once('exit', killAll);
  running.add(child);
  child.once('exit', () => {
    // What it started and left behind would hold our pipes, and outlive us.
    signalGroup(child, 'SIGKILL');
    running.delete(child);
    if (running.size === 0) process.off('exit', killAll);
  });
  return child;
}

/** Most failures to start come as an event, some (no memory, too long a command line) are thrown. */
function launchOrNot(path: string, args: readonly string[], options: StartOptions): ChildProcess | Error {
  try {
    return launch(path, args, options);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function stop(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  signalGroup(child, 'SIGTERM');
  setTimeout(() => {
    if (child.exitCode === null && child.signalCode === null) signalGroup(child, 'SIGKILL');
  }, 1000).unref();
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: it has ended meanwhile. EPERM: all that is left of the group has changed its user.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
  }
}

function startFailure(command: string, cause: Error): CommandError {
  const missing = 'code' in cause && cause.code === 'ENOENT';
  const reason = missing ? 'not found' : `could not be started: ${cause.message}`;
  return new CommandError({ failure: missing ? 'not-found' : 'not-started', command, reason, cause });
}

function endFailure(
  command: string,
  exitCode: number | null,
  signal: NodeJS.Signals | null,
  output: { readonly stdout: string; readonly stderr: string },
): CommandError {
  return signal
    ? new CommandError({ failure: 'signal', command, reason: `ended by ${signal}`, signal, ...output })
    : new CommandError({ failure: 'exit-code', command, reason: `exit code ${exitCode}`, exitCode: exitCode ?? -1, ...output });
}
