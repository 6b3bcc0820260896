import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HostError } from './errors.ts';

/** Files of the program itself (pages, configuration, state), as opposed to those of the node it looks at. */
export async function readOwnFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new HostError('read', path, cause);
  }
}

/** Whole or not at all: a reader never sees half of it, a crash never leaves half of it. */
export async function writeOwnFile(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  } catch (cause) {
    throw new HostError('write', path, cause);
  }
}

export function ownFileExists(path: string): boolean {
  return existsSync(path);
}
