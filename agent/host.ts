import { hostname, networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { openFiles } from './host/files.ts';
import { fetchText } from './host/http.ts';
import { openCopiedLog } from './host/log-socket.ts';
import { unaryCall } from './host/unary-call.ts';
import type { PodResources, Pods } from './model.ts';
import { runCommand, startCommand } from './host/processes.ts';
import { findProgram, searchPath } from './host/programs.ts';

/**
 * The one door to the node. Paths are the node's own (`/sys/class/infiniband`); the host root is put before them here.
 * A capture directory is replayed by another implementation of the same interface (replay.ts).
 */
export interface Host extends Files, Processes {
  /** Where the node's `/` is seen. */
  readonly root: string;
  /** Wall clock, only to name moments for people; durations are measured with the engine's monotonic clock. */
  wallTime(): Date;
  /** Name of this machine, for a report without `--node-name`. */
  hostname(): string;
  /** IPv4 addresses of this process's network namespace (the node's, with hostNetwork). */
  interfaces(): readonly { readonly name: string; readonly address: string; readonly mac: string | undefined; readonly internal: boolean }[];
  /** Throws HostError ETIMEDOUT after `timeoutSeconds`; any HTTP status is an answer. */
  fetch(request: HttpRequest): Promise<HttpAnswer>;
  /** One gRPC call (`/v1.PodResourcesLister/List`) at a unix socket of the node, bytes in and out. Rejects with HostError. */
  unaryCall(socket: string, method: string, message: Buffer, bounds: UnaryBounds): Promise<Buffer>;
  /** Only of a capture: what it holds of sources that are neither files nor programs, as they were handed over. */
  readonly recorded?: Recorded;
  close(): void;
}

/** All reject with HostError, which keeps path, errno and cause. */
export interface Files {
  readText(path: string, maxBytes?: number): Promise<string>;
  /** Sorted names. */
  list(path: string): Promise<readonly string[]>;
  /** Target of a symbolic link as it is written (`../../../0000:79:00.0`). */
  link(path: string): Promise<string>;
  exists(path: string): Promise<boolean>;
  /** Inode and modification time, synchronously (sysfs answers stat without asking the driver); undefined when missing. */
  identity(path: string): { readonly inode: bigint; readonly modifiedMs: number } | undefined;
  /** Opens at first use. */
  hold(path: string): HeldFile;
  openLog(path: string, from: 'start' | 'end'): LogFile;
  /** Whether the file system at `path` answers statfs within the time; rejects with ETIMEDOUT when not. */
  probe(path: string, timeoutSeconds: number): Promise<void>;
}

/** A file read again and again through one descriptor: `pread` at 0; opened anew after ENODEV, ENOENT or ESTALE. */
export interface HeldFile {
  readonly path: string;
  /** How often it has been opened. */
  readonly openings: number;
  /** Fills `into` from the file's start and returns the number of bytes. About a microsecond for a cached counter. */
  readSync(into: Buffer): number;
  /** The same in the thread pool: a sick card can hold it for seconds and stalls nobody. */
  read(into: Buffer): Promise<number>;
  close(): void;
}

/** /dev/kmsg, a pipe, or a plain file that grows. Never blocks: hands over what is there. */
export interface LogFile {
  /** `lost`: how often the kernel said EPIPE (it overwrote lines before they were read). */
  read(maxRecords: number): { readonly records: readonly string[]; readonly overruns: number; readonly more: boolean };
  /** Set where another process copies the log to here: after a pause it may begin with the oldest line once more. */
  readonly feed?: LogFeed;
  close(): void;
}

export interface LogFeed {
  /** Whether all that the other process had was handed over; true where it does not tell. */
  readonly isAtEnd: boolean;
  /** Why nothing comes; undefined as long as the other process is there. */
  trouble(): string | undefined;
}

export interface Processes {
  /** Runs a program by path, never through a shell; bounded in time and output. Rejects with CommandError. */
  run(path: string, args: readonly string[], bounds: RunBounds): Promise<{ readonly stdout: string; readonly stderr: string }>;
  /** A long-lived program whose lines are handed over as they come. */
  start(path: string, args: readonly string[], onLine: (line: string) => void, options?: StartOptions): RunningCommand;
  /** How this process can run a program that stands there. Rejects with HostError (ENOENT, EACCES, …). */
  program(place: ProgramPlace): Promise<Program>;
  /** The directories of PATH. */
  readonly searchPath: readonly string[];
}
/** `here`: in this process's own file system. `node`: below the host root, to be run with the node's own libraries. */
export type ProgramPlace =
  | { readonly from: 'here'; readonly path: string }
  | {
      readonly from: 'node';
      readonly path: string;
      /** The file system that the program was made for: `/`, or that of a driver container. Its loader and libraries lie there. */
      readonly system: string;
      /** Directories with libraries of its own, looked through first; `path` and these are the node's. */
      readonly libraries: readonly string[];
    };
/** What `run` and `start` need: hand `path` over as the program and the rest as their options. */
export interface Program extends ProgramSurroundings {
  readonly path: string;
}
export interface ProgramSurroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** Another system's dynamic loader and its arguments, which then runs the program. */
  readonly loader?: readonly [path: string, ...args: string[]];
}
export interface RunBounds extends ProgramSurroundings {
  readonly timeoutSeconds: number;
  readonly maxBytes: number;
}
export interface StartOptions extends ProgramSurroundings {
  /** Longer lines are cut. */
  readonly maxLineBytes?: number;
}
export interface RunningCommand {
  readonly pid: number | undefined;
  /** Resolves when it has ended, with the reason; never rejects. Stays pending for a process in D state. */
  readonly ended: Promise<Error | undefined>;
  /** SIGTERM, then SIGKILL after a second; does not wait. */
  stop(): void;
  /** SIGKILL at once, when there is no second left; does not wait. */
  kill(): void;
  /** In a replay, where no time passes by itself: hands over what is due by now. */
  catchUp?(): void;
}

export interface HttpRequest {
  readonly url: string;
  readonly method?: 'GET' | 'PUT' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutSeconds: number;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** PEM: who may have signed the server's certificate, instead of the well-known authorities. */
  readonly ca?: string;
}
export interface UnaryBounds {
  readonly timeoutSeconds: number;
  readonly maxBytes: number;
}
export interface Recorded {
  readonly pods?: Pods;
  readonly 'pod-resources'?: PodResources;
}
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export { CommandError, HostError, errnoOf } from './host/errors.ts';

/** The live node below `root`. `kernelLog`: where this process finds its kernel log, instead of /dev/kmsg below the root. */
export function openHost(root = '/', kernelLog?: string): Host {
  const absolute = resolve(root);
  const files = openFiles(absolute);
  return {
    root: absolute,
    ...files,
    ...(kernelLog !== undefined && {
      openLog: (path, from) => (path === '/dev/kmsg' ? openCopiedLog(resolve(kernelLog), from) : files.openLog(path, from)),
    }),
    run: runCommand,
    start: startCommand,
    program: (place) => findProgram(absolute, place),
    searchPath: searchPath(),
    fetch: fetchText,
    unaryCall: (socket, method, message, bounds) => unaryCall(absolute === '/' ? socket : join(absolute, socket), method, message, bounds),
    wallTime: () => new Date(),
    hostname,
    interfaces: listInterfaces,
    close() {},
  };
}

function listInterfaces(): ReturnType<Host['interfaces']> {
  return Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    (entries ?? [])
      .filter((entry) => entry.family === 'IPv4')
      .map(({ address, mac, internal }) => ({ name, address, mac: mac === '00:00:00:00:00:00' ? undefined : mac, internal })),
  );
}
