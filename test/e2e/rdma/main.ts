import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { boot } from './qemu.ts';

const HERE = import.meta.dirname;
const ROOT = resolve(HERE, '../../..');
const work = resolve(process.env['RDMA_WORK'] ?? join(ROOT, '.work/rdma'));
const limitSeconds = Number(process.env['RDMA_LIMIT_SECONDS'] ?? 780);
const share = join(work, 'share');

const begun = performance.now();
const elapsed = (): string => `${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s`;
console.log(`${elapsed()}  building the lab in ${work} and the bundle`);
execFileSync('bash', [join(HERE, 'lab/build.sh'), work], { stdio: 'inherit' });
execFileSync(process.execPath, [join(ROOT, 'build.ts')], { cwd: ROOT, stdio: 'inherit' });
fillShare();

let passed = 0;
const failed: string[] = [];
let finished = false;
console.log(`${elapsed()}  booting`);
const problem = await boot({
  work,
  share,
  limitSeconds,
  onLine(line) {
    const [, name, verdict] = /^CHECK (.+?) (ok|FAIL: .*)$/.exec(line) ?? [];
    if (verdict === 'ok') passed += 1;
    else if (name !== undefined) failed.push(name);
    if (line.startsWith('GUEST rc=0')) finished = true;
    if (/^(?:CHECK|GUEST|qemu)/.test(line) || /Kernel panic|^node:|Error/.test(line)) console.log(`${elapsed()}  ${line}`);
  },
});
if (problem !== undefined) failed.push(problem);
if (!finished) failed.push(`the guest did not run to its end within ${limitSeconds} s: see ${work}/console.log`);
for (const name of failed) console.log(`failed: ${name}`);
console.log(`${passed} passed, ${failed.length} failed; logs in ${share}/out and ${work}/console.log`);
process.exitCode = failed.length === 0 && passed > 0 ? 0 : 1;

/** The guest runs this very node, the bundle as an image would hold it, and the scenes as they are. */
function fillShare(): void {
  rmSync(share, { recursive: true, force: true });
  mkdirSync(join(share, 'out'), { recursive: true });
  copyFileSync(process.execPath, join(share, 'node'));
  copyFileSync(join(work, 'ko/efa.ko'), join(share, 'efa.ko'));
  copyFileSync(join(HERE, 'lab/devices.sh'), join(share, 'devices.sh'));
  cpSync(join(HERE, 'guest'), join(share, 'guest'), { recursive: true });
  cpSync(join(ROOT, 'dist'), join(share, 'dist'), { recursive: true });
  // TypeScript modules, and no package.json above them in the guest.
  writeFileSync(join(share, 'package.json'), '{ "type": "module" }\n');
  const scenes = process.env['RDMA_SCENES'];
  if (scenes !== undefined) writeFileSync(join(share, 'scenes'), scenes);
}
