import { constants } from 'node:os';

// libuv has no name for some errnos that sysfs answers (ETIME of an EFA card that completes no command, ESTALE), and Node
// then calls them `Unknown system error -62`.
const ERRNO_NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [`Unknown system error -${number}`, name]));

/** A file of the node that could not be read: which one, the errno, and what it was asked for. */
export class HostError extends Error {
  readonly path: string;
  readonly code: string;
  constructor(action: string, path: string, cause: unknown) {
    const code = errnoOf(cause);
    super(`cannot ${action} ${path}: ${code}`, { cause });
    this.name = 'HostError';
    this.path = path;
    this.code = code;
  }
}

/** The errno name of an error (`EIO`), or its message where it has none. */
export function errnoOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('code' in error && typeof error.code === 'string')) return error.message;
  return ERRNO_NAMES.get(error.code) ?? error.code;
}

export type CommandFailure = 'not-found' | 'not-started' | 'timed-out' | 'output-too-large' | 'signal' | 'exit-code';

/** A program that did not do its work: the most specific true reason, the command, and the head of what it said. */
export class CommandError extends Error {
  readonly failure: CommandFailure;
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  constructor(details: {
    failure: CommandFailure;
    command: string;
    reason: string;
    exitCode?: number;
    signal?: string;
    stdout?: string;
    stderr?: string;
    cause?: unknown;
  }) {
    const said = head(details.stderr || details.stdout || '');
    super(`${details.command}: ${details.reason}${said ? `: ${said}` : ''}`, { cause: details.cause });
    this.name = 'CommandError';
    this.failure = details.failure;
    this.command = details.command;
    this.exitCode = details.exitCode;
    this.signal = details.signal;
    this.stdout = details.stdout ?? '';
    this.stderr = details.stderr ?? '';
  }
}

function head(text: string): string {
  const line = text.trim().split('\n', 3).join(' | ');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
