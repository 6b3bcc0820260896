import { execFileSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { say } from './check.ts';

/** Debian's build reads its standard template from here, wherever the program itself lies. */
const SHARE = '/usr/share/prometheus';
const TEMPLATE = `${SHARE}/alertmanager/default.tmpl`;

let command: Promise<readonly [string, ...string[]]> | undefined;

/** The program, or what runs it so that it finds the template of the package it was unpacked with. */
export function alertmanagerCommand(program: string): Promise<readonly [string, ...string[]]> {
  command ??= Promise.resolve().then(() => find(program));
  return command;
}

function find(program: string): readonly [string, ...string[]] {
  if (existsSync(TEMPLATE)) return [program];
  const unpacked = resolve(program, `../../share/prometheus`);
  if (!existsSync(`${unpacked}/alertmanager/default.tmpl`)) return [program];
  // A file system of its own over /usr/share, which nobody else sees and which is gone with the process.
  const script = `mount -t tmpfs none /usr/share && ln -s "$0" ${SHARE} && exec "$@"`;
  const inside = (...args: readonly string[]): readonly [string, ...string[]] => ['unshare', '-rm', 'sh', '-c', script, unpacked, ...args];
  const [unshare, ...args] = inside('test', '-e', TEMPLATE);
  try {
    execFileSync(unshare, args, { stdio: 'pipe' });
    return inside(program);
  } catch (cause) {
    return link(program, unpacked, cause);
  }
}

function link(program: string, unpacked: string, cause: unknown): readonly [string] {
  try {
    symlinkSync(unpacked, SHARE);
    say(`made ${SHARE}, a link to ${unpacked}: Debian's Alertmanager finds its template there only`);
    return [program];
  } catch {
    throw new Error(`Debian's Alertmanager needs ${TEMPLATE}, and neither a mount namespace nor a link can be made: install prometheus-alertmanager`, { cause });
  }
}
