import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HostError } from './errors.ts';

/** Makes a directory and those above it; throws when it is there and holds something, so that nothing is mixed or lost. */
export async function makeDirectory(path: string): Promise<void> {
  let found: readonly string[];
  try {
    await mkdir(path, { recursive: true });
    found = await readdir(path);
  } catch (cause) {
    throw new HostError('make the directory', path, cause);
  }
  if (found.length === 0) return;
  throw new Error(`cannot write to ${path}: got a directory that holds ${found[0]}, expected a new or an empty one`);
}

/** Writes a file that is not there yet, and the directories above it. */
export async function writeText(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    throw new HostError('write', path, cause);
  }
}

/** Writes a symbolic link as it is, wherever it leads, and the directories above it. */
export async function writeLink(path: string, target: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await symlink(target, path);
  } catch (cause) {
    throw new HostError('write the link', path, cause);
  }
}
