import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pciCollector } from '../../agent/collectors/pci.ts';
import { nodeTree, type NodeTree, running } from './node-tree.ts';

const BUS = 'sys/bus/pci/devices';

/** A PCI function as the kernel lays it out: a link from the bus into the devices. */
function addFunction(tree: NodeTree, address: string, [vendor, device, kind]: readonly [string, string, string], driver?: string): void {
  const directory = `sys/devices/pci0000:00/${address}`;
  tree.write(`${directory}/vendor`, `${vendor}\n`);
  tree.write(`${directory}/device`, `${device}\n`);
  tree.write(`${directory}/class`, `${kind}\n`);
  tree.link(`${BUS}/${address}`, `../../../devices/pci0000:00/${address}`);
  if (driver !== undefined) bind(tree, address, driver);
}

function bind(tree: NodeTree, address: string, driver: string): void {
  tree.write(`sys/bus/pci/drivers/${driver}/module/version`, '');
  tree.link(`sys/devices/pci0000:00/${address}/driver`, `../../../bus/pci/drivers/${driver}`);
}

const EFA = ['0x1d0f', '0xefa1', '0x020000'] as const;
const ENA = ['0x1d0f', '0xec20', '0x020000'] as const;
const GPU = ['0x10de', '0x2330', '0x030200'] as const;
const NVSWITCH = ['0x10de', '0x22a3', '0x068000'] as const;

test('EFA and NVIDIA functions, bound or not, and nothing else', async () => {
  using tree = nodeTree();
  addFunction(tree, '0000:00:05.0', ENA, 'ena');
  addFunction(tree, '0000:4f:00.0', EFA, 'efa');
  addFunction(tree, '0000:50:00.0', EFA);
  addFunction(tree, '0000:53:00.0', GPU, 'nvidia');
  addFunction(tree, '0000:60:00.0', NVSWITCH);
  expect(await pciCollector().collect(tree.host, running)).toEqual({
    functions: [
      { address: '0000:4f:00.0', vendor: '0x1d0f', device: '0xefa1', class: '0x020000', kind: 'efa', driver: 'efa' },
      { address: '0000:50:00.0', vendor: '0x1d0f', device: '0xefa1', class: '0x020000', kind: 'efa', driver: undefined },
      { address: '0000:53:00.0', vendor: '0x10de', device: '0x2330', class: '0x030200', kind: 'nvidia', driver: 'nvidia' },
      { address: '0000:60:00.0', vendor: '0x10de', device: '0x22a3', class: '0x068000', kind: 'nvidia', driver: undefined },
    ],
  });
});

test('a tree of plain directories names the driver in uevent', async () => {
  using tree = nodeTree({
    [`${BUS}/0000:4f:00.0/vendor`]: '0x1d0f\n',
    [`${BUS}/0000:4f:00.0/device`]: '0xefa0\n',
    [`${BUS}/0000:4f:00.0/class`]: '0x020000\n',
    [`${BUS}/0000:4f:00.0/uevent`]: 'DRIVER=efa\nPCI_SLOT_NAME=0000:4f:00.0\n',
  });
  expect((await pciCollector().collect(tree.host, running)).functions).toMatchObject([{ driver: 'efa' }]);
});

test('a function that loses its driver, gets one, comes or goes is followed', async () => {
  using tree = nodeTree();
  addFunction(tree, '0000:4f:00.0', EFA, 'efa');
  const collector = pciCollector();
  const now = async (): Promise<readonly string[]> =>
    (await collector.collect(tree.host, running)).functions.map(({ address, driver }) => `${address} ${driver}`);
  expect(await now()).toEqual(['0000:4f:00.0 efa']);
  rmSync(join(tree.root, 'sys/devices/pci0000:00/0000:4f:00.0/driver'));
  expect(await now()).toEqual(['0000:4f:00.0 undefined']);
  bind(tree, '0000:4f:00.0', 'vfio-pci');
  addFunction(tree, '0000:50:00.0', EFA);
  expect(await now()).toEqual(['0000:4f:00.0 vfio-pci', '0000:50:00.0 undefined']);
  rmSync(join(tree.root, `${BUS}/0000:4f:00.0`));
  expect(await now()).toEqual(['0000:50:00.0 undefined']);
});

test('what has not changed is not read again', async () => {
  using tree = nodeTree();
  addFunction(tree, '0000:00:05.0', ENA, 'ena');
  addFunction(tree, '0000:4f:00.0', EFA, 'efa');
  const read: string[] = [];
  const host = { ...tree.host, readText: (path: string) => (read.push(path), tree.host.readText(path)) };
  const collector = pciCollector();
  const first = await collector.collect(host, running);
  read.length = 0;
  expect(await collector.collect(host, running)).toEqual(first);
  expect(read).toEqual([]);
});

test('garbage in one function leaves the others as they are', async () => {
  using tree = nodeTree({
    [`${BUS}/0000:01:00.0/vendor`]: 'garbage\n',
    [`${BUS}/0000:02:00.0/vendor`]: '1'.repeat(1 << 20),
    [`${BUS}/0000:03:00.0/vendor/directory`]: '',
    [`${BUS}/0000:04:00.0`]: 'a file',
  });
  addFunction(tree, '0000:4f:00.0', EFA, 'efa');
  expect((await pciCollector().collect(tree.host, running)).functions.map(({ address }) => address)).toEqual(['0000:4f:00.0']);
});

test('no PCI bus: absent', async () => {
  using tree = nodeTree({ 'sys/class/net/lo/address': '' });
  await expect(pciCollector().collect(tree.host, running)).rejects.toThrow(
    '/sys/bus/pci/devices does not exist: this machine has no PCI bus',
  );
});
