import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { installObjects } from '../../../deploy/kubernetes/source/artefacts.ts';
import { DEFAULTS } from '../../../deploy/kubernetes/source/settings.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/permissions.md'), 'utf8');

describe('docs/permissions.md', () => {
  test.each(['default', 'restricted', 'privileged'] as const)('names every right of mode %s', (mode) => {
    const text = JSON.stringify(installObjects({ ...DEFAULTS, mode }));
    const paths = [...text.matchAll(/"hostPath":\{"path":"([^"]+)"/g)].map(([, path]) => path ?? '');
    const capabilities = [.../"add":\[([^\]]*)\]/.exec(text)?.[1]?.matchAll(/\w+/g) ?? []].map(([name]) => `CAP_${name}`);
    const flags = ['hostNetwork', 'hostPID'].filter((flag) => text.includes(`"${flag}":true`));
    for (const right of [...paths, ...capabilities, ...flags]) expect(page, right).toContain(`\`${right}\``);
    expect(page).toContain(`\`${mode}\``);
  });

  test('names every right at the API server', () => {
    const role = installObjects(DEFAULTS).find(({ kind, metadata }) => kind === 'ClusterRole' && JSON.stringify(metadata).includes('railmedic-agent'));
    const rules = role?.['rules'] as readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
    for (const { resources, verbs } of rules) expect(page).toContain(`| \`${resources.join(', ')}\` | ${verbs.join(', ')} |`);
  });
});

describe.skipIf(process.getuid?.() !== 0 || !hasSetpriv())('which process holds which device (skipped without root and setpriv)', () => {
  const others: ChildProcess[] = [];
  beforeAll(async () => {
    // As training pods run: root with a container's capabilities, and a user of its own.
    others.push(spawn('setpriv', ['--bounding-set=-all,+chown,+kill', '--inh-caps=-all', 'sleep', '60']));
    others.push(spawn('setpriv', ['--reuid=1000', '--clear-groups', 'sleep', '60']));
    await Promise.all(others.map((child) => once(child, 'spawn')));
    await vi.waitFor(() => expect(others.map(({ pid }) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim())).toEqual(['sleep', 'sleep']), 10_000);
  });
  afterAll(() => {
    for (const child of others) child.kill('SIGKILL');
  });

  /** What root sees of the two with these capabilities and no other. */
  const seen = (...capabilities: readonly string[]): readonly boolean[] =>
    others.map(({ pid }) => {
      const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
      try {
        execFileSync('setpriv', [`--bounding-set=${set}`, '--inh-caps=-all', '--no-new-privs', 'readlink', `/proc/${pid}/fd/0`], { stdio: 'pipe' });
        return true;
      } catch {
        return false;
      }
    });

  test('takes both capabilities that the manifest adds, and no other', () => {
    expect(seen()).toEqual([false, false]);
    expect(seen('sys_ptrace')).toEqual([true, false]);
    expect(seen('dac_read_search')).toEqual([false, false]);
    expect(seen('sys_ptrace', 'dac_read_search')).toEqual([true, true]);
  });
});

function hasSetpriv(): boolean {
  try {
    execFileSync('setpriv', ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    // Part of util-linux; without it there is nothing to try the capabilities with.
    return false;
  }
}
