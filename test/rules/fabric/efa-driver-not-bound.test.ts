import { describe, expect, test } from 'vitest';

import { efaDriverNotBound as rule } from '../../../rules/fabric/efa-driver-not-bound.ts';
import { efa, infiniband, judge, mlx5, pci, pciFunction } from '../fixtures.ts';

const FIRST = '0000:10:00.0';
const SECOND = '0000:20:1b.0';
const both = pci([pciFunction({ address: FIRST }), pciFunction({ address: SECOND })]);
const driverless = pci([pciFunction({ address: FIRST }), pciFunction({ address: SECOND, driver: undefined })]);
const first = efa('rdmap16s0', {}, { pciAddress: FIRST });
const second = efa('rdmap32s27', {}, { pciAddress: SECOND });

function found(...looked: Parameters<typeof judge>) {
  const [symptom] = judge(...looked);
  if (symptom === undefined || !('subject' in symptom)) throw new Error(`expected a symptom, got ${JSON.stringify(symptom)}`);
  return { ...symptom, causes: symptom.causes?.map(({ cause, likelihood }) => `${cause} ${likelihood}`) };
}

describe('silent', () => {
  test('when each function has its device', () => {
    expect(judge(rule, { pci: both, infiniband: infiniband([first, second]) })).toEqual([]);
  });

  test('on a node without EFA, with NVIDIA functions without a driver', () => {
    const gpu = pciFunction({ vendor: '0x10de', device: '0x20b0', kind: 'nvidia', driver: undefined });
    expect(judge(rule, { pci: pci([gpu]), infiniband: infiniband([mlx5('mlx5_0', {})]) })).toEqual([]);
    expect(judge(rule, { pci: pci([]), infiniband: infiniband([]) })).toEqual([]);
  });

  test('when an EFA device stands on a PCI id of its own (the driver was bound by hand)', () => {
    expect(judge(rule, { pci: pci([]), infiniband: infiniband([first]) })).toEqual([]);
  });

  test('when all are bound and the devices were not read, and says that it cannot judge', () => {
    expect(judge(rule, { pci: both })).toEqual([
      { undecided: 'node', why: '/sys/class/infiniband was not read', report: false },
    ]);
  });
});

describe('reports', () => {
  test('a function without a driver', () => {
    expect(found(rule, { pci: driverless, infiniband: infiniband([first]) })).toEqual({
      subject: 'node',
      message: '2 EFA on the PCI bus, 1 in /sys/class/infiniband: 0000:20:1b.0 has no driver',
      evidence: { functions: 2, devices: 1, addresses: [SECOND] },
      causes: ['module-not-loaded likely', 'probe-failed possible'],
    });
  });

  test('functions without a driver where there is no /sys/class/infiniband at all', () => {
    const none = pci([pciFunction({ address: FIRST, driver: undefined }), pciFunction({ address: SECOND, driver: undefined })]);
    expect(found(rule, { pci: none })).toEqual({
      subject: 'node',
      message: '2 EFA on the PCI bus, 0 in /sys/class/infiniband: 0000:10:00.0 has no driver; 0000:20:1b.0 has no driver',
      evidence: { functions: 2, devices: 0, addresses: [FIRST, SECOND] },
      causes: ['module-not-loaded likely', 'probe-failed possible'],
    });
  });

  test('a function that another driver holds, with the commands that give it back', () => {
    const held = pci([pciFunction({ address: FIRST }), pciFunction({ address: SECOND, driver: 'vfio-pci' })]);
    const [symptom] = judge(rule, { pci: held, infiniband: infiniband([first]) });
    expect(symptom).toMatchObject({
      message: '2 EFA on the PCI bus, 1 in /sys/class/infiniband: 0000:20:1b.0 is held by vfio-pci',
      causes: [
        {
          cause: 'held-by-another-driver',
          check: ['lspci -k -s 0000:20:1b.0'],
          fix: [
            'echo 0000:20:1b.0 > /sys/bus/pci/drivers/vfio-pci/unbind',
            'echo > /sys/bus/pci/devices/0000:20:1b.0/driver_override',
            'echo 0000:20:1b.0 > /sys/bus/pci/drivers/efa/bind',
          ],
        },
      ],
    });
  });

  test('a function that is bound and has no device', () => {
    expect(found(rule, { pci: both, infiniband: infiniband([second]) })).toEqual({
      subject: 'node',
      message:
        '2 EFA on the PCI bus, 1 in /sys/class/infiniband: 0000:10:00.0 is bound to efa but made no device',
      evidence: { functions: 2, devices: 1, addresses: [FIRST] },
      causes: ['probe-failed likely'],
    });
  });
});
