import { constants } from 'node:fs';
import { access, lstat, open, readlink, stat } from 'node:fs/promises';
import { delimiter, join, posix, resolve } from 'node:path';
import type { Program, ProgramPlace } from '../host.ts';
import { HostError } from './errors.ts';

/** As many links as Linux follows in one path (MAXSYMLINKS, include/linux/namei.h). */
const MAX_LINKS = 40;
const ELF_MAGIC = '\u007FELF';
/** Where distributions keep libraries: Debian and Ubuntu by architecture, Amazon Linux, RHEL and Bottlerocket in lib64. */
const TRIPLET = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
const LIBRARIES = [`/usr/lib/${TRIPLET}`, `/lib/${TRIPLET}`, '/usr/lib64', '/lib64', '/usr/lib', '/lib'];
const LOADER = process.arch === 'arm64' ? 'ld-linux-aarch64.so.1' : 'ld-linux-x86-64.so.2';

export function searchPath(): readonly string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
}

export async function findProgram(root: string, place: ProgramPlace): Promise<Program> {
  if (place.from === 'here') {
    const path = resolve(place.path);
    await mustBeExecutable(path);
    return { path };
  }
  const path = await below(root, place.path);
  await mustBeExecutable(path);
  const system = join(root, place.system);
  const own = await existing(place.libraries.map((directory) => ({ root, directory })));
  if (system === '/') return own.length === 0 ? { path } : { path, env: { LD_LIBRARY_PATH: own.join(':') } };
  const libraries = [...own, ...(await existing(LIBRARIES.map((directory) => ({ root: system, directory }))))];
  const loader = (await isElf(path)) ? await findLoader(system) : undefined;
  // A script is run by this system's interpreter, so only what it starts may find the other system's libraries.
  if (loader === undefined) return libraries.length === 0 ? { path } : { path, env: { LD_LIBRARY_PATH: libraries.join(':') } };
  // With LD_LIBRARY_PATH alone the kernel would take this system's loader (the path in PT_INTERP is absolute) and that one
  // the other system's libc: the two must be of one build. The cache named in the binary is this system's, hence no cache.
  return { path, loader: [loader, '--inhibit-cache', '--library-path', libraries.join(':')] };
}

async function findLoader(system: string): Promise<string | undefined> {
  for (const directory of LIBRARIES) {
    const path = await below(system, `${directory}/${LOADER}`).catch(() => undefined);
    if (path !== undefined && (await isElf(path))) return path;
  }
  return undefined;
}

async function existing(places: readonly { readonly root: string; readonly directory: string }[]): Promise<readonly string[]> {
  const found = await Promise.all(places.map(({ root, directory }) => below(root, directory).catch(() => undefined)));
  return [...new Set(found.filter((path) => path !== undefined))];
}

/**
 * The real path below `root`, with absolute links followed there: on Debian `/lib64/ld-linux-x86-64.so.2` points to
 * `/lib/x86_64-linux-gnu/…`, which outside of `root` is another system's loader.
 */
async function below(root: string, path: string): Promise<string> {
  let at = '/';
  let links = 0;
  const rest = path.split('/').filter((part) => part !== '' && part !== '.');
  try {
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      const next = part === '..' ? posix.dirname(at) : posix.join(at, part);
      if ((await lstat(join(root, next))).isSymbolicLink()) {
        if ((links += 1) > MAX_LINKS) throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
        const target = await readlink(join(root, next));
        if (target.startsWith('/')) at = '/';
        rest.unshift(...target.split('/').filter((piece) => piece !== '' && piece !== '.'));
      } else {
        at = next;
      }
    }
  } catch (cause) {
    throw new HostError('find', join(root, path), cause);
  }
  return join(root, at);
}

async function mustBeExecutable(path: string): Promise<void> {
  try {
    if (!(await stat(path)).isFile()) throw Object.assign(new Error('not a file'), { code: 'not a file' });
    await access(path, constants.X_OK);
  } catch (cause) {
    throw new HostError('run', path, cause);
  }
}

async function isElf(path: string): Promise<boolean> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.toString('latin1') === ELF_MAGIC;
  } catch (cause) {
    throw new HostError('read', path, cause);
  }
}
