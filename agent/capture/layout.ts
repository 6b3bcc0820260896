import { posix } from 'node:path';
import type { WrittenDescription } from '../replay/description.ts';

/** What a capture holds at a path. `empty` is a directory without an entry. */
export type CaptureEntry = { readonly text: string } | { readonly link: string } | { readonly empty: true };

/** The whole node as one look saw it, by canonical path of the node. */
export interface CaptureLook {
  readonly seconds: number;
  readonly entries: ReadonlyMap<string, CaptureEntry>;
  readonly errors: Readonly<Record<string, string>>;
  /** Taken away and put there again since the look before: what is below is another device under the same name. */
  readonly remade?: readonly string[];
}
export type CaptureFacts = Omit<WrittenDescription, 'version' | 'looks' | 'errors' | 'emptyDirectories'>;

/** The files of a capture directory by their path in it: the first look, what changed at each later one, capture.json. */
export function layOut(looks: readonly CaptureLook[], facts: CaptureFacts): ReadonlyMap<string, CaptureEntry> {
  const files = new Map<string, CaptureEntry>();
  const emptyDirectories = new Set<string>();
  const always = commonErrors(looks);
  const described: WrittenDescription['looks'] = looks.map((look, index) => {
    const before = looks[index - 1];
    const removed = before ? removedSince(before, look) : [];
    for (const [path, entry] of look.entries) {
      if ('empty' in entry) emptyDirectories.add(path);
      else if (!before) files.set(path.slice(1), entry);
      else if (isBelow(path, look.remade ?? []) || !isSame(entry, before.entries.get(path))) files.set(`looks/${index}${path}`, entry);
    }
    const errors = Object.fromEntries(Object.entries(look.errors).filter(([path]) => !(path in always)));
    return {
      seconds: look.seconds,
      ...(removed.length > 0 && { removed: [...removed] }),
      ...(Object.keys(errors).length > 0 && { errors }),
    };
  });
  const description: WrittenDescription = {
    version: 1,
    ...facts,
    looks: described,
    ...(Object.keys(always).length > 0 && { errors: always }),
    ...(emptyDirectories.size > 0 && { emptyDirectories: [...emptyDirectories].toSorted() }),
  };
  files.set('capture.json', { text: `${JSON.stringify(description, null, 2)}\n` });
  return files;
}

function commonErrors(looks: readonly CaptureLook[]): Record<string, string> {
  const [first, ...later] = looks;
  return Object.fromEntries(
    Object.entries(first?.errors ?? {}).filter(([path, code]) => later.every((look) => look.errors[path] === code)),
  );
}

/** The highest paths of which nothing is left, and those made anew. */
function removedSince(before: CaptureLook, now: CaptureLook): readonly string[] {
  const standing = new Set<string>();
  for (const path of [...now.entries.keys(), ...Object.keys(now.errors)]) {
    for (let at = path; at !== '/' && !standing.has(at); at = posix.dirname(at)) standing.add(at);
  }
  const removed = new Set<string>(now.remade);
  for (const path of before.entries.keys()) {
    if (standing.has(path)) continue;
    let highest = path;
    while (posix.dirname(highest) !== '/' && !standing.has(posix.dirname(highest))) highest = posix.dirname(highest);
    removed.add(highest);
  }
  return [...removed].toSorted();
}

function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(`${root}/`));
}

function isSame(entry: CaptureEntry, other: CaptureEntry | undefined): boolean {
  if (!other) return false;
  if ('text' in entry) return 'text' in other && entry.text === other.text;
  return 'link' in entry ? 'link' in other && entry.link === other.link : 'empty' in other;
}
