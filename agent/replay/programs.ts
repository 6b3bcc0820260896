import { basename } from 'node:path';
import { CommandError, HostError, type Processes, type RunningCommand } from '../host.ts';
import type { Description } from './description.ts';
import { Errno } from './looks.ts';
import { askedPeriod, openSamples } from './samples.ts';

type Recorded = Description['commands'][number];

/** Programs answer as recorded; what runs on and on says its recorded samples again, in the replay's time. */
export function replayPrograms(recorded: readonly Recorded[], seconds: () => number): Processes {
  return {
    async run(path, args) {
      const found = recorded.find((command) => isSame(command, path, args));
      if (!found) throw notRecorded(path, args);
      const error = endOf(found, path, args);
      if (error) throw error;
      return { stdout: found.stdout, stderr: found.stderr };
    },
    start(path, args, onLine) {
      const found = findToStart(recorded, path, args);
      if (!found) return ended(notRecorded(path, args));
      const period = askedPeriod(args);
      if (period === undefined || found.exitCode !== 0) return finite(linesOf(found.stdout), onLine, endOf(found, path, args));
      return endless(openSamples(found, args), period, seconds, onLine);
    },
    async program({ path }) {
      if (!recorded.some(({ program }) => program === basename(path))) throw new HostError('run', path, new Errno('ENOENT'));
      return { path };
    },
    searchPath: ['/usr/bin'],
  };
}

function isSame({ program, args }: Recorded, path: string, asked: readonly string[]): boolean {
  return program === basename(path) && args.length === asked.length && args.every((arg, at) => arg === asked[at]);
}

/** The same question with other fields, at another pace or of other devices is answered too, best by a run that succeeded. */
function findToStart(recorded: readonly Recorded[], path: string, asked: readonly string[]): Recorded | undefined {
  const kind = kindOf(asked);
  const alike = recorded.filter(({ program, args }) => program === basename(path) && kindOf(args) === kind);
  const good = alike.filter(({ exitCode }) => exitCode === 0);
  return good.find((command) => isSame(command, path, asked)) ?? good.at(-1) ?? alike.at(-1);
}

function kindOf(args: readonly string[]): string | undefined {
  return args[0]?.split('=')[0];
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').slice(0, text.endsWith('\n') ? -1 : undefined);
}

function finite(lines: readonly string[], onLine: (line: string) => void, error: Error | undefined): RunningCommand {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  // Never while it is being started, as with a real program.
  queueMicrotask(() => {
    for (const line of lines) onLine(line);
    resolve(error);
  });
  return { ...ended(undefined), ended: promise };
}

/** Says what is due at once, and at each `catchUp` what became due since. */
function endless(samples: ReturnType<typeof openSamples>, period: number, seconds: () => number, onLine: (line: string) => void): RunningCommand {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  const begun = seconds();
  const state = { said: 0, isOver: false };
  const catchUp = (): void => {
    // A little early rather than one look late: the replay's seconds are sums of fractions.
    while (!state.isOver && state.said * period <= seconds() - begun + 1e-6) {
      for (const line of samples(begun + state.said * period)) onLine(line);
      state.said += 1;
    }
  };
  const end = (signal: string): void => {
    state.isOver = true;
    resolve(new CommandError({ failure: 'signal', command: '', reason: `ended by ${signal}`, signal }));
  };
  queueMicrotask(catchUp);
  return { pid: undefined, ended: promise, catchUp, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

function ended(reason: Error | undefined): RunningCommand {
  return { pid: undefined, ended: Promise.resolve(reason), stop() {}, kill() {}, catchUp() {} };
}

function endOf({ stdout, stderr, exitCode }: Recorded, path: string, args: readonly string[]): CommandError | undefined {
  if (exitCode === 0) return undefined;
  return new CommandError({ failure: 'exit-code', command: [path, ...args].join(' '), reason: `exit code ${exitCode}`, exitCode, stdout, stderr });
}

function notRecorded(path: string, args: readonly string[]): CommandError {
  return new CommandError({ failure: 'not-found', command: [path, ...args].join(' '), reason: 'not in this capture' });
}
