import { describe, expect, test } from 'vitest';

import { efaFewerThanInstanceType as rule } from '../../../rules/fabric/efa-fewer-than-instance-type.ts';
import { efa, imds, infiniband, judge, mlx5, pci, pciFunction } from '../fixtures.ts';

const devices = (count: number) => infiniband(Array.from({ length: count }, (_, n) => efa(`rdmap${n}s0`, {})));
const type = (instanceType: string | undefined) => imds({ instanceType });

describe('silent', () => {
  test('when the node has all that its type supports', () => {
    expect(judge(rule, { imds: type('p4d.24xlarge'), infiniband: devices(4) })).toEqual([]);
  });

  test('on a type without EFA, an unknown type and no type', () => {
    expect(judge(rule, { imds: type('g5.xlarge'), infiniband: devices(0) })).toEqual([]);
    expect(judge(rule, { imds: type('p9.48xlarge'), infiniband: devices(0) })).toEqual([]);
    expect(judge(rule, { imds: type(undefined), infiniband: devices(0) })).toEqual([]);
  });

  test('on p6-b200 with its eight EFA and two more devices of another make', () => {
    const all = infiniband([...devices(8).devices, mlx5('ibp115s0f0', {}), mlx5('ibp116s0f0', {})]);
    expect(judge(rule, { imds: type('p6-b200.48xlarge'), infiniband: all })).toEqual([]);
  });

  test('when nothing shows how many there are, and says that it cannot judge', () => {
    const cannot = [{ undecided: 'node', why: 'neither /sys/class/infiniband nor the PCI bus was read', report: false }];
    expect(judge(rule, { imds: type('p4d.24xlarge') })).toEqual(cannot);
    expect(judge(rule, { imds: type('p4d.24xlarge'), pci: pci([pciFunction()]) })).toEqual(cannot);
  });
});

describe('reports', () => {
  test('fewer devices than the type supports', () => {
    const [found] = judge(rule, { imds: type('p5.48xlarge'), infiniband: devices(16) });
    expect(found).toMatchObject({
      subject: 'node',
      message: '16 EFA devices, and p5.48xlarge supports 32',
      evidence: { devices: 16, supported: 32, instanceType: 'p5.48xlarge' },
    });
    expect(judge(rule, { imds: type('p4d.24xlarge'), infiniband: devices(1) })).toMatchObject([
      { message: '1 EFA device, and p4d.24xlarge supports 4' },
    ]);
  });

  test('no device at all, also where no RDMA module is loaded', () => {
    const message = 'no EFA device, and p4d.24xlarge supports 4: was it launched without EFA on purpose?';
    expect(judge(rule, { imds: type('p4d.24xlarge'), infiniband: devices(0) })).toMatchObject([{ message }]);
    expect(judge(rule, { imds: type('p4d.24xlarge'), pci: pci([]) })).toMatchObject([{ message }]);
  });

  test('on p6-b200, where devices of another make do not count', () => {
    const all = infiniband([...devices(7).devices, mlx5('ibp115s0f0', {})]);
    expect(judge(rule, { imds: type('p6-b200.48xlarge'), infiniband: all })).toMatchObject([
      { message: '7 EFA devices, and p6-b200.48xlarge supports 8' },
    ]);
  });
});
