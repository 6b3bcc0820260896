import { CommandError, errnoOf, type Files, type HeldFile, type Host, type HttpRequest, type LogFile, type Processes } from '../host.ts';
import { emptyNotes, type Exchanges, type Notes } from './notes.ts';

/** Of one long-lived program: an hour of eight GPUs at one sample a second. */
const MAX_RECORDED = 16 << 20;

/** A host that hands everything through and notes what was read. So a capture holds what the collectors read, no more. */
export class Recorder {
  readonly host: Host;
  readonly exchanges: Exchanges = { http: new Map(), commands: new Map(), probes: new Map() };
  #notes = emptyNotes();

  constructor(inner: Host) {
    this.host = {
      ...inner,
      ...this.#files(inner),
      ...this.#processes(inner),
      fetch: (request) => this.#fetch(inner, request),
    };
  }

  /** What was noted since the last call. */
  take(): Notes {
    const taken = this.#notes;
    this.#notes = emptyNotes();
    return taken;
  }

  #files(inner: Host): Files {
    return {
      readText: (path, maxBytes) => this.#noted(path, inner.readText(path, maxBytes), (text) => this.#notes.texts.set(path, text)),
      list: (path) => this.#noted(path, inner.list(path), (names) => this.#notes.lists.set(path, names)),
      link: (path) => this.#noted(path, inner.link(path), (target) => this.#notes.links.set(path, target)),
      exists: async (path) => {
        const found = await inner.exists(path);
        (found ? this.#notes.present : this.#notes.missing).add(path);
        return found;
      },
      identity: (path) => {
        const found = inner.identity(path);
        if (found) this.#notes.inodes.set(path, found.inode);
        else this.#notes.missing.add(path);
        return found;
      },
      hold: (path) => this.#hold(path, inner.hold(path)),
      openLog: (path, from) => this.#openLog(inner, path, from),
      probe: async (path, timeoutSeconds) => {
        try {
          await inner.probe(path, timeoutSeconds);
          this.exchanges.probes.set(path, undefined);
        } catch (error) {
          this.exchanges.probes.set(path, errnoOf(error));
          throw error;
        }
      },
    };
  }

  async #noted<T>(path: string, answer: Promise<T>, note: (value: T) => void): Promise<T> {
    try {
      const value = await answer;
      note(value);
      return value;
    } catch (error) {
      this.#noteError(path, error);
      throw error;
    }
  }

  #noteError(path: string, error: unknown): void {
    const code = errnoOf(error);
    if (code === 'ENOENT') this.#notes.missing.add(path);
    else this.#notes.errors.set(path, code);
  }

  #hold(path: string, held: HeldFile): HeldFile {
    const note = (into: Buffer, length: number): number => {
      this.#notes.texts.set(path, into.toString('utf8', 0, length));
      return length;
    };
    return {
      path: held.path,
      get openings() {
        return held.openings;
      },
      readSync: (into) => {
        try {
          return note(into, held.readSync(into));
        } catch (error) {
          this.#noteError(path, error);
          throw error;
        }
      },
      read: async (into) => {
        try {
          return note(into, await held.read(into));
        } catch (error) {
          this.#noteError(path, error);
          throw error;
        }
      },
      close: () => held.close(),
    };
  }

  #openLog(inner: Host, path: string, from: 'start' | 'end'): LogFile {
    try {
      const log = inner.openLog(path, from);
      this.#notes.present.add(path);
      return {
        read: (maxRecords) => {
          const answer = log.read(maxRecords);
          const known = this.#notes.logs.get(path) ?? [];
          for (const record of answer.records) known.push(record);
          this.#notes.logs.set(path, known);
          return answer;
        },
        ...(log.feed && { feed: log.feed }),
        close: () => log.close(),
      };
    } catch (error) {
      this.#noteError(path, error);
      throw error;
    }
  }

  async #fetch(inner: Host, request: HttpRequest): ReturnType<Host['fetch']> {
    const { pathname, search } = new URL(request.url);
    const [method, url] = [request.method ?? 'GET', pathname + search];
    const key = `${url} ${method}`;
    try {
      const answer = await inner.fetch(request);
      this.exchanges.http.set(key, { method, url, answer });
      return answer;
    } catch (error) {
      this.exchanges.http.set(key, { method, url, answer: errnoOf(error) });
      throw error;
    }
  }

  #processes(inner: Host): Processes {
    return {
      run: async (path, args, bounds) => {
        const key = [path, ...args].join('\0');
        try {
          const output = await inner.run(path, args, bounds);
          this.exchanges.commands.set(key, { path, args, ...output, exitCode: 0 });
          return output;
        } catch (error) {
          if (error instanceof CommandError && error.exitCode !== undefined) {
            const { stdout, stderr, exitCode } = error;
            this.exchanges.commands.set(key, { path, args, stdout, stderr, exitCode });
          }
          throw error;
        }
      },
      start: (path, args, onLine, options) => this.#start(inner, path, args, onLine, options),
      program: (place) => inner.program(place),
      searchPath: inner.searchPath,
    };
  }

  /** The lines of a long-lived program, of all its runs with these arguments. */
  #start(inner: Host, ...[path, args, onLine, options]: Parameters<Processes['start']>): ReturnType<Processes['start']> {
    const { commands } = this.exchanges;
    const key = [path, ...args].join('\0');
    const recorded = commands.get(key) ?? { path, args, stdout: '', stderr: '', exitCode: 0 };
    commands.set(key, recorded);
    let { stdout } = recorded;
    const hear = (line: string): void => {
      if (stdout.length < MAX_RECORDED) stdout += `${line}\n`;
      commands.set(key, { ...recorded, stdout });
      onLine(line);
    };
    const command = inner.start(path, args, hear, options);
    const noteEnd = async (): Promise<void> => {
      const error = await command.ended;
      if (!(error instanceof CommandError)) return;
      const { exitCode, stderr } = error;
      if (exitCode !== undefined) commands.set(key, { path, args, stdout, stderr, exitCode });
      // A program that could not be started is not on this node, and so it is in the replay.
      else if (stdout === '' && error.signal === undefined) commands.delete(key);
    };
    void noteEnd();
    return command;
  }
}
