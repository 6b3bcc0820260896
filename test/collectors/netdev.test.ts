import { expect, test } from 'vitest';
import { netdevCollector } from '../../agent/collectors/netdev.ts';
import { nodeTree, type NodeTree, running } from './node-tree.ts';

const CLASS = 'sys/class/net';

/** An interface as the kernel lays it out; `driver` gives it a device. */
function addInterface(tree: NodeTree, name: string, bytes: readonly [string, string], driver?: string): void {
  const parent = driver === undefined ? 'sys/devices/virtual' : `sys/devices/pci0000:00/0000:00:05.0`;
  tree.write(`${parent}/net/${name}/statistics/rx_bytes`, `${bytes[0]}\n`);
  tree.write(`${parent}/net/${name}/statistics/tx_bytes`, `${bytes[1]}\n`);
  tree.write(`${parent}/net/${name}/address`, '02:13:c2:6f:f0:3d\n');
  tree.link(`${CLASS}/${name}`, `../../${parent.slice(4)}/net/${name}`);
  if (driver === undefined) return;
  tree.link(`${parent}/net/${name}/device`, '../../../0000:00:05.0');
  tree.link(`${parent}/driver`, `../../../bus/pci/drivers/${driver}`);
}

test('interfaces with and without hardware', async () => {
  using tree = nodeTree({ [`${CLASS}/bonding_masters`]: '\n' });
  addInterface(tree, 'eth0', ['18446744073709551615', '9007199254740993'], 'ena');
  addInterface(tree, 'veth0', ['1', '2']);
  expect(await netdevCollector().collect(tree.host, running)).toEqual({
    interfaces: [
      {
        name: 'eth0',
        driver: 'ena',
        mac: '02:13:c2:6f:f0:3d',
        physical: true,
        receiveBytes: 18_446_744_073_709_551_615n,
        transmitBytes: 9_007_199_254_740_993n,
      },
      { name: 'veth0', driver: undefined, mac: '02:13:c2:6f:f0:3d', physical: false, receiveBytes: 1n, transmitBytes: 2n },
    ],
  });
});

test('bytes that move are followed; what stands still is the very same object; interfaces come and go', async () => {
  using tree = nodeTree();
  addInterface(tree, 'eth0', ['1', '2'], 'ena');
  addInterface(tree, 'veth0', ['1', '2']);
  const collector = netdevCollector();
  const first = await collector.collect(tree.host, running);
  expect((await collector.collect(tree.host, running)).interfaces[0]).toBe(first.interfaces[0]);
  tree.write(`${CLASS}/eth0/statistics/rx_bytes`, '5\n');
  tree.remove('sys/devices/virtual/net/veth0');
  const second = await collector.collect(tree.host, running);
  expect(second.interfaces.map(({ name, receiveBytes }) => [name, receiveBytes])).toEqual([
    ['eth0', 5n],
    // Its link is still there and its descriptors are open; on a real node they answer ENODEV.
    ['veth0', 1n],
  ]);
  tree.remove(`${CLASS}/veth0`);
  addInterface(tree, 'veth1', ['7', '8']);
  const third = await collector.collect(tree.host, running);
  expect(third.interfaces.map(({ name }) => name)).toEqual(['eth0', 'veth1']);
});

test('an interface whose counters cannot be read is left out, and only it', async () => {
  using tree = nodeTree();
  addInterface(tree, 'eth0', ['1', '2'], 'ena');
  addInterface(tree, 'veth0', ['garbage', '2']);
  addInterface(tree, 'veth1', ['1', '2'.repeat(1 << 20)]);
  tree.write(`${CLASS}/veth2/statistics/rx_bytes/file`, '');
  expect((await netdevCollector().collect(tree.host, running)).interfaces.map(({ name }) => name)).toEqual(['eth0']);
});

test('no network class: absent', async () => {
  using tree = nodeTree({ 'sys/class/x': '' });
  await expect(netdevCollector().collect(tree.host, running)).rejects.toThrow(
    '/sys/class/net does not exist: the kernel has no network',
  );
});
