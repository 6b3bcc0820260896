import { expect, test } from 'vitest';
import { addressNumber, parseLocalAddresses, parseRoutes } from '../../agent/parse/routes.ts';

test('routes as the kernel writes them, addresses in its byte order', () => {
  const text = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	512	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
down	000200C0	00000000	0000	0	0	0	00FFFFFF	0	0	0
eth1	garbage	00000000	0001	0	0	0	00FFFFFF	0	0	0
short	00000000
`;
  expect(parseRoutes(text)).toEqual([
    { interface: 'eth0', destination: 0, mask: 0, metric: 512, isUp: true, hasGateway: true },
    { interface: 'eth0', destination: addressNumber('192.0.2.0'), mask: 0xffffff00, metric: 0, isUp: true, hasGateway: false },
    { interface: 'down', destination: addressNumber('192.0.2.0'), mask: 0xffffff00, metric: 0, isUp: false, hasGateway: false },
  ]);
});

test('local addresses, each once, without loopback and broadcast', () => {
  const text = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.0
           /24 link UNICAST
        |-- 192.0.2.2
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
Local:
        |-- 192.0.2.2
           /32 host LOCAL
`;
  expect(parseLocalAddresses(text)).toEqual(['192.0.2.2']);
  expect(parseLocalAddresses('garbage\n   /32 host LOCAL')).toEqual([]);
});
