import { execFile } from 'node:child_process';
import { access, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = join(import.meta.dirname, '..', '.work', 'promtool');
const UNPACKED = join(CACHE, 'usr', 'bin', 'promtool');

/** Where promtool is; `missing` says why there is none. */
export interface Promtool {
  readonly path: string;
  readonly missing: string | undefined;
}

/**
 * Path of promtool: the one on PATH, else the one of Debian's package `prometheus`, unpacked below `.work/` and not installed.
 * Without either, a reason to skip; in CI that is an error.
 */
export async function findPromtool(): Promise<Promtool> {
  try {
    await run('promtool', ['--version']);
    return { path: 'promtool', missing: undefined };
  } catch (absent) {
    return unpackPromtool(absent);
  }
}

async function unpackPromtool(absent: unknown): Promise<Promtool> {
  try {
    await access(UNPACKED).catch(downloadPromtool);
    await run(UNPACKED, ['--version']);
    return { path: UNPACKED, missing: undefined };
  } catch (error) {
    const missing = `promtool is not on PATH (${String(absent)}) and Debian's package could not be had (${String(error)})`;
    if (process.env['CI']) throw new Error(missing, { cause: error });
    return { path: '', missing };
  }
}

async function downloadPromtool(): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const download = () => run('apt-get', ['download', 'prometheus'], { cwd: CACHE, timeout: 120_000 });
  // A fresh machine has no lists of packages yet; bringing them needs root.
  await download().catch(async () => {
    await run('apt-get', ['update'], { timeout: 120_000 });
    await download();
  });
  const archive = (await readdir(CACHE)).find((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error(`apt-get download prometheus left no .deb in ${CACHE}`);
  await run('dpkg-deb', ['-x', join(CACHE, archive), CACHE], { timeout: 120_000 });
}

/** Output of `promtool check metrics`; empty when it has nothing to say. Rejects with its words when it finds an error. */
export async function checkMetrics(promtool: string, text: string): Promise<string> {
  const running = run(promtool, ['check', 'metrics'], { timeout: 60_000 });
  running.child.stdin?.end(text);
  try {
    const { stdout, stderr } = await running;
    return stdout + stderr;
  } catch (error) {
    if (error instanceof Error && 'stderr' in error && 'stdout' in error) return `${String(error.stdout)}${String(error.stderr)}`;
    throw error;
  }
}
