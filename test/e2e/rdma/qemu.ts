import { spawn } from 'node:child_process';
import { createWriteStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Boot {
  /** What lab/build.sh made. */
  readonly work: string;
  /** The folder that the guest sees as /share. */
  readonly share: string;
  readonly limitSeconds: number;
  readonly onLine: (line: string) => void;
}

/** Boots the guest in software emulation and waits until it has powered off; says why if QEMU did not end well. */
export async function boot({ work, share, limitSeconds, onLine }: Boot): Promise<string | undefined> {
  const root = join(work, 'qemu');
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu');
  const kernel = readdirSync(join(work, 'kernel/boot')).find((name) => name.startsWith('vmlinuz-'));
  if (kernel === undefined) return `no vmlinuz-* in ${work}/kernel/boot`;
  const options: readonly (readonly string[])[] = [
    ['-L', join(root, 'usr/share/qemu'), '-L', join(root, 'usr/share/seabios')],
    ['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '2048', '-machine', 'q35'],
    ['-no-reboot', '-nodefaults', '-display', 'none', '-monitor', 'none'],
    ['-kernel', join(work, 'kernel/boot', kernel), '-initrd', join(work, 'initramfs.cpio')],
    ['-append', 'console=ttyS0 rdinit=/init loglevel=4 mitigations=off tsc=reliable panic=-1 net.ifnames=0'],
    ['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    // The node's own network, with nothing to reach in it.
    ['-netdev', 'user,id=node,restrict=on', '-device', 'virtio-net-pci,netdev=node,romfile='],
    // The PCI function that the efa driver is bound to.
    ['-device', 'nvme,serial=efa'],
    ['-virtfs', `local,path=${share},mount_tag=share,security_model=none,id=share`],
  ];
  // By the packages' own loader: their libc and this machine's loader may be of different versions.
  const loader = ['--library-path', `${libraries}:${libraries}/pulseaudio:${libraries}/ceph`, join(root, 'usr/bin/qemu-system-x86_64')];
  const env = { ...process.env, QEMU_MODULE_DIR: join(libraries, 'qemu') };
  const qemu = spawn(join(root, 'lib64/ld-linux-x86-64.so.2'), [...loader, ...options.flat()], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(join(work, 'console.log'));
  const ended = new Promise<string | undefined>((resolve) => {
    qemu.once('error', (error) => resolve(`QEMU cannot be started: ${error.message}`));
    qemu.once('close', (code, signal) => resolve(code === 0 ? undefined : `QEMU ended with ${signal ?? code}`));
  });
  const stop = (): boolean => qemu.kill('SIGKILL');
  const limit = setTimeout(stop, limitSeconds * 1000);
  process.once('exit', stop);
  for (const stream of [qemu.stdout, qemu.stderr]) {
    createInterface({ input: stream }).on('line', (raw) => {
      const line = raw.replaceAll('\r', '');
      log.write(`${line}\n`);
      onLine(line);
    });
  }
  const problem = await ended;
  clearTimeout(limit);
  process.off('exit', stop);
  log.end();
  return problem;
}
