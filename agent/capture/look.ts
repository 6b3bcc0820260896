import { posix } from 'node:path';
import type { Host } from '../host.ts';
import type { CaptureEntry } from './layout.ts';
import type { Notes } from './notes.ts';

/** As many links as Linux follows in one path (MAXSYMLINKS, include/linux/namei.h). */
const MAX_LINKS = 40;
const KERNEL_LOG_SECONDS = 15 * 60;
const KERNEL_LOG_BYTES = 2 << 20;

/** The node as it is known after a look: what this look read, over what the looks before it have read. */
export class SeenNode {
  readonly entries = new Map<string, CaptureEntry>();
  errors: Readonly<Record<string, string>> = {};
  readonly #host: Host;
  readonly #inodes = new Map<string, bigint>();
  #links = new Map<string, string | undefined>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** Takes a look's notes in. Returns the paths below which there is now another device than before. */
  async add(notes: Notes): Promise<readonly string[]> {
    this.#links = new Map();
    for (const path of notes.missing) this.#remove(await this.#place(path));
    const remade = await this.#remade(notes);
    for (const [path, names] of notes.lists) await this.#addList(path, names);
    for (const path of [...notes.present, ...notes.inodes.keys()]) await this.#addUnread(await this.#canonical(path));
    for (const [path, text] of notes.texts) this.#put(await this.#canonical(path), { text });
    for (const [path, target] of notes.links) this.#put(await this.#place(path), { link: target });
    for (const [path, records] of notes.logs) this.#addLog(path, records);
    for (const [path, target] of this.#links) if (target !== undefined) this.#put(path, { link: target });
    for (const path of notes.missing) this.#makeDirectory(posix.dirname(await this.#place(path)));
    this.#errors(notes);
    this.#tidy();
    return remade;
  }

  async #remade(notes: Notes): Promise<readonly string[]> {
    const remade: string[] = [];
    for (const [path, inode] of notes.inodes) {
      // Only sysfs keeps an inode for as long as the thing is the same (kernfs ids); procfs makes them up.
      if (!path.startsWith('/sys/')) continue;
      const place = await this.#canonical(path);
      const before = this.#inodes.get(place);
      this.#inodes.set(place, inode);
      if (before === undefined || before === inode) continue;
      this.#remove(place);
      remade.push(place);
    }
    return remade;
  }

  /** A name that was listed and not read is kept as an empty file, so that a replay lists it too. */
  async #addList(path: string, names: readonly string[]): Promise<void> {
    const place = await this.#canonical(path);
    if (names.length === 0) this.#put(place, { empty: true });
    const listed = new Set(names);
    for (const known of this.entries.keys()) {
      if (!known.startsWith(`${place}/`)) continue;
      const [name = ''] = known.slice(place.length + 1).split('/');
      if (!listed.has(name)) this.entries.delete(known);
    }
    // Processes that hold no device of the fabric open are nobody's business.
    if (place === '/proc') return;
    for (const name of names) await this.#addUnread(await this.#place(`${place}/${name}`));
  }

  async #addUnread(place: string): Promise<void> {
    if (this.entries.has(place) || this.#links.get(place) !== undefined) return;
    this.entries.set(place, { text: '' });
  }

  /** Something was looked for below it and answered ENOENT, not ENOTDIR. */
  #makeDirectory(place: string): void {
    const entry = this.entries.get(place);
    if (entry && 'text' in entry && entry.text === '') this.entries.set(place, { empty: true });
  }

  #put(place: string, entry: CaptureEntry): void {
    this.entries.set(place, entry);
  }

  #remove(place: string): void {
    for (const known of this.entries.keys()) if (known === place || known.startsWith(`${place}/`)) this.entries.delete(known);
  }

  #addLog(path: string, records: readonly string[]): void {
    const known = this.entries.get(path);
    const earlier = known && 'text' in known ? known.text : '';
    const text = earlier + records.map((record) => `${record}\n`).join('');
    this.entries.set(path, { text: recentRecords(text) });
  }

  /** Only what could not be read at all: EINVAL of a link that is a file is in the tree already. */
  #errors(notes: Notes): void {
    const read = (path: string): boolean => notes.texts.has(path) || notes.links.has(path) || notes.lists.has(path);
    this.errors = Object.fromEntries([...notes.errors].filter(([path]) => !read(path)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** What has something below it is no file; of processes, only those that hold a fabric device are kept. */
  #tidy(): void {
    const above = new Set<string>();
    for (const path of this.entries.keys()) for (let at = posix.dirname(path); at !== '/'; at = posix.dirname(at)) above.add(at);
    const holders = new Set<string>();
    for (const [path, entry] of this.entries) {
      if ('link' in entry && entry.link.startsWith('/dev/infiniband/')) holders.add(path.split('/')[2] ?? '');
    }
    for (const [path, entry] of this.entries) {
      if (this.#isUnrelated(path, entry, holders) || (above.has(path) && !('link' in entry))) this.entries.delete(path);
    }
  }

  /** `net` is the network namespace's, not the process's own; `stat` tells kernel threads from processes hidden from us. */
  #isUnrelated(path: string, entry: CaptureEntry, holders: ReadonlySet<string>): boolean {
    const [, top, pid = '', kind] = path.split('/');
    if (top !== 'proc' || !/^\d+$/.test(pid) || kind === 'net') return false;
    if (!holders.has(pid)) return !(kind === 'stat' && `/proc/${pid}/fd` in this.errors);
    return kind === 'fd' && !('link' in entry && entry.link.startsWith('/dev/infiniband/'));
  }

  /** With every link on the way followed. Only sysfs is built of links; elsewhere a path stays as it was asked. */
  async #canonical(path: string): Promise<string> {
    let at = await this.#place(path);
    for (let hops = 0; hops < MAX_LINKS; hops += 1) {
      const target = await this.#linkAt(at);
      if (target === undefined) return at;
      at = await this.#place(posix.resolve(posix.dirname(at), target));
    }
    return at;
  }

  async #place(path: string): Promise<string> {
    const plain = posix.normalize(path);
    if (!plain.startsWith('/sys/')) return plain;
    return posix.join(await this.#canonical(posix.dirname(plain)), posix.basename(plain));
  }

  async #linkAt(path: string): Promise<string | undefined> {
    if (!path.startsWith('/sys/')) return undefined;
    if (this.#links.has(path)) return this.#links.get(path);
    const known = this.entries.get(path);
    // A device that goes away between the look and this question keeps the place where it was read.
    const target = await this.#host.link(path).catch(() => (known && 'link' in known ? known.link : undefined));
    this.#links.set(path, target);
    return target;
  }
}

/** The records of the last quarter of an hour, at most 2 MiB of them; counted back from the newest. */
function recentRecords(text: string): string {
  const records = text.split(/\n(?! )/).filter((record) => record !== '');
  const oldest = micros(records.at(-1)) - KERNEL_LOG_SECONDS * 1e6;
  const first = records.findIndex((record) => !(micros(record) < oldest));
  const recent = records.slice(Math.max(first, 0)).map((record) => `${record}\n`);
  let bytes = 0;
  const from = recent.findLastIndex((record) => (bytes += Buffer.byteLength(record)) > KERNEL_LOG_BYTES);
  return recent.slice(from + 1).join('');
}

/** `6,1234,5678901,-;text`: microseconds since boot. */
function micros(record: string | undefined): number {
  return Number(record?.split(',', 3)[2] ?? Number.NaN);
}
