import { describe, expect, test } from 'vitest';
import { fabricProcessesCollector } from '../../agent/collectors/fabric-processes.ts';
import { HostError, type Host } from '../../agent/host.ts';
import type { FabricProcesses } from '../../agent/model.ts';
import { nodeTree, running, type NodeTree } from './node-tree.ts';

const ID = '0f32894de86edf3d3832702af794874ef8d400b4969acdea4976b12040756e0d';
const CGROUP = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod968a06fb_9ab9_4819_8caf_0392ddff3d9b.slice/cri-containerd-${ID}.scope`;

/** A node with one fabric device and three processes: init, a trainer that holds two devices, a kernel thread. */
function node(): NodeTree {
  const tree = nodeTree({
    '/dev/infiniband/uverbs0': '',
    '/proc/1/comm': 'systemd\n',
    '/proc/858/comm': 'python3\n',
    '/proc/858/limits': 'Max locked memory         65536                65536                bytes     \n',
    '/proc/858/cgroup': `0::${CGROUP}\n`,
    '/proc/2/stat': '2 (kthreadd) S 0 0 0 0 -1 2129984\n',
    '/proc/2/fd/.keep': '',
    '/proc/stat': 'cpu  1 2 3\n',
    '/proc/self/comm': 'node\n',
  });
  tree.remove('/proc/2/fd/.keep');
  tree.link('/proc/1/fd/0', '/dev/null');
  for (const [descriptor, target] of ['/dev/null', 'socket:[4242]', '/dev/infiniband/uverbs10', '/dev/infiniband/uverbs2', '/dev/infiniband/uverbs2', '/dev/infiniband/rdma_cm'].entries()) {
    tree.link(`/proc/858/fd/${descriptor}`, target);
  }
  return tree;
}
const TRAINER = {
  pid: 858,
  command: 'python3',
  devices: ['uverbs2', 'uverbs10'],
  maxLockedMemoryBytes: 65_536,
  cgroup: CGROUP,
  podUid: '968a06fb-9ab9-4819-8caf-0392ddff3d9b',
  containerId: ID,
};
const look = (host: Host): Promise<FabricProcesses> => fabricProcessesCollector().collect(host, running);
const refused = (path: string): HostError => new HostError('list', path, Object.assign(new Error('x'), { code: 'EACCES' }));

describe('fabricProcessesCollector', () => {
  test('names who holds the devices, within which limit, in which pod', async () => {
    using tree = node();
    expect(await look(tree.host)).toEqual({ processes: [TRAINER], hiddenCount: 0 });
  });

  test('a device that was removed is still held', async () => {
    using tree = node();
    tree.link('/proc/1/fd/7', '/dev/infiniband/uverbs0 (deleted)');
    expect((await look(tree.host)).processes).toMatchObject([{ pid: 1, devices: ['uverbs0'], command: 'systemd' }, { pid: 858 }]);
  });

  test('a process that ends in the middle costs nobody anything', async () => {
    using tree = node();
    tree.link('/proc/700/fd/0', '/dev/infiniband/uverbs0');
    const host: Host = {
      ...tree.host,
      link: (path) => (path.startsWith('/proc/1/') ? Promise.reject(new HostError('read the link', path, Object.assign(new Error('x'), { code: 'ENOENT' }))) : tree.host.link(path)),
    };
    const { processes } = await look(host);
    expect(processes).toEqual([
      { pid: 700, command: '', devices: ['uverbs0'], maxLockedMemoryBytes: undefined, cgroup: undefined, podUid: undefined, containerId: undefined },
      TRAINER,
    ]);
  });

  test('counts the processes that may not be looked into, kernel threads not among them', async () => {
    using tree = node();
    tree.write('/proc/30/stat', '30 (kworker/0:1 (x) y) I 2 0 0 0 -1 69238880\n');
    tree.write('/proc/31/stat', '31 (evil) I 2 x) S 1 31 31 0\n');
    const host: Host = { ...tree.host, list: (path) => (path.startsWith('/proc/') ? Promise.reject(refused(path)) : tree.host.list(path)) };
    const collector = fabricProcessesCollector();
    expect(await collector.collect(host, running)).toEqual({ processes: [], hiddenCount: 3 });
    expect(await collector.collect(host, running)).toEqual({ processes: [], hiddenCount: 3 });
  });

  test('root that may list the descriptors and not follow them is refused too', async () => {
    using tree = node();
    const host: Host = { ...tree.host, link: (path) => Promise.reject(refused(path)) };
    expect(await look(host)).toEqual({ processes: [], hiddenCount: 2 });
  });

  test('asks a process without devices ever more rarely, a holder at every look', async () => {
    using tree = node();
    const asked: string[] = [];
    const host: Host = {
      ...tree.host,
      list: (path) => {
        asked.push(path);
        return tree.host.list(path);
      },
    };
    const collector = fabricProcessesCollector();
    for (let looks = 0; looks < 24; looks += 1) await collector.collect(host, running);
    const times = (path: string): number => asked.filter((each) => each === path).length;
    expect([times('/proc/858/fd'), times('/proc/1/fd')]).toEqual([24, 6]);
  });

  test('sees a device that is opened and closed later, and a pid that is given again at once', async () => {
    using tree = node();
    const collector = fabricProcessesCollector();
    const pids = async (): Promise<number[]> => (await collector.collect(tree.host, running)).processes.map(({ pid }) => pid);
    expect(await pids()).toEqual([858]);
    tree.link('/proc/1/fd/9', '/dev/infiniband/uverbs0');
    tree.remove('/proc/858/fd');
    expect(await pids()).toEqual([1]);
    tree.remove('/proc/1');
    expect(await pids()).toEqual([]);
  });

  test('a node without fabric is absent', async () => {
    using tree = nodeTree({ '/proc/1/comm': 'systemd\n' });
    await expect(look(tree.host)).rejects.toMatchObject({
      name: 'Absent',
      message: 'no fabric device on this node (none of /sys/class/infiniband, /sys/class/infiniband_verbs, /dev/infiniband)',
    });
  });

  test('a look that is given up ends', async () => {
    using tree = node();
    await expect(fabricProcessesCollector().collect(tree.host, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });
});
