import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GpuMinors } from '../../../agent/collectors/nvidia/gpu-minors.ts';
import { openHost, type Host } from '../../../agent/host.ts';
import { directoryWith } from '../../capture-directory.ts';
import { nvidiaQuery } from '../../rules/fixtures.ts';
import { gpuNode, type GpuLook } from '../../fake-nvidia-smi/gpu-node.ts';

const information = (slot: string): string => `proc/driver/nvidia/gpus/0000:${slot}:00.0/information`;
const query = nvidiaQuery([{ pciAddress: '0000:10:00.0' }, { pciAddress: '0000:11:00.0' }, { pciAddress: '0000:12:00.0' }, { pciAddress: undefined }]);

/** A host that counts what is read of it. */
function counted(host: Host): { readonly host: Host; readonly paths: string[] } {
  const paths: string[] = [];
  const readText: Host['readText'] = (path, maxBytes) => {
    paths.push(path);
    return host.readText(path, maxBytes);
  };
  return { host: { ...host, readText }, paths };
}

describe('minor numbers', () => {
  test('are read once for each GPU, and are left out where they are not to be seen', async () => {
    const { host, paths } = counted(openHost(await directoryWith({ [information('10')]: 'Device Minor: \t 3\n', [information('11')]: 'Model: \t\t NVIDIA H200\n' })));
    const minors = new GpuMinors();
    for (let look = 0; look < 3; look += 1) expect((await minors.added(query, host)).gpus.map(({ minor }) => minor)).toEqual([3, undefined, undefined, undefined]);
    expect(paths).toEqual(['10', '11', '12'].map((slot) => `/${information(slot)}`));
  });

  test('are read anew of another driver, and when nvidia-smi has failed', async () => {
    const directory = await directoryWith({ [information('10')]: 'Device Minor: \t 3\n' });
    const host = openHost(directory);
    const minors = new GpuMinors();
    const first = async (now = query): Promise<number | undefined> => (await minors.added(now, host)).gpus[0]?.minor;
    expect(await first()).toBe(3);
    writeFileSync(join(directory, information('10')), 'Device Minor: \t 5\n');
    expect(await first()).toBe(3);
    expect(await first({ ...query, driverVersion: '590.44.01' })).toBe(5);
    expect(await first()).toBe(3);
    minors.forget();
    expect(await first()).toBe(5);
  });

  test('that a sick card does not give are waited for once', async () => {
    const { host, paths } = counted({ ...openHost('/nowhere'), readText: () => new Promise(() => {}) });
    const minors = new GpuMinors(10);
    for (let look = 0; look < 3; look += 1) expect((await minors.added(query, host)).gpus).toEqual(query.gpus);
    expect(paths).toEqual([`/${information('10')}`]);
  });

  test('come with what nvidia-smi says of the GPUs', async () => {
    const node = await gpuNode();
    const minorOf = ({ query: seen }: GpuLook): number | undefined => (seen.status === 'ok' ? seen.value.gpus[0]?.minor : undefined);
    mkdirSync(join(node.host.root, 'proc/driver/nvidia/gpus/0000:00:06.0'), { recursive: true });
    writeFileSync(join(node.host.root, 'proc/driver/nvidia/gpus/0000:00:06.0/information'), 'Device Minor: \t 7\n');
    expect(minorOf(await node.look())).toBe(7);
    // As after the driver was loaded anew, which nothing but an end of nvidia-smi lets happen.
    writeFileSync(join(node.host.root, 'proc/driver/nvidia/gpus/0000:00:06.0/information'), 'Device Minor: \t 2\n');
    expect(minorOf(await node.look())).toBe(7);
    node.control({ query: { dieAfter: 1, exitCode: 9, fail: { exitCode: 9, stderr: 'NVIDIA-SMI has failed' } } });
    await node.lookUntil(({ query: seen }) => seen.status === 'failed');
    node.control({});
    expect(minorOf(await node.lookUntil(({ query: seen }) => seen.status === 'ok'))).toBe(2);
  });
});
