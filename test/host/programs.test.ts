import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openHost, type ProgramPlace } from '../../agent/host.ts';
import { directoryWith } from '../capture-directory.ts';

const at = (path: string, more: { readonly system?: string; readonly libraries?: readonly string[] } = {}): ProgramPlace => ({
  from: 'node',
  path,
  system: '/',
  libraries: [],
  ...more,
});

async function put(root: string, path: string, from: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await copyFile(from, join(root, path));
  await chmod(join(root, path), 0o755);
}

async function script(root: string, path: string, text = 'echo "$LD_LIBRARY_PATH"'): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

const bounds = { timeoutSeconds: 10, maxBytes: 10_000 };

describe('a program here', () => {
  test('is run by its path', async () => {
    expect(await openHost('/').program({ from: 'here', path: '/bin/sh' })).toEqual({ path: '/bin/sh' });
  });

  test.each([
    ['/no/such', 'cannot run /no/such: ENOENT'],
    ['/etc/passwd', 'cannot run /etc/passwd: EACCES'],
    ['/etc', 'cannot run /etc: not a file'],
  ])('%s cannot', async (path, message) => {
    await expect(openHost('/').program({ from: 'here', path })).rejects.toThrow(message);
  });
});

describe('a program below the host root', () => {
  test('is named with the root when it is missing', async () => {
    const root = await directoryWith();
    await expect(openHost(root).program(at('/usr/bin/nvidia-smi'))).rejects.toThrow(`cannot find ${root}/usr/bin/nvidia-smi: ENOENT`);
  });

  test('a script finds the node\'s libraries behind LD_LIBRARY_PATH', async () => {
    const root = await directoryWith({ 'usr/lib64/libnvidia-ml.so.1': '', 'usr/local/nvidia/lib64/libx.so': '' });
    await script(root, 'usr/local/nvidia/bin/nvidia-smi');
    const host = openHost(root);
    const program = await host.program(at('/usr/local/nvidia/bin/nvidia-smi', { libraries: ['/usr/local/nvidia/lib64'] }));
    const { stdout } = await host.run(program.path, [], { ...bounds, ...program });
    expect(stdout.trim().split(':').slice(0, 2)).toEqual([`${root}/usr/local/nvidia/lib64`, `${root}/usr/lib64`]);
  });

  test('links are followed below the root, absolute ones too', async () => {
    const root = await directoryWith();
    await script(root, 'opt/driver/nvidia-smi', 'echo found');
    await mkdir(join(root, 'etc/alternatives'), { recursive: true });
    await mkdir(join(root, 'usr/bin'), { recursive: true });
    await symlink('/etc/alternatives/nvidia-smi', join(root, 'usr/bin/nvidia-smi'));
    await symlink('/opt/driver/nvidia-smi', join(root, 'etc/alternatives/nvidia-smi'));
    expect((await openHost(root).program(at('/usr/bin/nvidia-smi'))).path).toBe(`${root}/opt/driver/nvidia-smi`);
    await symlink('/etc/alternatives/round', join(root, 'etc/alternatives/round'));
    await expect(openHost(root).program(at('/etc/alternatives/round'))).rejects.toThrow('ELOOP');
  });

  test('on the node itself needs nothing, except libraries of its own', async () => {
    expect(await openHost('/').program(at('/bin/sh'))).toEqual({ path: expect.stringMatching(/sh$/) });
  });
});

/** The files behind a dynamic program of this machine, or nothing where there are none to be had (musl, static). */
const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
const loader = process.arch === 'arm64' ? 'ld-linux-aarch64.so.1' : 'ld-linux-x86-64.so.2';
const parts = [`/usr/lib/${triplet}/${loader}`, `/usr/lib/${triplet}/libc.so.6`, '/bin/echo'];
const hasGlibc = parts.every((path) => existsSync(path)) && readFileSync('/bin/echo').subarray(0, 4).toString('latin1') === '\u007FELF';

describe.runIf(hasGlibc)('a binary of another system', () => {
  async function otherSystem(prefix: string): Promise<string> {
    const root = await directoryWith();
    for (const path of parts.slice(0, 2)) await put(root, `${prefix}${path}`, path);
    await put(root, `${prefix}/usr/bin/nvidia-smi`, '/bin/echo');
    // As Debian has it: an absolute link, which outside of the root leads to another loader.
    await mkdir(join(root, prefix, 'lib64'), { recursive: true });
    await symlink(`/lib/${triplet}/${loader}`, join(root, prefix, 'lib64', loader));
    return root;
  }

  test.each(['', '/run/nvidia/driver'])('is run by that system\'s loader with its libraries (%s)', async (prefix) => {
    const root = await otherSystem(prefix);
    const host = openHost(root);
    const program = await host.program(at(`${prefix}/usr/bin/nvidia-smi`, { system: prefix || '/' }));
    expect(program).toEqual({
      path: `${root}${prefix}/usr/bin/nvidia-smi`,
      loader: [`${root}${prefix}/usr/lib/${triplet}/${loader}`, '--inhibit-cache', '--library-path', expect.stringContaining(`${root}${prefix}/usr/lib/${triplet}`)],
    });
    expect((await host.run(program.path, ['-L', '--x'], { ...bounds, ...program })).stdout).toBe('-L --x\n');
    const lines: string[] = [];
    await host.start(program.path, ['dmon'], (line) => lines.push(line), program).ended;
    expect(lines).toEqual(['dmon']);
  });
});
