import type { Files, HeldFile, LogFile } from '../host.ts';
import { errnoOf, HostError } from '../host/errors.ts';
import { takeLines } from '../host/log-records.ts';
import type { Description } from './description.ts';
import { counterAt, seriesOf, toMicros, type Series } from './counters.ts';
import { Errno, resolveIn, type Look, type ReplayNode } from './looks.ts';

/** As agent/host/files.ts has it: on these a held descriptor is opened anew. */
const GONE = new Set(['ENODEV', 'ENOENT', 'ESTALE', 'EBADF']);

/** The files of a capture as they are at the moment of the call. */
export function replayFiles(looks: readonly Look[], probes: Description['probes'], seconds: () => number): Files {
  const source = new Source(looks, seconds);
  return {
    readText: async (path, maxBytes) => {
      const text = reported('read', path, () => source.text(source.find(path)));
      return maxBytes === undefined ? text : Buffer.from(text).subarray(0, maxBytes).toString('utf8');
    },
    list: async (path) => reported('list', path, () => source.list(path)),
    link: async (path) => reported('read the link', path, () => source.link(path)),
    exists: async (path) => source.identity(path) !== undefined,
    identity: (path) => source.identity(path),
    hold: (path) => new ReplayedFile(path, source),
    openLog: (path, from) => openLog(path, from, source),
    probe: async (path) => {
      const probed = probes.find((probe) => probe.path === path);
      const code = probed?.error ?? (probed || source.identity(path) ? undefined : 'ENOENT');
      if (code !== undefined) throw new HostError('probe', path, new Errno(code));
    },
  };
}

function reported<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new HostError(action, path, cause);
  }
}

interface Place {
  readonly path: string;
  readonly node: ReplayNode;
}

class Source {
  readonly #looks: readonly Look[];
  readonly #seconds: () => number;
  readonly #series = new Map<string, Series | undefined>();
  /** Of one look: the same few files are asked for again and again. */
  readonly #places = new Map<string, Place>();
  #placesOf: Look | undefined;

  constructor(looks: readonly Look[], seconds: () => number) {
    this.#looks = looks;
    this.#seconds = seconds;
  }

  find(path: string, followLast = true): Place {
    const look = this.#look();
    if (this.#placesOf !== look) this.#places.clear();
    this.#placesOf = look;
    const known = followLast ? this.#places.get(path) : undefined;
    if (known) return known;
    const at = resolveIn(look.nodes, path, followLast);
    const place: Place = { path: at, node: look.nodes.get(at) ?? { kind: 'directory', inode: 0n, modifiedMs: 0 } };
    if (followLast) this.#places.set(path, place);
    return place;
  }

  text({ path, node }: Place): string {
    this.#refuse(path);
    if (node.kind !== 'file') throw new Errno('EISDIR');
    if (path === '/proc/uptime') return this.#uptime(node.text);
    if (!this.#series.has(path)) this.#series.set(path, seriesOf(this.#looks, path));
    const series = this.#series.get(path);
    const value = series && counterAt(series, this.#index(), toMicros(this.#seconds()));
    if (value === undefined) return node.text;
    return node.text.endsWith('\n') ? `${value}\n` : value.toString();
  }

  list(path: string): readonly string[] {
    const place = this.find(path);
    this.#refuse(place.path);
    if (place.node.kind !== 'directory') throw new Errno('ENOTDIR');
    return this.#look().children.get(place.path) ?? [];
  }

  link(path: string): string {
    const place = this.find(path, false);
    this.#refuse(place.path);
    if (place.node.kind !== 'link') throw new Errno('EINVAL');
    return place.node.target;
  }

  identity(path: string): { inode: bigint; modifiedMs: number } | undefined {
    try {
      const { inode, modifiedMs } = this.find(path).node;
      return { inode, modifiedMs };
    } catch (error) {
      if (error instanceof Errno) return undefined;
      throw error;
    }
  }

  #index(): number {
    const now = this.#seconds();
    return Math.max(0, this.#looks.findLastIndex((look) => look.seconds <= now));
  }

  #look(): Look {
    const look = this.#looks[this.#index()];
    if (!look) throw new Errno('ENOENT');
    return look;
  }

  #refuse(path: string): void {
    const code = this.#look().errors.get(path);
    if (code !== undefined) throw new Errno(code);
  }

  /** A clock, not a file: it goes on between and after the looks, or the times of kernel lines would drift. */
  #uptime(text: string): string {
    const [first] = this.#looks;
    const start = first?.nodes.get('/proc/uptime');
    const [up, idle] = (start?.kind === 'file' ? start.text : text).split(' ').map(Number);
    if (up === undefined || Number.isNaN(up)) return text;
    const later = (value: number | undefined): string => ((value ?? 0) + this.#seconds()).toFixed(2);
    return `${later(up)} ${later(idle)}\n`;
  }
}

/** Behaves as a held descriptor: one on a device that was removed answers ENODEV once, then the path is opened anew. */
class ReplayedFile implements HeldFile {
  readonly path: string;
  openings = 0;
  readonly #source: Source;
  #inode: bigint | undefined;

  constructor(path: string, source: Source) {
    this.path = path;
    this.#source = source;
  }

  readSync(into: Buffer): number {
    return reported('read', this.path, () => {
      try {
        return this.#attempt(into);
      } catch (error) {
        if (this.#inode === undefined || !GONE.has(errnoOf(error))) throw error;
        this.#inode = undefined;
        return this.#attempt(into);
      }
    });
  }

  async read(into: Buffer): Promise<number> {
    return this.readSync(into);
  }

  close(): void {
    this.#inode = undefined;
  }

  #attempt(into: Buffer): number {
    if (this.#inode === undefined) {
      this.#inode = this.#source.find(this.path).node.inode;
      this.openings += 1;
    }
    const place = this.#source.find(this.path);
    if (place.node.inode !== this.#inode) throw new Errno('ENODEV');
    return into.write(this.#source.text(place));
  }
}

function openLog(path: string, from: 'start' | 'end', source: Source): LogFile {
  let taken = '';
  const arrived = (): readonly string[] => {
    const text = reported('read', path, () => source.text(source.find(path)));
    const records: string[] = [];
    takeLines(text.startsWith(taken) ? text.slice(taken.length) : text, records);
    taken = text;
    return records;
  };
  const waiting: string[] = [];
  const first = arrived();
  if (from === 'start') waiting.push(...first);
  return {
    read(maxRecords) {
      waiting.push(...arrived());
      const records = waiting.splice(0, maxRecords);
      return { records, overruns: 0, more: waiting.length > 0 };
    },
    close() {},
  };
}
