import { describe, expect, test } from 'vitest';

import { efaOnlyInterfaces, interfaceOf, macOfGid } from '../../../rules/fabric/efa-interfaces.ts';
import { efa, imds, imdsInterface, netdev, networkInterface } from '../fixtures.ts';

test.each([
  ['fe80:0000:0000:0000:0013:c2ff:fe6f:f03d', '02:13:c2:6f:f0:3d'],
  ['fe80::13:c2ff:fe6f:f03d', '02:13:c2:6f:f0:3d'],
  ['fe80:0000:0000:0000:089a:37ff:fe12:3456', '0a:9a:37:12:34:56'],
])('the GID %s leads to the MAC %s', (gid, mac) => {
  expect(macOfGid(gid)).toBe(mac);
});

test.each([undefined, '', 'garbage', '0000:0000:0000:0000:0000:0000:0000:0000', '::ffff:10.0.3.7'])(
  'the GID %s leads to no MAC',
  (gid) => {
    expect(macOfGid(gid)).toBeUndefined();
  },
);

test('a device is joined to the interface with its MAC, whatever the case, and to none that IMDS does not list', () => {
  const device = efa('rdmap16s0', {}, {}, { gid: 'fe80::13:c2ff:fe6f:f03d' });
  expect(interfaceOf(device, imds({ interfaces: [imdsInterface({ mac: '02:13:C2:6F:F0:3D' })] }))?.mac).toBe('02:13:C2:6F:F0:3D');
  expect(interfaceOf(device, imds({ interfaces: [imdsInterface({ mac: '02:00:00:00:00:01' })] }))).toBeUndefined();
  expect(interfaceOf(device, undefined)).toBeUndefined();
  expect(interfaceOf(efa('efa_0', {}), imds())).toBeUndefined();
});

describe('EFA-only interfaces', () => {
  const lone = imdsInterface({ mac: '02:00:00:00:00:01', localIpv4s: [] });

  test('are those without an address', () => {
    expect(efaOnlyInterfaces(imds({ interfaces: [imdsInterface(), lone] }), undefined)).toEqual([lone]);
  });

  test('are not the primary one, nor one that the host has a network interface of (IPv6-only subnets)', () => {
    const primary = imdsInterface({ localIpv4s: [] });
    const ena = netdev([networkInterface({ mac: '02:00:00:00:00:01' })]);
    expect(efaOnlyInterfaces(imds({ interfaces: [primary, lone] }), ena)).toEqual([]);
  });
});
