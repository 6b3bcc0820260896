import { readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HostError } from './errors.ts';

export type TreeEntry =
  | { readonly kind: 'directory' }
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'link'; readonly target: string };

/** Everything below a directory, by its path with a leading slash. Links are kept as they are written, never followed. */
export async function readTree(directory: string): Promise<ReadonlyMap<string, TreeEntry>> {
  const tree = new Map<string, TreeEntry>();
  await readBelow(directory, '', tree);
  return tree;
}

async function readBelow(root: string, path: string, tree: Map<string, TreeEntry>): Promise<void> {
  const directory = join(root, path);
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    await Promise.all(
      entries.map(async (entry) => {
        const below = `${path}/${entry.name}`;
        if (entry.isDirectory()) {
          tree.set(below, { kind: 'directory' });
          await readBelow(root, below, tree);
        } else if (entry.isSymbolicLink()) {
          tree.set(below, { kind: 'link', target: await readlink(join(root, below)) });
        } else {
          tree.set(below, { kind: 'file', text: await readFile(join(root, below), 'utf8') });
        }
      }),
    );
  } catch (cause) {
    if (cause instanceof HostError) throw cause;
    throw new HostError('read', directory, cause);
  }
}
