import { execFileSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Checks } from './checks.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const ARCHIVE = join(ROOT, '.work/railmedic.tar');
/** What the image is made of. */
const SOURCES = ['agent/**', 'rules/**', 'exporters/**', 'build.ts', 'package-lock.json', 'Dockerfile', 'deploy/image/build.sh'];

/** The image of this checkout, built where it is older than its sources; `KUBE_IMAGE` takes another as it is. */
export async function imageArchive(checks: Checks): Promise<string> {
  const given = process.env['KUBE_IMAGE'];
  if (given !== undefined) return resolve(given);
  if (existsSync(ARCHIVE) && statSync(ARCHIVE).mtimeMs > newest()) return ARCHIVE;
  checks.say('building the image');
  execFileSync(join(ROOT, 'deploy/image/build.sh'), ['--stand-in', '--archive', ARCHIVE], { stdio: 'inherit' });
  return ARCHIVE;
}

function newest(): number {
  return Math.max(...globSync(SOURCES, { cwd: ROOT }).map((path) => statSync(join(ROOT, path)).mtimeMs));
}
