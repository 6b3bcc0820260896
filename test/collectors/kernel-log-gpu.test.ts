import { describe, expect, test } from 'vitest';
import { kernelLogCollector } from '../../agent/collectors/kernel-log.ts';
import type { Host } from '../../agent/host.ts';
import { nodeTree, running, type NodeTree } from './node-tree.ts';

const BOOT = '0a1b2c3d-0000-4000-8000-000000000001';
const UUID = 'GPU-00000000-1111-2222-3333-444444444444';
const POD = '968a06fb-9ab9-4819-8caf-0392ddff3d9b';
const CONTAINER = '0f32894de86edf3d3832702af794874ef8d400b4969acdea4976b12040756e0d';
const PAGE_FAULT =
  'NVRM: Xid (PCI:0000:00:06): 31, pid=858, name=bad, channel 0x0000000a, intr 00000000. MMU Fault: ENGINE GRAPHICS GPC1 GPCCLIENT_T1_8 faulted @ 0x0_00000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_WRITE';

let sequence = 0;
/** Records of these texts, at the given second of a node that has been up for 2000 s. */
const records = (second: number, ...texts: readonly string[]): string => texts.map((text) => `4,${(sequence += 1)},${second}000000,-;${text}\n`).join('');

function node(kmsg = '', files: Readonly<Record<string, string>> = {}): NodeTree {
  return nodeTree({ '/proc/sys/kernel/random/boot_id': `${BOOT}\n`, '/proc/uptime': '2000.00 1.00\n', '/dev/kmsg': kmsg, ...files });
}
function look(tree: NodeTree, collector = kernelLogCollector()) {
  const host: Host = { ...tree.host, wallTime: () => new Date('2026-03-01T12:00:00Z') };
  return collector.collect(host, running);
}

test('what an H200 with driver 580 logged of a faulting kernel', async () => {
  const kmsg = [
    '3,355,610802,-;NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build  (builder@host)  ',
    '4,356,1234208,c;NVRM: gpuClearFbhubPoisonIntrForBug2924523_GA100: FBHUB Interrupt detected. Clearing it.',
    `4,358,111602386,c;NVRM: GPU at PCI:0000:00:06: ${UUID}`,
    '4,359,111602397,c;NVRM: GPU Board Serial Number: 1650000000000',
    `4,360,111602398,c;${PAGE_FAULT}`,
    '4,361,113230819,c;NVRM: Xid (PCI:0000:00:06): 43, pid=902, name=oob, channel 0x0000000a',
    '',
  ].join('\n');
  using tree = node(kmsg, {
    '/proc/uptime': '120.00 1.00\n',
    '/proc/858/cmdline': '/usr/bin/python3\0train.py\0--lr\u00001e-4\0',
    '/proc/858/comm': 'python3\n',
    '/proc/858/cgroup': `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD.replaceAll('-', '_')}.slice/cri-containerd-${CONTAINER}.scope\n`,
  });
  const { gpuEvents, gpuUuids, xidTotals } = await look(tree);
  expect(gpuEvents).toEqual([
    {
      kind: 'xid',
      xid: 31,
      pciAddress: '0000:00:06.0',
      uuid: UUID,
      gpuInstance: undefined,
      computeInstance: undefined,
      process: { pid: 858, name: 'bad', commandLine: '/usr/bin/python3 train.py --lr 1e-4', podUid: POD, containerId: CONTAINER, missing: undefined },
      detail: PAGE_FAULT.slice(PAGE_FAULT.indexOf('channel')),
      nvlink: undefined,
      recoveryAction: undefined,
      total: 1,
      distinctProcesses: 1,
      time: '2026-03-01T11:59:51.602Z',
      count: 1,
      text: PAGE_FAULT,
    },
    {
      kind: 'xid',
      xid: 43,
      pciAddress: '0000:00:06.0',
      uuid: UUID,
      gpuInstance: undefined,
      computeInstance: undefined,
      process: {
        pid: 902,
        name: 'oob',
        commandLine: undefined,
        podUid: undefined,
        containerId: undefined,
        missing: 'not in /proc: it has ended, or this agent does not see the processes of the node',
      },
      detail: 'channel 0x0000000a',
      nvlink: undefined,
      recoveryAction: undefined,
      total: 1,
      distinctProcesses: 1,
      time: '2026-03-01T11:59:53.230Z',
      count: 1,
      text: 'NVRM: Xid (PCI:0000:00:06): 43, pid=902, name=oob, channel 0x0000000a',
    },
  ]);
  expect(gpuUuids).toEqual({ '0000:00:06.0': UUID });
  expect(xidTotals).toEqual([
    { pciAddress: '0000:00:06.0', uuid: UUID, xid: 31, total: 1, lastTime: '2026-03-01T11:59:51.602Z' },
    { pciAddress: '0000:00:06.0', uuid: UUID, xid: 43, total: 1, lastTime: '2026-03-01T11:59:53.230Z' },
  ]);
});

describe('over several looks', () => {
  test('an event is told once, its totals go on', async () => {
    using tree = node(records(1990, PAGE_FAULT, PAGE_FAULT));
    const collector = kernelLogCollector();
    expect((await look(tree, collector)).gpuEvents).toMatchObject([{ xid: 31, count: 2, total: 2 }]);
    expect(await look(tree, collector)).toMatchObject({ gpuEvents: [], xidTotals: [{ xid: 31, total: 2 }] });
    tree.append('/dev/kmsg', records(1995, PAGE_FAULT));
    expect((await look(tree, collector)).gpuEvents).toMatchObject([{ xid: 31, count: 1, total: 3, time: '2026-03-01T11:59:55.000Z' }]);
  });

  test('the UUID is known from a line that is too old to be told', async () => {
    using tree = node(records(3, `NVRM: GPU at PCI:0000:00:06: ${UUID}`, 'NVRM: Xid (PCI:0000:00:06): 79, long ago') + records(1990, PAGE_FAULT));
    expect((await look(tree)).gpuEvents).toMatchObject([{ xid: 31, uuid: UUID }]);
  });

  test('another boot knows nothing of it', async () => {
    using tree = node(records(1990, `NVRM: GPU at PCI:0000:00:06: ${UUID}`, PAGE_FAULT));
    const collector = kernelLogCollector();
    await look(tree, collector);
    tree.write('/proc/sys/kernel/random/boot_id', '0a1b2c3d-0000-4000-8000-000000000002\n');
    tree.write('/dev/kmsg', records(1990, PAGE_FAULT));
    expect((await look(tree, collector)).gpuEvents).toMatchObject([{ xid: 31, uuid: undefined, total: 1 }]);
  });

  test('processes are told apart for an hour', async () => {
    const of = (pid: number) => `NVRM: Xid (PCI:0000:00:06): 31, pid=${pid}, name=a, channel 0x1`;
    using tree = node(records(10, of(1)) + records(20, of(2), of(2)) + records(3605, of(3)), { '/proc/uptime': '3700.00 1.00\n' });
    const collector = kernelLogCollector({ lookBackSeconds: 4000 });
    expect((await look(tree, collector)).gpuEvents).toMatchObject([{ distinctProcesses: 3 }, { distinctProcesses: 3, count: 2 }, { distinctProcesses: 3 }]);
    tree.append('/dev/kmsg', records(3615, of(4)));
    expect((await look(tree, collector)).gpuEvents).toMatchObject([{ distinctProcesses: 3 }]);
  });

  test('a message whose lines come in two looks', async () => {
    using tree = node(records(1990, 'NVRM: The NVIDIA GPU 0000:18:00.0', 'NVRM: (PCI ID: 10de:2330) installed in this system has'));
    const collector = kernelLogCollector();
    expect((await look(tree, collector)).gpuEvents).toEqual([]);
    tree.append('/dev/kmsg', records(1991, 'NVRM: fallen off the bus and is not responding to commands.'));
    expect((await look(tree, collector)).gpuEvents).toMatchObject([{ kind: 'fallen-off-the-bus', pciAddress: '0000:18:00.0', count: 1, time: '2026-03-01T11:59:51.000Z' }]);
  });
});

describe('a storm', () => {
  test('of one Xid is one event, and a later one is not pushed out', async () => {
    using tree = node();
    const collector = kernelLogCollector();
    await look(tree, collector);
    tree.append('/dev/kmsg', records(1990, ...Array.from({ length: 30_000 }, () => PAGE_FAULT), 'NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.'));
    const { lines, droppedLines, gpuEvents } = await look(tree, collector);
    expect([lines.length, droppedLines]).toEqual([20_000, 10_001]);
    expect(gpuEvents).toMatchObject([
      { xid: 31, count: 30_000, total: 30_000 },
      { xid: 79, count: 1, pciAddress: '0000:3b:00.0', process: undefined },
    ]);
  });

  test('whose lines all differ is bounded, and every line is counted', async () => {
    using tree = node();
    const collector = kernelLogCollector();
    await look(tree, collector);
    tree.append('/dev/kmsg', records(1990, ...Array.from({ length: 2000 }, (_, n) => `NVRM: Xid (PCI:0000:3b:00): 45, pid=${n + 1}, name=a, Ch ${n}`)));
    const { gpuEvents, droppedLines } = await look(tree, collector);
    expect([gpuEvents.length, gpuEvents.reduce((sum, { count }) => sum + count, 0), droppedLines]).toEqual([32, 2000, 0]);
    expect(gpuEvents.at(-1)).toMatchObject({ total: 2000, distinctProcesses: 64 });
    expect(gpuEvents.at(-1)).toMatchObject({ process: { missing: 'not looked up: the log named more than 16 processes at once' } });
  });
});

test('more GPUs than a node can have are counted as dropped', async () => {
  const hex = (n: number) => n.toString(16).padStart(2, '0');
  using tree = node(records(1990, ...Array.from({ length: 1100 }, (_, n) => `NVRM: Xid (PCI:0000:${hex(n >> 5)}:${hex(n & 31)}): 79, x`)));
  const { gpuEvents, droppedLines } = await look(tree);
  expect([gpuEvents.length, droppedLines]).toEqual([1024, 76]);
});

test('a long line is cut, a name in it is not believed', async () => {
  using tree = node(records(1990, `NVRM: Xid (PCI:0000:3b:00): 31, pid=7, name="></script>\\x0aNVRM: Xid (PCI:0000:3b:00): 79, ${'y'.repeat(3000)}`));
  const { gpuEvents } = await look(tree);
  expect(gpuEvents.map((event) => [event.kind, event.kind === 'xid' ? event.xid : 0, event.text.length])).toContainEqual(['xid', 31, 401]);
});
