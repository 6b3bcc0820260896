import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openHost, type Host } from '../../agent/host.ts';

/** A node's files in a temporary directory, and the live door to it. Removed at the end of its scope. */
export interface NodeTree extends Disposable {
  readonly root: string;
  readonly host: Host;
  write(path: string, text: string): void;
  append(path: string, text: string): void;
  link(path: string, target: string): void;
  remove(path: string): void;
}

export function nodeTree(files: Readonly<Record<string, string>> = {}): NodeTree {
  const root = mkdtempSync(join(tmpdir(), 'railmedic-'));
  const place = (path: string): string => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    return join(root, path);
  };
  const tree: NodeTree = {
    root,
    host: openHost(root),
    write: (path, text) => writeFileSync(place(path), text),
    append: (path, text) => appendFileSync(place(path), text),
    link: (path, target) => symlinkSync(target, place(path)),
    remove: (path) => rmSync(join(root, path), { recursive: true }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
  for (const [path, text] of Object.entries(files)) tree.write(path, text);
  return tree;
}

/** A signal that never aborts. */
export const running = new AbortController().signal;
