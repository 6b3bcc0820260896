import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, HostError } from './errors.ts';

export interface ManifestText {
  /** As the caller named it, or below the directory that the caller named; `-` for standard input. */
  readonly file: string;
  /** Undefined where it is longer than the limit, or holds bytes that no text has. */
  readonly text: string | undefined;
  readonly why: string | undefined;
  /** The caller named this file itself, so it is meant to hold manifests. */
  readonly isNamed: boolean;
}

const EXTENSIONS = /\.(ya?ml|json)$/i;
/** Never manifests of a cluster, and at times very many files. */
const LEFT_OUT = /^(\.git|node_modules)$/;

/**
 * The files that a command was given: a file as it is, of a directory every .yaml, .yml and .json below it, `-` for standard
 * input. Links to directories are not followed, so that no loop can be built. Throws HostError where a name leads nowhere.
 */
export async function readManifestTexts(names: readonly string[], maxBytes: number, input: AsyncIterable<Buffer | string>): Promise<readonly ManifestText[]> {
  const texts: ManifestText[] = [];
  for (const name of names) {
    if (name === '-') texts.push(await readInput(input, maxBytes));
    else for (const file of await filesAt(name)) texts.push({ ...(await readBounded(file, maxBytes)), isNamed: file === name });
  }
  return texts;
}

async function filesAt(name: string): Promise<readonly string[]> {
  try {
    if (!(await stat(name)).isDirectory()) return [name];
    const files: string[] = [];
    await walk(name, files);
    return files;
  } catch (cause) {
    throw cause instanceof HostError ? cause : new HostError('read', name, cause);
  }
}

async function walk(directory: string, files: string[]): Promise<void> {
  const entries = (await readdir(directory, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && !LEFT_OUT.test(entry.name)) await walk(path, files);
    else if (EXTENSIONS.test(entry.name) && (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path))))) files.push(path);
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    // A link to nothing is no manifest; anything else is for the reader to report.
    return errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ELOOP';
  }
}

async function readBounded(path: string, maxBytes: number): Promise<ManifestText> {
  try {
    // Non-blocking, so that a FIFO put where a file is expected cannot hold a thread of the pool for ever.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const pieces: Buffer[] = [];
    let length = 0;
    while (length <= maxBytes) {
      const piece = Buffer.allocUnsafe(65_536);
      const { bytesRead } = await file.read(piece, 0, piece.length, null);
      if (bytesRead === 0) break;
      pieces.push(piece.subarray(0, bytesRead));
      length += bytesRead;
    }
    return textOf(path, Buffer.concat(pieces), maxBytes);
  } catch (cause) {
    throw new HostError('read', path, cause);
  }
}

async function readInput(input: AsyncIterable<Buffer | string>, maxBytes: number): Promise<ManifestText> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    const piece = Buffer.from(chunk);
    length += piece.length;
    // Read to its end all the same: a pipe that is closed early makes the writer fail.
    if (length <= maxBytes) pieces.push(piece);
  }
  if (length > maxBytes) return tooLong('-', maxBytes);
  return textOf('-', Buffer.concat(pieces), maxBytes);
}

function textOf(file: string, bytes: Buffer, maxBytes: number): ManifestText {
  if (bytes.length > maxBytes) return tooLong(file, maxBytes);
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  // eslint-disable-next-line no-control-regex -- the byte that tells a binary file from a text
  if (/\u0000/.test(text.slice(0, 8192))) return { file, text: undefined, why: 'it is not a text file', isNamed: true };
  return { file, text, why: undefined, isNamed: true };
}

function tooLong(file: string, maxBytes: number): ManifestText {
  return { file, text: undefined, why: `it is longer than ${maxBytes / 2 ** 20} MiB, more than preflight reads of one file`, isNamed: true };
}
