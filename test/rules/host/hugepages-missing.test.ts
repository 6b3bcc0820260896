import { describe, expect, it } from 'vitest';

import { hugepagesMissing } from '../../../rules/host/hugepages-missing.ts';
import { efa, infiniband, judge, rxe } from '../fixtures.ts';

function look(total: number | undefined, ...devices: readonly ReturnType<typeof efa>[]) {
  const host = {
    bootId: undefined,
    uptimeSeconds: undefined,
    kernelRelease: undefined,
    memoryTotalBytes: undefined,
    memoryAvailableBytes: undefined,
    hugepages2MiTotal: total,
    hugepages2MiFree: total,
  };
  return { host, infiniband: infiniband(devices) };
}

describe('HugepagesMissing is silent', () => {
  it('where some are reserved', () => {
    expect(judge(hugepagesMissing, look(5128, efa('rdmap16s0', {})))).toEqual([]);
  });
  it('on a node without EFA', () => {
    expect(judge(hugepagesMissing, look(0))).toEqual([]);
    expect(judge(hugepagesMissing, look(0, rxe('rxe0', {})))).toEqual([]);
    expect(judge(hugepagesMissing, look(undefined))).toEqual([]);
  });
  it('where their number cannot be read', () => {
    expect(judge(hugepagesMissing, look(undefined, efa('rdmap16s0', {})))).toEqual([
      { undecided: 'node', why: 'cannot read how many 2 MiB hugepages are reserved', report: false },
    ]);
  });
});

describe('HugepagesMissing reports', () => {
  it('an EFA node without any', () => {
    expect(judge(hugepagesMissing, look(0, efa('rdmap16s0', {}), efa('rdmap17s0', {})))).toMatchObject([
      {
        subject: 'node',
        message: 'no 2 MiB hugepages are reserved on a node with 2 EFA devices',
        evidence: { hugepages2MiTotal: 0, efaDevices: 2 },
        causes: [
          {
            cause: 'not-reserved',
            fix: [
              'sysctl -w vm.nr_hugepages=5128',
              'echo vm.nr_hugepages=5128 > /etc/sysctl.d/90-hugepages.conf',
              'systemctl restart kubelet   # it counts hugepages only when it starts',
            ],
          },
        ],
      },
    ]);
  });
});
