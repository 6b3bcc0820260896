import { describe, expect, test } from 'vitest';
import { addressesCollector } from '../../agent/collectors/addresses.ts';
import type { Host } from '../../agent/host.ts';
import type { Addresses } from '../../agent/model.ts';
import { nodeTree, running } from './node-tree.ts';

type Interfaces = ReturnType<Host['interfaces']>;
const entry = (name: string, address: string, internal = false): Interfaces[number] => ({ name, address, mac: undefined, internal });

const ROUTES = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
ens5	00000000	0100000A	0003	0	0	512	00000000	0	0	0
ens6	00000000	0120000A	0003	0	0	1024	00000000	0	0	0
ens5	0000000A	00000000	0001	0	0	512	00E0FFFF	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
`; // 10.0.0.0/19 on ens5, 172.17.0.0/16 on docker0
const TRIE = ['172.17.0.1', '10.0.3.7', '127.0.0.1'].map((address) => `        |-- ${address}\n           /32 host LOCAL\n`).join('');

async function addresses(files: Readonly<Record<string, string>>, interfaces: Interfaces, nodeIp?: Addresses['nodeIp']): Promise<Addresses> {
  using tree = nodeTree(files);
  return await addressesCollector({ nodeIp }).collect({ ...tree.host, interfaces: () => interfaces }, running);
}

describe('the node IP', () => {
  test('is what it was told', async () => {
    const told = { address: '10.9.9.9', from: '--node-ip' };
    expect((await addresses({ '/proc/net/route': ROUTES }, [entry('ens5', '10.0.3.7')], told)).nodeIp).toEqual(told);
  });

  const FOUND = { address: '10.0.3.7', from: 'address of ens5, the interface of the default route' };

  test("is on the subnet of the default route's interface, by the node's own tables", async () => {
    const foreign = [entry('eth0', '192.0.2.2')];
    expect((await addresses({ '/proc/net/route': ROUTES, '/proc/net/fib_trie': TRIE }, foreign)).nodeIp).toEqual(FOUND);
  });

  test('is not that of a namesake in another network namespace', async () => {
    const namesake = [entry('ens5', '192.0.2.2')];
    expect((await addresses({ '/proc/net/route': ROUTES, '/proc/net/fib_trie': TRIE }, namesake)).nodeIp).toEqual(FOUND);
  });

  test('is told apart by name where several lie on one subnet', async () => {
    const trie = `        |-- 10.0.1.1\n           /32 host LOCAL\n${TRIE}`;
    const interfaces = [entry('ens6', '10.0.1.1'), entry('ens5', '10.0.3.7')];
    expect((await addresses({ '/proc/net/route': ROUTES, '/proc/net/fib_trie': trie }, interfaces)).nodeIp).toEqual(FOUND);
  });

  test("comes from process 1's network rather than from this process's", async () => {
    const own = `${ROUTES.split('\n', 1)[0]}\neth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0\n`;
    const files = { '/proc/1/net/route': ROUTES, '/proc/1/net/fib_trie': TRIE, '/proc/net/route': own, '/proc/net/fib_trie': '' };
    expect((await addresses(files, [entry('eth0', '192.0.2.2')])).nodeIp).toEqual(FOUND);
  });

  test.each([
    ['no routes', {}],
    ['garbage', { '/proc/net/route': 'garbage\n', '/proc/net/fib_trie': 'garbage\n' }],
    ['no default route', { '/proc/net/route': ROUTES.split('\n').toSpliced(1, 2).join('\n'), '/proc/net/fib_trie': TRIE }],
  ])('with %s is that of the first interface that is no pod or bridge', async (_, files) => {
    const interfaces = [
      entry('lo', '127.0.0.1', true),
      entry('docker0', '172.17.0.1'),
      entry('veth1a', '169.254.1.1'),
      entry('pod-id-link0', '169.254.170.23'),
      entry('eni0123', '10.0.9.9'),
      entry('enp39s0', '10.0.3.7'),
    ];
    expect((await addresses(files, interfaces)).nodeIp).toEqual({
      address: '10.0.3.7',
      from: "address of enp39s0, the first interface that is no pod's or bridge's",
    });
  });

  test('is unknown where there is nothing', async () => {
    expect(await addresses({}, [entry('lo', '127.0.0.1', true)])).toEqual({ nodeIp: undefined, interfaces: [] });
  });
});

test('the interfaces are those of this process, without loopback', async () => {
  const { interfaces } = await addresses({}, [entry('lo', '127.0.0.1', true), entry('ens5', '10.0.3.7'), entry('docker0', '172.17.0.1')]);
  expect(interfaces).toEqual([
    { name: 'ens5', address: '10.0.3.7', mac: undefined },
    { name: 'docker0', address: '172.17.0.1', mac: undefined },
  ]);
});
