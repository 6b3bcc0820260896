import { constants, openSync, readSync, closeSync, statSync, read, open, statfs } from 'node:fs';
import { access, open as openFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Files, HeldFile } from '../host.ts';
import { errnoOf, HostError } from './errors.ts';
import { openLogFile } from './log-file.ts';

const statfsAsync = promisify(statfs);

/** Larger than any sysfs file (one page) and than /proc files that are read whole. */
const DEFAULT_MAX_BYTES = 1 << 20;
/** A device that was removed answers ENODEV on a held descriptor; its path may already lead to a new one. */
const GONE = new Set(['ENODEV', 'ENOENT', 'ESTALE', 'EBADF']);

export function openFiles(root: string): Files {
  const prefix = root === '/' ? '' : root;
  // Hundreds of paths a look: join() is for those that it would change.
  const at = (path: string): string => (path.startsWith('/') && !path.includes('/.') ? prefix + path : join(root, path));
  return {
    readText: (path, maxBytes = DEFAULT_MAX_BYTES) => readWhole(at(path), maxBytes),
    async list(path) {
      try {
        return (await readdir(at(path))).toSorted();
      } catch (cause) {
        throw new HostError('list', at(path), cause);
      }
    },
    async link(path) {
      try {
        return await readlink(at(path));
      } catch (cause) {
        throw new HostError('read the link', at(path), cause);
      }
    },
    exists: (path) => access(at(path)).then(
      () => true,
      () => false,
    ),
    identity(path) {
      const stat = statSync(at(path), { bigint: true, throwIfNoEntry: false });
      return stat && { inode: stat.ino, modifiedMs: Number(stat.mtimeNs) / 1e6 };
    },
    hold: (path) => new Held(at(path)),
    openLog: (path, from) => openLogFile(at(path), from),
    probe: (path, timeoutSeconds) => probe(at(path), timeoutSeconds),
  };
}

async function readWhole(path: string, maxBytes: number): Promise<string> {
  try {
    // Non-blocking, so that a FIFO put where a file is expected cannot hold a thread of the pool for ever.
    await using file = await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Read in pieces to the end: sysfs and procfs give a size of 4096 or 0, whatever they hold.
    const pieces: Buffer[] = [];
    let length = 0;
    while (length < maxBytes) {
      const piece = Buffer.allocUnsafe(Math.min(16_384, maxBytes - length));
      const { bytesRead } = await file.read(piece, 0, piece.length, null);
      if (bytesRead === 0) break;
      pieces.push(piece.subarray(0, bytesRead));
      length += bytesRead;
    }
    return Buffer.concat(pieces).toString('utf8');
  } catch (cause) {
    throw new HostError('read', path, cause);
  }
}

class Held implements HeldFile {
  readonly path: string;
  openings = 0;
  #descriptor: number | undefined;
  #pending = 0;
  #closed = false;

  constructor(path: string) {
    this.path = path;
  }

  readSync(into: Buffer): number {
    try {
      try {
        return readSync(this.#open(), into, 0, into.length, 0);
      } catch (error) {
        if (this.#descriptor === undefined || !GONE.has(errnoOf(error))) throw error;
        this.#release();
        return readSync(this.#open(), into, 0, into.length, 0);
      }
    } catch (cause) {
      throw new HostError('read', this.path, cause);
    }
  }

  /** By callbacks: promises in promises cost as much as the read itself, and there is one for each card at each look. */
  read(into: Buffer): Promise<number> {
    this.#pending += 1;
    return new Promise((resolve, reject) => {
      const end = (cause: Error | null, length: number): void => {
        this.#pending -= 1;
        if (this.#closed && this.#pending === 0) this.#release();
        if (cause) reject(new HostError('read', this.path, cause));
        else resolve(length);
      };
      this.#readInPool(into, (cause, length) => {
        if (!cause || this.#descriptor === undefined || !GONE.has(errnoOf(cause))) return end(cause, length);
        this.#release();
        this.#readInPool(into, end);
      });
    });
  }

  /** While a read is out in the pool its descriptor stays open: closing it could hand its number to another file. */
  close(): void {
    this.#closed = true;
    if (this.#pending === 0) this.#release();
  }

  #open(): number {
    if (this.#descriptor === undefined) {
      this.#descriptor = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
      this.openings += 1;
    }
    return this.#descriptor;
  }

  #readInPool(into: Buffer, done: (cause: Error | null, length: number) => void): void {
    if (this.#descriptor !== undefined) {
      read(this.#descriptor, into, 0, into.length, 0, done);
      return;
    }
    open(this.path, constants.O_RDONLY | constants.O_NONBLOCK, (cause, descriptor) => {
      if (cause) return done(cause, 0);
      this.#descriptor = descriptor;
      this.openings += 1;
      read(descriptor, into, 0, into.length, 0, done);
    });
  }

  #release(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

async function probe(path: string, timeoutSeconds: number): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })), timeoutSeconds * 1000);
  try {
    await Promise.race([statfsAsync(path), late]);
  } catch (cause) {
    throw new HostError('probe', path, cause);
  } finally {
    clearTimeout(timer);
  }
}
