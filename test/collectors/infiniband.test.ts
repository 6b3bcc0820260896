import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { infinibandCollector } from '../../agent/collectors/infiniband.ts';
import type { InfinibandDevice } from '../../agent/model.ts';
import { addEfa, addPlain, CLASS, replace } from './infiniband-tree.ts';
import { nodeTree, type NodeTree, running } from './node-tree.ts';

const HW = `${CLASS}/rxe0/ports/1/hw_counters`;

async function lookAt(tree: NodeTree, collector = infinibandCollector()): Promise<InfinibandDevice> {
  const [device] = (await collector.collect(tree.host, running)).devices;
  if (!device) throw new Error('no device in /sys/class/infiniband, expected one');
  return device;
}

test('no class directory: this node has no fabric', async () => {
  using tree = nodeTree({ 'sys/class/net/lo/address': '' });
  await expect(infinibandCollector().collect(tree.host, running)).rejects.toThrow(
    '/sys/class/infiniband does not exist: no RDMA driver is loaded',
  );
});

test('an empty class directory: no devices, which is an answer', async () => {
  using tree = nodeTree({ [`${CLASS}/x`]: '' });
  tree.remove(`${CLASS}/x`);
  expect(await infinibandCollector().collect(tree.host, running)).toEqual({ devices: [], vanished: [] });
});

test('an EFA device, whole', async () => {
  using tree = nodeTree();
  addEfa(tree, 'rdmap79s0', '0000:4f:00.0');
  expect(await lookAt(tree)).toEqual({
    name: 'rdmap79s0',
    isEfa: true,
    driver: 'efa',
    pciAddress: '0000:4f:00.0',
    pciVendor: '0x1d0f',
    pciDevice: '0xefa1',
    driverVersion: '3.1.0g',
    firmwareVersion: undefined,
    nodeGuid: '0000:0000:0000:0000',
    numaNode: 1,
    generation: 1,
    counters: { submitted_cmds: 792n, no_completion_cmds: 0n },
    unreadable: {},
    silence: undefined,
    ports: [
      {
        device: 'rdmap79s0',
        port: 1,
        name: 'rdmap79s0/1',
        state: '4: ACTIVE',
        physicalState: '5: LinkUp',
        linkLayer: 'Unknown',
        rate: '100 Gb/sec (4X EDR)',
        gid: 'fe80:0000:0000:0000:0013:c2ff:fe6f:f03d',
        hwCounters: { tx_pkts: 18_204n, rx_pkts: 0n },
        pmaCounters: {},
        wasActive: true,
      },
    ],
  });
});

test('a driver named efa makes an EFA device whatever its PCI numbers are', async () => {
  using tree = nodeTree();
  addEfa(tree, 'efa_0', '0000:00:02.0');
  tree.write('sys/devices/pci0000:00/0000:00:02.0/vendor', '0x1b36\n');
  tree.write('sys/devices/pci0000:00/0000:00:02.0/device', '0x0010\n');
  expect(await lookAt(tree)).toMatchObject({ isEfa: true, pciVendor: '0x1b36', pciDevice: '0x0010' });
});

test('a tree of plain directories names its PCI function in uevent', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rdmap79s0', { tx_pkts: '1\n' });
  tree.write(`${CLASS}/rdmap79s0/device/uevent`, 'DRIVER=efa\nPCI_SLOT_NAME=0000:4f:00.0\n');
  tree.write(`${CLASS}/rdmap79s0/device/numa_node`, '-1\n');
  expect(await lookAt(tree)).toMatchObject({ isEfa: true, driver: 'efa', pciAddress: '0000:4f:00.0', numaNode: undefined });
});

test('a virtual device has no PCI function, and a driver without PMA says so for each file', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n' });
  tree.write(`${CLASS}/rxe0/ports/1/counters/port_xmit_data`, 'N/A (no PMA)\n');
  tree.write(`${CLASS}/rxe0/ports/1/counters/port_rcv_data`, '12\n');
  const device = await lookAt(tree);
  expect(device).toMatchObject({ isEfa: false, driver: undefined, pciAddress: undefined });
  expect(device.ports[0]).toMatchObject({ hwCounters: { sent_pkts: 7n }, pmaCounters: { port_rcv_data: 12n } });
  expect(device.unreadable).toEqual({ 'ports/1/counters/port_xmit_data': 'N/A (no PMA)' });
});

test('ports are in the order of their numbers; a device without ports is one', async () => {
  using tree = nodeTree({
    [`${CLASS}/mlx5_0/ports/10/state`]: '1: DOWN\n',
    [`${CLASS}/mlx5_0/ports/2/state`]: '4: ACTIVE\n',
    [`${CLASS}/portless/node_guid`]: '0000:0000:0000:0001\n',
  });
  const { devices } = await infinibandCollector().collect(tree.host, running);
  expect(devices.map(({ name, ports }) => [name, ports.map(({ port, state }) => `${port} ${state}`)])).toEqual([
    ['mlx5_0', ['2 4: ACTIVE', '10 1: DOWN']],
    ['portless', []],
  ]);
});

test('the state of a port is followed, and that it was active is not forgotten', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n' });
  tree.write(`${CLASS}/rxe0/ports/1/state`, '1: DOWN\n');
  const collector = infinibandCollector();
  expect((await lookAt(tree, collector)).ports[0]).toMatchObject({ state: '1: DOWN', wasActive: false });
  tree.write(`${CLASS}/rxe0/ports/1/state`, '4: ACTIVE\n');
  expect((await lookAt(tree, collector)).ports[0]).toMatchObject({ state: '4: ACTIVE', wasActive: true });
  tree.write(`${CLASS}/rxe0/ports/1/state`, '1: DOWN\n');
  tree.write(`${CLASS}/rxe0/ports/1/phys_state`, '3: Disabled\n');
  expect((await lookAt(tree, collector)).ports[0]).toMatchObject({ state: '1: DOWN', physicalState: '3: Disabled', wasActive: true });
  tree.write(`${CLASS}/rxe0/ports/1/phys_state`, '2: Polling\n');
  expect((await lookAt(tree, collector)).ports[0]).toMatchObject({ state: '1: DOWN', physicalState: '2: Polling' });
});

test('what does not move is handed over as the very same object', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n', rcvd_pkts: '9\n' });
  const collector = infinibandCollector();
  const looks: InfinibandDevice[] = [];
  for (let look = 0; look < 32; look += 1) looks.push(await lookAt(tree, collector));
  // Each opening makes one anew: looks 1 and 2, and then ever more seldom.
  expect(new Set(looks).size).toBeLessThan(8);
  const before = await lookAt(tree, collector);
  tree.write(`${HW}/sent_pkts`, '8\n');
  const after = await lookAt(tree, collector);
  expect(after.ports[0]?.hwCounters).toEqual({ sent_pkts: 8n, rcvd_pkts: 9n });
  expect(before.ports[0]?.hwCounters).toEqual({ sent_pkts: 7n, rcvd_pkts: 9n });
});

test('files rewritten in place, replaced by renaming, added and taken away are followed in the same generation', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n', rcvd_pkts: '9\n' });
  const collector = infinibandCollector();
  const now = async (): Promise<unknown> => {
    const { generation, ports } = await lookAt(tree, collector);
    return [generation, ports[0]?.hwCounters];
  };
  expect(await now()).toEqual([1, { sent_pkts: 7n, rcvd_pkts: 9n }]);
  tree.write(`${HW}/sent_pkts`, '8\n');
  expect(await now()).toEqual([1, { sent_pkts: 8n, rcvd_pkts: 9n }]);
  replace(tree, `${HW}/sent_pkts`, '9\n');
  expect(await now()).toEqual([1, { sent_pkts: 9n, rcvd_pkts: 9n }]);
  replace(tree, `${HW}/sent_pkts`, '10\n');
  expect(await now()).toEqual([1, { sent_pkts: 10n, rcvd_pkts: 9n }]);
  tree.write(`${HW}/send_err`, '1\n');
  tree.remove(`${HW}/rcvd_pkts`);
  expect(await now()).toEqual([1, { sent_pkts: 10n, send_err: 1n }]);
});

test('an empty file is unreadable for that look, never zero', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n', rcvd_pkts: '9\n' });
  const collector = infinibandCollector();
  await lookAt(tree, collector);
  tree.write(`${HW}/sent_pkts`, '');
  const during = await lookAt(tree, collector);
  expect(during.ports[0]?.hwCounters).toEqual({ rcvd_pkts: 9n });
  expect(during.unreadable).toEqual({ 'ports/1/hw_counters/sent_pkts': 'EMPTY' });
  tree.write(`${HW}/sent_pkts`, '7\n');
  const after = await lookAt(tree, collector);
  expect([after.ports[0]?.hwCounters, after.unreadable]).toEqual([{ sent_pkts: 7n, rcvd_pkts: 9n }, {}]);
});

test('garbage, a megabyte and a directory in place of counters cost nobody else anything', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n', garbage: 'garbage\n', huge: '1'.repeat(1 << 20), 'folder/file': '' });
  addPlain(tree, 'rxe1', { sent_pkts: '8\n' });
  tree.write(`${CLASS}/not-a-device`, 'text');
  const { devices } = await infinibandCollector().collect(tree.host, running);
  expect(devices.map(({ name, ports, unreadable }) => [name, ports[0]?.hwCounters, unreadable])).toEqual([
    ['not-a-device', undefined, { ports: 'ENOTDIR' }],
    [
      'rxe0',
      { sent_pkts: 7n },
      {
        'ports/1/hw_counters/folder': 'EISDIR',
        'ports/1/hw_counters/garbage': 'not a number: "garbage"',
        'ports/1/hw_counters/huge': 'not a number: "1111111111111111…"',
      },
    ],
    ['rxe1', { sent_pkts: 8n }, {}],
  ]);
});

test('a device that goes is vanished; one that comes back is another generation', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n' });
  addPlain(tree, 'rxe1', { sent_pkts: '1\n' });
  const collector = infinibandCollector({ knownBefore: ['rxe1', 'rxe9'] });
  const now = async (): Promise<unknown> => {
    const { devices, vanished } = await collector.collect(tree.host, running);
    return [devices.map(({ name, generation, ports }) => `${name} ${generation} ${ports[0]?.hwCounters['sent_pkts']}`), vanished];
  };
  expect(await now()).toEqual([['rxe0 1 7', 'rxe1 1 1'], ['rxe9']]);
  tree.remove(`${CLASS}/rxe0`);
  expect(await now()).toEqual([['rxe1 1 1'], ['rxe0', 'rxe9']]);
  addPlain(tree, 'rxe0', { sent_pkts: '2\n' });
  expect(await now()).toEqual([['rxe0 2 2', 'rxe1 1 1'], ['rxe9']]);
});

test('a device that is made anew between two looks is another generation', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n' });
  const collector = infinibandCollector();
  expect((await lookAt(tree, collector)).generation).toBe(1);
  tree.remove(`${CLASS}/rxe0`);
  // So that the new directories, which may be given the inodes of the old, have another time: a tick is 10 ms at most.
  await new Promise((resolve) => setTimeout(resolve, 20));
  addPlain(tree, 'rxe0', { sent_pkts: '9\n' });
  expect(await lookAt(tree, collector)).toMatchObject({ generation: 2, ports: [{ hwCounters: { sent_pkts: 9n } }] });
});

test('when the driver is unloaded, its devices have vanished', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n' });
  const collector = infinibandCollector();
  await lookAt(tree, collector);
  rmSync(join(tree.root, 'sys'), { recursive: true });
  expect(await collector.collect(tree.host, running)).toEqual({ devices: [], vanished: ['rxe0'] });
});

test('a link that leads nowhere is no device', async () => {
  using tree = nodeTree();
  addPlain(tree, 'rxe0', { sent_pkts: '7\n' });
  tree.link(`${CLASS}/rxe1`, '../../devices/virtual/infiniband/rxe1');
  expect((await infinibandCollector().collect(tree.host, running)).devices.map(({ name }) => name)).toEqual(['rxe0']);
});
