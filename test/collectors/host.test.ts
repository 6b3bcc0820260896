import { describe, expect, test } from 'vitest';
import { hostCollector } from '../../agent/collectors/host.ts';
import type { HostFacts } from '../../agent/model.ts';
import { nodeTree, running } from './node-tree.ts';

const MEMINFO = 'MemTotal:       16307724 kB\nMemAvailable:   12000000 kB\nHugePages_Total:    5128\nHugePages_Free:     5000\nHugepagesize:       2048 kB\n';
const NOTHING: HostFacts = {
  bootId: undefined,
  uptimeSeconds: undefined,
  kernelRelease: undefined,
  memoryTotalBytes: undefined,
  memoryAvailableBytes: undefined,
  hugepages2MiTotal: undefined,
  hugepages2MiFree: undefined,
};

async function facts(files: Readonly<Record<string, string>>): Promise<HostFacts> {
  using tree = nodeTree(files);
  return await hostCollector().collect(tree.host, running);
}

describe('hostCollector', () => {
  test('everything', async () => {
    const value = await facts({
      '/proc/sys/kernel/random/boot_id': '0a1b2c3d-0000-4000-8000-000000000001\n',
      '/proc/uptime': '14.55 12.00\n',
      '/proc/sys/kernel/osrelease': '6.1.0-56-amd64\n',
      '/proc/meminfo': MEMINFO,
      '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages': '128\n',
      '/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages': '0\n',
    });
    expect(value).toEqual({
      bootId: '0a1b2c3d-0000-4000-8000-000000000001',
      uptimeSeconds: 14.55,
      kernelRelease: '6.1.0-56-amd64',
      memoryTotalBytes: 16_699_109_376,
      memoryAvailableBytes: 12_288_000_000,
      hugepages2MiTotal: 128,
      hugepages2MiFree: 0,
    });
  });

  test('hugepages from meminfo, where its pages are of 2 MiB', async () => {
    expect(await facts({ '/proc/meminfo': MEMINFO })).toMatchObject({ hugepages2MiTotal: 5128, hugepages2MiFree: 5000 });
    expect(await facts({ '/proc/meminfo': MEMINFO.replace('2048 kB', '1048576 kB') })).toMatchObject({
      memoryTotalBytes: 16_699_109_376,
      hugepages2MiTotal: undefined,
      hugepages2MiFree: undefined,
    });
  });

  test.each([
    ['garbage', 'garbage'],
    ['nothing', ''],
    ['a megabyte', '\u0000'.repeat(1 << 20)],
  ])('%s in every file costs the facts, not the look', async (_, text) => {
    const value = await facts({
      '/proc/uptime': text,
      '/proc/meminfo': text,
      '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages': text,
    });
    expect(value).toEqual(NOTHING);
  });

  test('a directory in place of a file costs its fact', async () => {
    expect(await facts({ '/proc/uptime': '1.00 1.00\n', '/proc/meminfo/x': '' })).toEqual({ ...NOTHING, uptimeSeconds: 1 });
  });

  test('no node below the host root is absent', async () => {
    await expect(facts({})).rejects.toThrow(/^no facts of the kernel below .*\(boot_id, uptime, osrelease, meminfo, hugepages\)$/);
    await expect(facts({})).rejects.toMatchObject({ name: 'Absent' });
  });
});
