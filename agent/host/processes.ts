import { spawn, type ChildProcess } from 'node:child_process';
import type { Processes, RunBounds, RunningCommand, StartOptions } from '../host.ts';
import { CommandError } from './errors.ts';

const DEFAULT_MAX_LINE_BYTES = 65_536;

/** Never waits for a child in D state: after the time-out it is signalled, let go of, and the failure reported. */
export function runCommand(path: string, args: readonly string[], bounds: RunBounds): ReturnType<Processes['run']> {
  const { promise, resolve, reject } = Promise.withResolvers<{ stdout: string; stderr: string }>();
  const command = [path, ...args].join(' ');
  const child = launch(path, args, bounds.env);
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let length = 0;
  const text = (): { stdout: string; stderr: string } => ({
    stdout: Buffer.concat(output.stdout).toString('utf8'),
    stderr: Buffer.concat(output.stderr).toString('utf8'),
  });
  const abandon = (failure: 'timed-out' | 'output-too-large', reason: string): void => {
    kill(child);
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
  const child = launch(path, args, options.env);
  const { promise: ended, resolve } = Promise.withResolvers<Error | undefined>();
  let said = '';
  child.stdout?.on('data', lineSplitter(onLine, options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES));
  child.stderr?.on('data', (piece: Buffer) => {
    if (said.length < 4096) said += piece.toString('utf8');
  });
  child.on('error', (cause) => resolve(startFailure(command, cause)));
  child.on('close', (exitCode, signal) => {
    resolve(exitCode === 0 ? undefined : endFailure(command, exitCode, signal, { stdout: '', stderr: said }));
  });
  return { pid: child.pid, ended, stop: () => kill(child) };
}

function launch(path: string, args: readonly string[], env: RunBounds['env']): ChildProcess {
  return spawn(path, args, {
    shell: false,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A fixed locale: what programs print is parsed.
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
}

function kill(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  setTimeout(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }, 1000).unref();
}

function lineSplitter(onLine: (line: string) => void, maxLineBytes: number): (piece: Buffer) => void {
  let unfinished = '';
  return (piece) => {
    const lines = (unfinished + piece.toString('utf8')).split('\n');
    unfinished = (lines.pop() ?? '').slice(0, maxLineBytes);
    for (const line of lines) onLine(line.slice(0, maxLineBytes).replace(/\r$/, ''));
  };
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
