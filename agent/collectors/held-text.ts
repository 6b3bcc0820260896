import type { HeldFile, Host } from '../host.ts';

const BUFFER = Buffer.alloc(16_384);

/**
 * A short file of procfs or sysfs that the kernel answers from memory, read at every look through one descriptor: some
 * microseconds, where opening it through the thread pool costs half a millisecond. Undefined while it cannot be read.
 */
export class HeldText {
  readonly #path: string;
  #file: HeldFile | undefined;
  #inode: bigint | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  read(host: Host): string | undefined {
    // By stat first: it tells of a missing file without an exception, and of one that was put in another's place.
    const inode = host.identity(this.#path)?.inode;
    if (inode !== this.#inode) this.close();
    if (inode === undefined) return undefined;
    this.#inode = inode;
    this.#file ??= host.hold(this.#path);
    try {
      return BUFFER.toString('utf8', 0, this.#file.readSync(BUFFER));
    } catch {
      // Unreadable now: tried anew at the next look, and until then the field that comes from it is missing.
      this.close();
      return undefined;
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
