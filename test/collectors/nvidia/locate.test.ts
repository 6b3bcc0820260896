import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { locate } from '../../../agent/collectors/nvidia/locate.ts';
import { openHost, type Host } from '../../../agent/host.ts';
import { directoryWith } from '../../capture-directory.ts';

async function node(...programs: readonly string[]): Promise<{ readonly host: Host; readonly root: string }> {
  const root = await directoryWith();
  for (const path of programs) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '#!/bin/sh\n', { mode: 0o755 });
  }
  return { root, host: { ...openHost(root), searchPath: [join(root, 'path/one'), join(root, 'path/two')] } };
}

const PLACES = ['path/one/nvidia-smi', 'path/two/nvidia-smi', 'usr/bin/nvidia-smi', 'run/nvidia/driver/usr/bin/nvidia-smi', 'usr/local/nvidia/bin/nvidia-smi'];

describe('nvidia-smi is looked for', () => {
  test.each(PLACES.map((_, first) => [first, PLACES.slice(first)] as const))('in this order: %i', async (_, places) => {
    const { host, root } = await node(...places);
    expect(await locate(host, undefined)).toMatchObject({ program: { path: join(root, places[0] ?? '') } });
  });

  test('and each place is named where there is none', async () => {
    const { host, root } = await node();
    await mkdir(join(root, 'path/two/nvidia-smi'), { recursive: true });
    expect(await locate(host, undefined)).toEqual({
      tried: PLACES.map((place) => `${join(root, place)}: ${place.startsWith('path/two') ? 'not a file' : 'ENOENT'}`),
    });
  });
});

describe('--nvidia-smi', () => {
  test('is the one that is run', async () => {
    const { host, root } = await node('opt/mine', ...PLACES);
    expect(await locate(host, join(root, 'opt/mine'))).toMatchObject({ program: { path: join(root, 'opt/mine') } });
  });

  test('that is missing is not replaced by another', async () => {
    const { host } = await node(...PLACES);
    expect(await locate(host, '/no/such/nvidia-smi')).toEqual({ tried: ['/no/such/nvidia-smi: ENOENT'] });
  });

  test('without a slash is looked for on PATH', async () => {
    const { host, root } = await node('path/two/my-smi', 'usr/bin/my-smi');
    expect(await locate(host, 'my-smi')).toMatchObject({ program: { path: join(root, 'path/two/my-smi') } });
  });
});
