import { digits, type NodeTree } from './node-tree.ts';
import { pciFunction } from './efa-device.ts';
import type { Node } from './node.ts';

const GIB_IN_KIB = 1024 * 1024;

/** The kernel's own facts: time since boot, memory, hugepages, mounts, routes. */
export function addMachine(tree: NodeTree, node: Node, seconds: number): void {
  const up = node.uptimeSeconds + seconds;
  tree.file('/proc/uptime', `${up.toFixed(2)} ${(up * 90.5).toFixed(2)}\n`);
  const total = node.memoryGiB * GIB_IN_KIB;
  const memory: readonly (readonly [string, number])[] = [
    ['MemTotal:', total],
    ['MemFree:', Math.floor(total * 0.61)],
    ['MemAvailable:', Math.floor(total * 0.83)],
    ['Buffers:', 4208],
    ['Cached:', Math.floor(total * 0.22)],
  ];
  const kib = memory.map(([name, value]) => `${name.padEnd(15)}${value.toString().padStart(9)} kB\n`).join('');
  const pages = node.hugepages;
  tree.file('/proc/meminfo', `${kib}HugePages_Total: ${pages.toString().padStart(7)}\nHugePages_Free:  ${pages.toString().padStart(7)}\nHugepagesize:       2048 kB\n`);
  tree.attributes('/sys/kernel/mm/hugepages/hugepages-2048kB', { nr_hugepages: pages, free_hugepages: pages });
  tree.attributes('/proc/sys/kernel/random', { boot_id: uuid(`${node.name} boot`) });
  tree.attributes('/proc/sys/kernel', { osrelease: node.kernel });
  tree.file('/proc/version', `Linux version ${node.kernel} (mockbuild@build) #1 SMP PREEMPT_DYNAMIC\n`);
  tree.file(
    '/proc/mounts',
    [
      '/dev/nvme0n1p1 / xfs rw,seclabel,noatime,attr2,inode64,logbufs=8,logbsize=32k,noquota 0 0',
      'proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0',
      'sysfs /sys sysfs rw,seclabel,nosuid,nodev,noexec,relatime 0 0',
      'devtmpfs /dev devtmpfs rw,seclabel,nosuid,size=4096k,mode=755 0 0',
      '/dev/md127 /mnt/k8s-disks/0 xfs rw,seclabel,noatime,attr2,inode64,logbufs=8,logbsize=32k,sunit=1024,swidth=8192,noquota 0 0',
      '',
    ].join('\n'),
  );
  addRoutes(tree, node);
}

/** Of process 1, which lives in the node's network namespace (net/ipv4/fib_trie.c). */
function addRoutes(tree: NodeTree, node: Node): void {
  const gateway = `${node.subnet.split('.').slice(0, 3).join('.')}.1`;
  const base = node.subnet.split('/')[0] ?? '';
  const route = (to: string, via: string, flags: string, metric: number, mask: string): string =>
    `${node.interface}\t${kernelHex(to)}\t${kernelHex(via)}\t${flags}\t0\t0\t${metric}\t${kernelHex(mask)}\t0\t0\t0\n`;
  tree.file(
    '/proc/1/net/route',
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n' +
      route('0.0.0.0', gateway, '0003', 512, '0.0.0.0') +
      route(base, '0.0.0.0', '0001', 512, '255.255.255.0'),
  );
  tree.file(
    '/proc/1/net/fib_trie',
    [
      'Local:',
      `  +-- 0.0.0.0/0 3 0 5`,
      `     |-- ${node.address}`,
      '        /32 host LOCAL',
      '     |-- 127.0.0.1',
      '        /32 host LOCAL',
      '',
    ].join('\n'),
  );
}

/** On EC2 the ENA of the primary interface and the one of the VPC CNI's second interface; and what every node has besides. */
export function addNetwork(tree: NodeTree, node: Node, seconds: number): void {
  const onEc2 = [
    { name: node.interface, address: '0000:00:05.0', mac: node.primaryMac, receive: 210_000, transmit: 180_000 },
    { name: 'ens6', address: '0000:00:06.0', mac: node.podMac, receive: 41_000, transmit: 39_500 },
  ];
  const since = Math.floor(node.uptimeSeconds) + seconds;
  const cards = node.instanceType === undefined ? [] : onEc2;
  for (const { name, address, mac, receive, transmit } of cards) {
    const function_ = pciFunction(address);
    const directory = `${function_}/net/${name}`;
    tree.link(`/sys/bus/pci/devices/${address}`, function_);
    tree.attributes(function_, { class: '0x020000', device: '0xec20', numa_node: 0, vendor: '0x1d0f' });
    tree.link(`${function_}/driver`, '/sys/bus/pci/drivers/ena');
    tree.link(`/sys/class/net/${name}`, directory);
    tree.link(`${directory}/device`, function_);
    tree.attributes(directory, { address: mac, mtu: 9001, operstate: 'up', type: 1 });
    tree.attributes(`${directory}/statistics`, { rx_bytes: receive * since, tx_bytes: transmit * since });
  }
  if (cards.length > 0) tree.link('/sys/bus/pci/drivers/ena/module', '/sys/module/ena');
  if (cards.length > 0) tree.attributes('/sys/module/ena', { version: '2.15.0g' });
  // Where firmware names another vendor, nobody asks for EC2's metadata.
  else tree.attributes('/sys/class/dmi/id', { sys_vendor: 'QEMU' });
  const loopback = '/sys/devices/virtual/net/lo';
  tree.link('/sys/class/net/lo', loopback);
  tree.attributes(loopback, { address: '00:00:00:00:00:00', mtu: 65_536, operstate: 'unknown', type: 772 });
  tree.attributes(`${loopback}/statistics`, { rx_bytes: 52_000 * since, tx_bytes: 52_000 * since });
}

export function uuid(words: string): string {
  const hex = digits(words, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join('-');
}

/** As /proc/net/route prints an address on a little-endian machine. */
function kernelHex(address: string): string {
  const octets = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return octets.toReversed().join('').toUpperCase();
}
