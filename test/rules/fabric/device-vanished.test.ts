import { describe, expect, test } from 'vitest';

import { fabricDeviceVanished as rule } from '../../../rules/fabric/device-vanished.ts';
import { efa, infiniband, judge, pci, pciFunction } from '../fixtures.ts';

const left = efa('rdmap16s27', {});

describe('silent', () => {
  test('when every device that was seen is there, at first sight too', () => {
    expect(judge(rule, { infiniband: infiniband([left]) })).toEqual([]);
    expect(judge(rule, { infiniband: infiniband([]) })).toEqual([]);
  });
});

describe('reports', () => {
  test('each device that is gone', () => {
    expect(judge(rule, { infiniband: infiniband([left], ['mlx5_0', 'rdmap32s27']) })).toMatchObject([
      { subject: 'mlx5_0', message: 'was in /sys/class/infiniband earlier and is gone', evidence: { device: 'mlx5_0', left: 1 } },
      {
        subject: 'rdmap32s27',
        message: 'was in /sys/class/infiniband earlier and is gone',
        evidence: { device: 'rdmap32s27', left: 1, address: '0000:20:1b.0' },
      },
    ]);
  });

  test('a device whose function is still on the bus: the driver let go of it', () => {
    const functions = pci([pciFunction({ address: '0000:90:1b.0', driver: undefined })]);
    const [found] = judge(rule, { infiniband: infiniband([], ['rdmap144s27']), pci: functions });
    expect(found).toMatchObject({
      message: 'was in /sys/class/infiniband earlier and is gone; PCI still lists 0000:90:1b.0, without a driver',
      causes: [
        { cause: 'driver-gone', likelihood: 'likely', fix: ['modprobe -r efa', 'modprobe efa'] },
        { cause: 'hardware-gone', likelihood: 'possible' },
      ],
    });
    const bound = pci([pciFunction({ address: '0001:10:00.1' })]);
    expect(judge(rule, { infiniband: infiniband([], ['rdmaP1p16s0f1']), pci: bound })).toMatchObject([
      { message: 'was in /sys/class/infiniband earlier and is gone; PCI still lists 0001:10:00.1, driver efa' },
    ]);
  });

  test('a device whose function is gone too: the hardware', () => {
    const [found] = judge(rule, { infiniband: infiniband([], ['rdmap144s27']), pci: pci([]) });
    expect(found).toMatchObject({
      message: 'was in /sys/class/infiniband earlier and is gone; PCI lists no EFA at 0000:90:1b.0',
      causes: [
        { cause: 'hardware-gone', likelihood: 'likely' },
        { cause: 'driver-gone', likelihood: 'possible', fix: [] },
      ],
    });
  });
});
