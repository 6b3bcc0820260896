import { describe, expect, test } from 'vitest';
import { GpuProcesses } from '../../agent/collectors/gpu-process.ts';
import { HostError, type Host } from '../../agent/host.ts';
import { nodeTree } from './node-tree.ts';

const POD = '968a06fb-9ab9-4819-8caf-0392ddff3d9b';
const CONTAINER = '0f32894de86edf3d3832702af794874ef8d400b4969acdea4976b12040756e0d';
/** Began 100 s after boot. */
const STAT = `858 (py (3) x) S 1 858 858 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 10000 0 0\n`;
const sought = (uptimeSeconds = 500) => ({ pid: 858, name: 'python3', uptimeSeconds });

async function found(host: Host, processes = new GpuProcesses(), uptimeSeconds = 500) {
  await processes.resolve(host, [sought(uptimeSeconds)]);
  return processes.found({ pid: 858, name: 'python3' });
}

describe('whose it is, with every runtime and driver', () => {
  test.each([
    ['version 2, systemd, containerd', `0::/kubepods.slice/kubepods-pod${POD.replaceAll('-', '_')}.slice/cri-containerd-${CONTAINER}.scope\n`],
    ['version 2, cgroupfs', `0::/kubepods/besteffort/pod${POD}/${CONTAINER}\n`],
    ['version 2, CRI-O', `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD.replaceAll('-', '_')}.slice/crio-${CONTAINER}.scope\n`],
    ['version 1, cgroupfs', `11:memory:/kubepods/burstable/pod${POD}/${CONTAINER}\n4:cpu,cpuacct:/\n1:name=systemd:/system.slice\n`],
  ])('%s', async (_, cgroup) => {
    using tree = nodeTree({ '/proc/858/stat': STAT, '/proc/858/cmdline': 'vllm\0serve\0', '/proc/858/comm': 'vllm\n', '/proc/858/cgroup': cgroup });
    expect(await found(tree.host)).toEqual({ pid: 858, name: 'python3', commandLine: 'vllm serve', podUid: POD, containerId: CONTAINER, missing: undefined });
  });
});

describe('what is missing is said', () => {
  test('a process of the node itself', async () => {
    using tree = nodeTree({ '/proc/858/cmdline': 'nvidia-smi\0', '/proc/858/comm': 'nvidia-smi\n', '/proc/858/cgroup': '0::/system.slice/ssh.service\n' });
    expect(await found(tree.host)).toMatchObject({ commandLine: 'nvidia-smi', podUid: undefined, missing: 'no pod in its control group /system.slice/ssh.service' });
  });
  test('one that is ending', async () => {
    using tree = nodeTree({ '/proc/858/cmdline': '', '/proc/858/comm': 'x\n', '/proc/858/cgroup': `0::/kubepods/pod${POD}\n` });
    expect(await found(tree.host)).toMatchObject({
      commandLine: undefined,
      podUid: POD,
      missing: 'command line: empty, it is ending; no container id in its control group',
    });
  });
  test('one that may not be read', async () => {
    using tree = nodeTree({ '/proc/858/comm': 'x\n' });
    const refusing: Host = {
      ...tree.host,
      readText: (path) => (path.endsWith('comm') ? tree.host.readText(path) : Promise.reject(new HostError('read', path, Object.assign(new Error('no'), { code: 'EACCES' })))),
    };
    expect(await found(refusing)).toMatchObject({ missing: 'command line: EACCES; control group: EACCES' });
  });
  test('a number that another process has by now', async () => {
    using tree = nodeTree({ '/proc/858/stat': STAT, '/proc/858/cmdline': 'sh\0', '/proc/858/comm': 'sh\n', '/proc/858/cgroup': '0::/\n' });
    expect(await found(tree.host, new GpuProcesses(), 90)).toMatchObject({ commandLine: undefined, missing: 'ended: another process has its number by now' });
    expect(await found(tree.host, new GpuProcesses(), 98)).toMatchObject({ commandLine: 'sh' });
  });
});

test('several at once are all read', async () => {
  using tree = nodeTree();
  const pids = [1, 2, 3, 4];
  for (const pid of pids) tree.write(`/proc/${pid}/cmdline`, `rank${pid}\0`);
  for (const pid of pids) tree.write(`/proc/${pid}/cgroup`, `0::/kubepods/pod${POD}/${CONTAINER}\n`);
  const processes = new GpuProcesses();
  await processes.resolve(tree.host, pids.map((pid) => ({ pid, name: 'a', uptimeSeconds: 500 })));
  expect(pids.map((pid) => processes.found({ pid, name: 'a' })).map(({ commandLine, missing }) => [commandLine, missing])).toEqual([
    ['rank1', undefined],
    ['rank2', undefined],
    ['rank3', undefined],
    ['rank4', undefined],
  ]);
});

test('what was found is remembered after its end, for an hour', async () => {
  using tree = nodeTree({ '/proc/858/cmdline': 'vllm\0', '/proc/858/comm': 'vllm\n', '/proc/858/cgroup': `0::/kubepods/pod${POD}/${CONTAINER}\n` });
  const processes = new GpuProcesses();
  await found(tree.host, processes);
  tree.remove('/proc/858');
  expect(await found(tree.host, processes, 600)).toMatchObject({ podUid: POD, commandLine: 'vllm', missing: undefined });
  expect(await found(tree.host, processes, 4200)).toMatchObject({ podUid: undefined });
});

test('a command line with quotes, line breaks, markup and bytes that are no UTF-8 is kept and cut', async () => {
  using tree = nodeTree({ '/proc/858/comm': 'x\n', '/proc/858/cgroup': `0::/kubepods/pod${POD}/${CONTAINER}\n` });
  tree.write('/proc/858/cmdline', `a"b\nc\0<script>\0${'z'.repeat(5000)}\0`);
  expect((await found(tree.host)).commandLine).toBe(`a"b\nc <script> ${'z'.repeat(185)}…`);
});

test('a process that hangs in the driver holds up neither the look nor the thread pool', async () => {
  using tree = nodeTree({ '/proc/858/comm': 'x\n', '/proc/858/cgroup': `0::/kubepods/pod${POD}/${CONTAINER}\n` });
  let asked = 0;
  const hanging: Host = {
    ...tree.host,
    readText: (path) => {
      if (!path.endsWith('cmdline')) return tree.host.readText(path);
      asked += 1;
      return new Promise<string>(() => {});
    },
  };
  const processes = new GpuProcesses();
  expect(await found(hanging, processes)).toMatchObject({ podUid: POD, missing: 'command line: no answer within 500 ms' });
  expect(await found(hanging, processes)).toMatchObject({ podUid: POD, missing: 'command line: not read while another one hangs' });
  expect(asked).toBe(1);
});
