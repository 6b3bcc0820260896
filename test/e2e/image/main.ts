import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KERNEL_LOG_COPIER } from '../../../deploy/kubernetes/source/kernel-log-copier.ts';
import packageJson from '../../../package.json' with { type: 'json' };

/**
 * Builds the image for real and runs what is in it as Kubernetes would: as nobody in particular, with a root file system that
 * cannot be written. Needs root (mount, chroot) and Debian's buildah.
 */
const ROOT = resolve(import.meta.dirname, '../../..');
const STORE = join(ROOT, '.work/image');
const TAG = `registry.example.com/railmedic:${packageJson.version}`;
const ARCHIVE = join(ROOT, '.work/railmedic.tar');
const PORT = 19_477;
const FLAGS = flagsOfProgram();

const buildah = (...args: readonly string[]): string =>
  execFileSync('buildah', ['--root', join(STORE, 'storage'), '--runroot', join(STORE, 'run'), '--storage-driver', 'vfs', ...args], { encoding: 'utf8' }).trim();

execFileSync(join(ROOT, 'deploy/image/build.sh'), ['--stand-in', '--archive', ARCHIVE], { stdio: 'inherit' });
const container = buildah('from', '--pull-never', TAG);
try {
  const files = buildah('mount', container);
  checkConfiguration();
  checkFiles(files);
  checkDemonstration(files);
  checkCommand(files);
  checkCopier(files);
  await checkAgent(files);
} finally {
  buildah('rm', container);
}
console.log(`ok  ${TAG}`);

/** The shebang, which the image does not use, says the same. */
function flagsOfProgram(): readonly string[] {
  return readFileSync(join(ROOT, 'agent/main.ts'), 'utf8').split('\n', 1)[0]?.split(' ').filter((word) => word.startsWith('--')) ?? [];
}

function checkConfiguration(): void {
  const { Docker } = JSON.parse(buildah('inspect', '--type', 'image', TAG)) as {
    readonly Docker: { readonly size?: number; readonly config: { readonly User: string; readonly Entrypoint: readonly string[]; readonly Cmd: readonly string[]; readonly Labels: Readonly<Record<string, string>>; readonly Healthcheck?: unknown } };
  };
  const { User, Entrypoint, Cmd, Labels, Healthcheck } = Docker.config;
  assert.equal(User, '65532:65532');
  assert.deepEqual([Entrypoint, Cmd], [['node', ...FLAGS, '/app/railmedic.js'], ['agent']]);
  assert.equal(Healthcheck, undefined);
  assert.equal(Labels['org.opencontainers.image.version'], packageJson.version);
  assert.equal(Labels['org.opencontainers.image.licenses'], 'Apache-2.0');
  assert.equal(Labels['railmedic.sbom'], '/app/sbom.spdx.json');
}

function checkFiles(files: string): void {
  for (const program of ['sh', 'bash', 'dash', 'busybox', 'apt', 'apt-get', 'dpkg', 'npm', 'npx', 'corepack']) {
    assert.deepEqual(globSync(`{bin,sbin,usr/bin,usr/sbin,usr/local/bin,nodejs/bin}/${program}`, { cwd: files }), [], `the image holds ${program}`);
  }
  assert.ok(!existsSync(join(files, 'app/node_modules')), 'everything is bundled');
  const bill = JSON.parse(readFileSync(join(files, 'app/sbom.spdx.json'), 'utf8')) as { readonly spdxVersion: string; readonly packages: readonly { readonly name: string; readonly versionInfo: string }[] };
  assert.match(bill.spdxVersion, /^SPDX-2\./);
  const { yaml } = packageJson.dependencies;
  assert.ok(bill.packages.some(({ name, versionInfo }) => name === 'yaml' && versionInfo === yaml), `yaml ${yaml} is missing in the SBOM`);
  const megabytes = (path: string): string => `${(Number(execFileSync('du', ['-sb', path], { encoding: 'utf8' }).split('\t', 1)[0]) / 1e6).toFixed(1)} MB`;
  console.log(`size: ${megabytes(files)}, of it Node ${megabytes(join(files, 'nodejs/bin/node'))}, the agent ${megabytes(join(files, 'app'))}; archive ${(statSync(ARCHIVE).size / 1e6).toFixed(1)} MB`);
}

/** A command line that runs in the image's files, read-only, as the image's user, with nothing of this machine's environment. */
function inside(files: string, ...args: readonly string[]): readonly [string, readonly string[]] {
  return asExec(files, '/nodejs/bin/node', ...FLAGS, ...args);
}

function asExec(files: string, ...command: readonly string[]): readonly [string, readonly string[]] {
  const readOnly = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec chroot --userspec=65532:65532 "$0" "$@"';
  return ['unshare', ['--mount', 'sh', '-c', readOnly, files, ...command]];
}

/** What the log tells a person to type, by `kubectl exec`. */
function checkCommand(files: string): void {
  const [program, args] = asExec(files, '/usr/local/bin/railmedic', 'explain', 'FabricOneWayTraffic');
  assert.match(execFileSync(program, args, { encoding: 'utf8', env: {}, timeout: 60_000 }), /^# FabricOneWayTraffic/m);
}

function checkDemonstration(files: string): void {
  const [program, args] = inside(files, '/app/railmedic.js', 'demo', '--once', '--listen', '127.0.0.1:0');
  const began = performance.now();
  const said = execFileSync(program, args, { encoding: 'utf8', env: {}, timeout: 60_000 });
  assert.match(said, /CRITICAL {2}Every EFA device that sends receives nothing +FabricOneWayTraffic/);
  assert.match(said, /has no egress rule/);
  console.log(`demo --once: ${((performance.now() - began) / 1000).toFixed(2)} s`);
}

/** The privileged container's line starts in the image, and ends where it should: at a directory that is not there. */
function checkCopier(files: string): void {
  const [program, args] = inside(files, '-e', KERNEL_LOG_COPIER, '/dev/kmsg', '/nowhere/kmsg.sock');
  assert.throws(() => execFileSync(program, args, { encoding: 'utf8', env: {}, timeout: 60_000, stdio: 'pipe' }), /(?:EACCES|ENOENT).*\/nowhere\/kmsg\.sock/);
}

/** From the start of the process to /readyz, and what it holds then. */
async function checkAgent(files: string): Promise<void> {
  const [program, args] = inside(files, '/app/railmedic.js', 'demo', '--listen', `127.0.0.1:${PORT}`);
  const began = performance.now();
  const child = spawn(program, args, { env: {}, stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    while ((await statusOf('/readyz')) !== 200) {
      assert.ok(performance.now() - began < 60_000, 'not ready within a minute');
      await sleep(10);
    }
    const ready = performance.now() - began;
    assert.equal(await statusOf('/healthz'), 200);
    assert.equal(await statusOf('/metrics'), 200);
    const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
    console.log(`ready after ${(ready / 1000).toFixed(2)} s, ${(Number(memory) / 1000).toFixed(0)} MB resident`);
  } finally {
    await ended(child);
  }
}

function statusOf(path: string): Promise<number | undefined> {
  const { promise, resolve: answer } = Promise.withResolvers<number | undefined>();
  request({ host: '127.0.0.1', port: PORT, path }, (response) => {
    response.resume();
    answer(response.statusCode);
  })
    .on('error', () => answer(undefined))
    .end();
  return promise;
}

/** SIGTERM ends it with status 0, as at the end of a pod. */
async function ended(child: ChildProcess): Promise<void> {
  const { promise, resolve: end } = Promise.withResolvers<number | null>();
  child.on('exit', end);
  child.kill('SIGTERM');
  const status = await Promise.race([promise, sleep(10_000, 'nothing within 10 s')]);
  if (status !== 0) child.kill('SIGKILL');
  assert.equal(status, 0, `SIGTERM: got status ${status}`);
}
