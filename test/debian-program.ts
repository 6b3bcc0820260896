import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const WORK = join(import.meta.dirname, '..', '.work');

/** Upstream's name of each program, the Debian package that holds it, and the name it has there. */
const PROGRAMS = {
  prometheus: { debianPackage: 'prometheus', debianName: 'prometheus' },
  promtool: { debianPackage: 'prometheus', debianName: 'promtool' },
  alertmanager: { debianPackage: 'prometheus-alertmanager', debianName: 'prometheus-alertmanager' },
  amtool: { debianPackage: 'prometheus-alertmanager', debianName: 'amtool' },
} as const;

export type DebianProgramName = keyof typeof PROGRAMS;

/** Where a program is, to be run by that path; `missing` says why there is none, and then the path is empty. */
export interface DebianProgram {
  readonly path: string;
  readonly missing: string | undefined;
}

/**
 * Path of a program: the one on PATH, else the one of its Debian package, unpacked below `.work/` and not installed.
 * Without either, a reason to skip; in CI that is an error.
 */
export async function debianProgram(name: DebianProgramName): Promise<DebianProgram> {
  const { debianPackage, debianName } = PROGRAMS[name];
  for (const path of new Set([name, debianName])) {
    if (await answers(path)) return { path, missing: undefined };
  }
  const unpacked = join(WORK, debianPackage);
  const path = join(unpacked, 'usr', 'bin', debianName);
  try {
    await access(path).catch(() => unpack(debianPackage, unpacked));
    await run(path, ['--version'], { timeout: 30_000 });
    return { path, missing: undefined };
  } catch (error) {
    const missing = `${name} is not on PATH and Debian's package ${debianPackage} could not be had (${String(error)})`;
    if (process.env['CI']) throw new Error(missing, { cause: error });
    return { path: '', missing };
  }
}

async function answers(path: string): Promise<boolean> {
  return run(path, ['--version'], { timeout: 30_000 }).then(
    () => true,
    () => false,
  );
}

async function unpack(debianPackage: string, into: string): Promise<void> {
  await mkdir(WORK, { recursive: true });
  // Test files run side by side and each may be the first to ask: every one unpacks for itself, the first to be done stays.
  const scratch = await mkdtemp(join(WORK, `${debianPackage}-`));
  try {
    const download = () => run('apt-get', ['download', debianPackage], { cwd: scratch, timeout: 120_000 });
    // A fresh machine has no lists of packages yet; bringing them needs root.
    await download().catch(async () => {
      await run('apt-get', ['update'], { timeout: 120_000 });
      await download();
    });
    const archive = (await readdir(scratch)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error(`apt-get download ${debianPackage} left no .deb in ${scratch}`);
    const tree = join(scratch, 'tree');
    await run('dpkg-deb', ['-x', join(scratch, archive), tree], { timeout: 120_000 });
    await rename(tree, into).catch(async (error: unknown) => {
      await access(join(into, 'usr', 'bin')).catch(() => {
        throw error;
      });
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
