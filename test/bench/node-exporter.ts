import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = 'prometheus-node-exporter';
const CACHE = join(import.meta.dirname, '../../.work/bench');

/** Path and version of Debian's node_exporter: the installed one, else its package unpacked beside us, never installed. */
export function findNodeExporter(say: (line: string) => void): { readonly path: string; readonly version: string } | undefined {
  const unpacked = join(CACHE, 'usr/bin', PACKAGE);
  const installed = [...(process.env['PATH'] ?? '').split(':'), '/usr/bin'].map((directory) => join(directory, PACKAGE));
  let path = [...installed, unpacked].find((candidate) => existsSync(candidate));
  if (path === undefined) {
    say(`${PACKAGE} is not installed: downloading Debian's package into ${CACHE} (unpacked there, not installed)`);
    try {
      unpack();
    } catch (error) {
      say(`cannot get ${PACKAGE}: ${error instanceof Error ? error.message : String(error)}`);
      say(`expected a Debian or Ubuntu with apt-get and dpkg-deb; otherwise install ${PACKAGE} and run this again`);
      return undefined;
    }
    path = unpacked;
  }
  const said = execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return { path, version: /version (\S+?),? /.exec(said)?.[1] ?? 'unknown' };
}

function unpack(): void {
  mkdirSync(CACHE, { recursive: true });
  execFileSync('apt-get', ['-q', 'download', PACKAGE], { cwd: CACHE, stdio: 'pipe' });
  const file = readdirSync(CACHE).find((name) => name.startsWith(`${PACKAGE}_`) && name.endsWith('.deb'));
  if (file === undefined) throw new Error(`apt-get download left no ${PACKAGE}_*.deb in ${CACHE}`);
  execFileSync('dpkg-deb', ['-x', join(CACHE, file), CACHE], { stdio: 'pipe' });
}
