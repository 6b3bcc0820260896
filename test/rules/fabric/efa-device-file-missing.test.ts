import { describe, expect, test } from 'vitest';

import { efaDeviceFileMissing as rule } from '../../../rules/fabric/efa-device-file-missing.ts';
import { deviceFiles, efa, infiniband, judge, mlx5 } from '../fixtures.ts';

const fabric = infiniband([efa('rdmap16s0', {}), efa('rdmap32s27', {}), mlx5('mlx5_0', {})]);
const first = { name: 'uverbs0', device: 'rdmap16s0', present: true };
const second = { name: 'uverbs1', device: 'rdmap32s27', present: true };

describe('silent', () => {
  test('when each EFA device has its file, whatever the others have', () => {
    expect(judge(rule, { infiniband: fabric, 'device-files': deviceFiles([first, second]) })).toEqual([]);
  });

  test('on a node without EFA', () => {
    expect(judge(rule, { infiniband: infiniband([mlx5('mlx5_0', {})]), 'device-files': deviceFiles([]) })).toEqual([]);
  });

  test('when a file that the kernel does not attribute may be the one', () => {
    const unnamed = { name: 'uverbs1', device: undefined, present: true };
    expect(judge(rule, { infiniband: fabric, 'device-files': deviceFiles([first, unnamed]) })).toEqual([]);
  });

  test('when the files were not read, and says that it cannot judge', () => {
    expect(judge(rule, { infiniband: fabric })).toEqual([
      { undecided: 'node', why: '/dev/infiniband and /sys/class/infiniband_verbs were not read', report: false },
    ]);
  });

  test("when the node's /dev is not seen, and says so", () => {
    const files = { ...deviceFiles([{ ...first, present: false }]), devVisible: false };
    expect(judge(rule, { infiniband: fabric, 'device-files': files })).toEqual([
      {
        undecided: 'node',
        why: "the node's /dev is not seen below the host root: whether its EFA devices have their files is not known",
        report: true,
      },
    ]);
  });
});

describe('reports', () => {
  test('all files missing on a node whose /dev is seen', () => {
    const files = deviceFiles([{ ...first, present: false }, { ...second, present: false }]);
    expect(judge(rule, { infiniband: fabric, 'device-files': files })).toMatchObject([
      { message: 'no file for 2 of 2 EFA devices: rdmap16s0 (/dev/infiniband/uverbs0 is missing); rdmap32s27 (/dev/infiniband/uverbs1 is missing)' },
    ]);
  });

  test('an interface whose file is missing', () => {
    const files = deviceFiles([first, { ...second, present: false }]);
    const [found] = judge(rule, { infiniband: fabric, 'device-files': files });
    expect(found).toMatchObject({
      subject: 'node',
      message: 'no file for 1 of 2 EFA devices: rdmap32s27 (/dev/infiniband/uverbs1 is missing)',
      evidence: { devices: 2, lacking: ['rdmap32s27'], files: ['uverbs0'] },
      causes: [
        { cause: 'device-node-not-made', likelihood: 'likely' },
        { cause: 'verbs-module-not-loaded', likelihood: 'possible' },
      ],
    });
  });

  test('devices for which the kernel offers no interface', () => {
    const [found] = judge(rule, { infiniband: fabric, 'device-files': deviceFiles([], ['rdma_cm']) });
    expect(found).toMatchObject({
      message: 'no file for 2 of 2 EFA devices: rdmap16s0 (no uverbs); rdmap32s27 (no uverbs)',
      causes: [
        { cause: 'verbs-module-not-loaded', likelihood: 'likely', fix: ['modprobe ib_uverbs'] },
        { cause: 'device-node-not-made', likelihood: 'possible' },
      ],
    });
  });
});
