import { describe, expect, test } from 'vitest';

import { efaFewerThanAttached as rule } from '../../../rules/fabric/efa-fewer-than-attached.ts';
import { efa, imds, imdsInterface, infiniband, judge, netdev, networkInterface } from '../fixtures.ts';

const mac = (n: number) => `02:13:c2:6f:f0:0${n}`;
const gid = (n: number) => `fe80:0000:0000:0000:0013:c2ff:fe6f:f00${n}`;
const efaOnly = (n: number) => imdsInterface({ mac: mac(n), interfaceId: `eni-${n}`, localIpv4s: [] });
const device = (n: number) => efa(`rdmap${n}s0`, {}, {}, { gid: gid(n) });
const unjoined = (n: number) => efa(`rdmap${n}s0`, {});
const withEna = imdsInterface({ interfaceId: 'eni-0' });
const attached = imds({ interfaces: [withEna, efaOnly(1), efaOnly(2)] });

describe('silent', () => {
  test('when each EFA-only interface has its device', () => {
    expect(judge(rule, { infiniband: infiniband([device(1), device(2)]), imds: attached })).toEqual([]);
  });

  test('when there are as many devices, none of which can be joined', () => {
    expect(judge(rule, { infiniband: infiniband([unjoined(1), unjoined(2)]), imds: attached })).toEqual([]);
  });

  test('when a device that cannot be joined may be the one', () => {
    expect(judge(rule, { infiniband: infiniband([device(1), unjoined(2)]), imds: attached })).toEqual([]);
  });

  test('on interfaces with an address: they may be no EFA at all', () => {
    const facts = imds({ interfaces: [withEna, imdsInterface({ mac: mac(1) }), imdsInterface({ mac: mac(2) })] });
    expect(judge(rule, { infiniband: infiniband([]), imds: facts })).toEqual([]);
  });

  test('on interfaces without an IPv4 address that the host has a network interface of', () => {
    const ena = netdev([networkInterface({ mac: mac(1) }), networkInterface({ mac: mac(2) })]);
    expect(judge(rule, { infiniband: infiniband([]), imds: attached, netdev: ena })).toEqual([]);
  });
});

describe('reports', () => {
  test('an interface whose device is missing', () => {
    const [found] = judge(rule, { infiniband: infiniband([device(1)]), imds: attached });
    expect(found).toMatchObject({
      subject: 'node',
      message: 'EFA-only interfaces attached: 2; without an EFA device on this node: 1 (eni-2)',
      evidence: { attached: 2, devices: 1, missing: 1, interfacesWithoutDevice: ['eni-2'] },
      causes: [
        { cause: 'driver-or-device', likelihood: 'likely' },
        {
          cause: 'host-fault',
          likelihood: 'possible',
          check: [
            'aws ec2 describe-instance-status --instance-ids i-0123456789abcdef0',
            'aws ec2 describe-instances --instance-ids i-0123456789abcdef0 --query ' +
              "'Reservations[].Instances[].NetworkInterfaces[].[NetworkInterfaceId,InterfaceType,Status]' --output table",
          ],
        },
      ],
    });
  });

  test('an interface whose device is missing though the primary interface has one', () => {
    const facts = imds({ mac: mac(0), interfaces: [imdsInterface({ mac: mac(0) }), efaOnly(1), efaOnly(2)] });
    const [found] = judge(rule, { infiniband: infiniband([device(0), device(1)]), imds: facts });
    expect(found).toMatchObject({
      message: 'EFA-only interfaces attached: 2; without an EFA device on this node: 1 (eni-2)',
    });
  });

  test('the number alone where the devices cannot be joined', () => {
    const [found] = judge(rule, { infiniband: infiniband([unjoined(1)]), imds: attached });
    expect(found).toMatchObject({
      message: 'EFA-only interfaces attached: 2; without an EFA device on this node: 1',
      evidence: { missing: 1 },
    });
  });

  test('all of them on a node without any device', () => {
    const [found] = judge(rule, { infiniband: infiniband([]), imds: attached });
    expect(found).toMatchObject({
      message: 'EFA-only interfaces attached: 2; without an EFA device on this node: 2 (eni-1, eni-2)',
    });
  });
});
