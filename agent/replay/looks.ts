import { posix } from 'node:path';
import type { TreeEntry } from '../host/tree.ts';
import { BadCapture, type Description } from './description.ts';

/** What stands at a path; the same inode across looks as long as it was not removed in between. */
export type ReplayNode = TreeEntry & { readonly inode: bigint; readonly modifiedMs: number };

/** The node's files as they were from one look until the next. */
export interface Look {
  readonly seconds: number;
  /** By canonical path: no link in it except, perhaps, the last component. */
  readonly nodes: ReadonlyMap<string, ReplayNode>;
  readonly errors: ReadonlyMap<string, string>;
  readonly children: ReadonlyMap<string, readonly string[]>;
}

/** An errno of the replay; HostError takes its code. */
export class Errno extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** As many links as Linux follows in one path (MAXSYMLINKS, include/linux/namei.h). */
const MAX_LINKS = 40;
const OVERLAY = /^\/looks\/([^/]+)(\/.*)$/;

/** Lays the overlays of the later looks one over the other. Throws BadCapture on an overlay that no look names. */
export function layLooks(tree: ReadonlyMap<string, TreeEntry>, description: Description, file: string): readonly Look[] {
  const overlays = splitTree(tree, description, file);
  const takenAtMs = Date.parse(description.takenAt);
  const nodes = new Map<string, ReplayNode>();
  let lastInode = 0n;
  const put = (path: string, entry: TreeEntry, seconds: number): void => {
    const parent = posix.dirname(path);
    if (parent !== '/' && !nodes.has(parent)) put(parent, { kind: 'directory' }, seconds);
    const earlier = nodes.get(path);
    if (entry.kind === 'directory' && earlier) return;
    const now = takenAtMs + seconds * 1000;
    const { inode, modifiedMs } = earlier ?? { inode: (lastInode += 1n), modifiedMs: now };
    nodes.set(path, { ...entry, inode, modifiedMs });
    if (!earlier) touch(nodes, parent, now);
  };
  return description.looks.map(({ seconds, removed, errors }, index) => {
    for (const path of removed) removeBelow(nodes, path, takenAtMs + seconds * 1000);
    if (index === 0) for (const path of description.emptyDirectories) put(path, { kind: 'directory' }, seconds);
    for (const [path, entry] of overlays[index] ?? []) put(path, entry, seconds);
    const unreadable = new Map<string, string>();
    for (const [path, code] of Object.entries({ ...description.errors, ...errors })) {
      const place = canonicalPlace(nodes, path);
      if (!nodes.has(place)) put(place, { kind: 'file', text: '' }, seconds);
      unreadable.set(place, code);
    }
    const now = new Map(nodes);
    return { seconds, nodes: now, errors: unreadable, children: childrenOf(now) };
  });
}

/** The canonical path. Throws Errno ENOENT, ENOTDIR or ELOOP. */
export function resolveIn(nodes: Look['nodes'], path: string, followLast = true): string {
  let at = '/';
  let links = 0;
  const rest = path.split('/').filter((part) => part !== '' && part !== '.');
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    const here = nodes.get(at);
    if (here && here.kind !== 'directory') throw new Errno('ENOTDIR');
    const next = part === '..' ? posix.dirname(at) : posix.join(at, part);
    const node = nodes.get(next);
    if (!node && next !== '/') throw new Errno('ENOENT');
    if (node?.kind === 'link' && (followLast || rest.length > 0)) {
      if ((links += 1) > MAX_LINKS) throw new Errno('ELOOP');
      if (node.target.startsWith('/')) at = '/';
      rest.unshift(...node.target.split('/').filter((piece) => piece !== '' && piece !== '.'));
    } else {
      at = next;
    }
  }
  return at;
}

/** Where a path leads, even when its last component is missing. */
function canonicalPlace(nodes: Look['nodes'], path: string): string {
  try {
    return resolveIn(nodes, path);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    const parent = posix.dirname(path);
    return parent === path ? path : posix.join(canonicalPlace(nodes, parent), posix.basename(path));
  }
}

/** A directory changes when a name in it comes or goes. */
function touch(nodes: Map<string, ReplayNode>, directory: string, modifiedMs: number): void {
  const node = nodes.get(directory);
  if (node) nodes.set(directory, { ...node, modifiedMs });
}

function removeBelow(nodes: Map<string, ReplayNode>, path: string, modifiedMs: number): void {
  const parent = canonicalPlace(nodes, posix.dirname(path));
  const place = posix.join(parent, posix.basename(path));
  touch(nodes, parent, modifiedMs);
  for (const key of nodes.keys()) if (key === place || key.startsWith(`${place}/`)) nodes.delete(key);
}

function splitTree(
  tree: ReadonlyMap<string, TreeEntry>,
  description: Description,
  file: string,
): readonly ReadonlyMap<string, TreeEntry>[] {
  const overlays = description.looks.map(() => new Map<string, TreeEntry>());
  for (const [path, entry] of [...tree].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (path === '/capture.json' || path === '/looks') continue;
    const [, number, below] = OVERLAY.exec(path) ?? [];
    if (path.startsWith('/looks/') && below === undefined && entry.kind === 'directory') continue;
    const index = below === undefined && !path.startsWith('/looks/') ? 0 : Number(number);
    const overlay = overlays[index];
    if (!overlay || (number !== undefined && index === 0)) {
      const last = description.looks.length - 1;
      throw new BadCapture(`cannot use ${path.slice(1)}: got an overlay of look ${number}, expected 1 to ${last} as in ${file}`);
    }
    overlay.set(below ?? path, entry);
  }
  return overlays;
}

function childrenOf(nodes: Look['nodes']): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>();
  for (const path of nodes.keys()) {
    const parent = posix.dirname(path);
    const names = children.get(parent);
    if (names) names.push(posix.basename(path));
    else children.set(parent, [posix.basename(path)]);
  }
  for (const names of children.values()) names.sort();
  return children;
}
