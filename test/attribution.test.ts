import { describe, expect, test } from 'vitest';
import { attribute, knownGpus, podDevices, type KnownGpus } from '../agent/attribution.ts';
import type { DeviceHolder, FabricProcesses, Finding, Pod, Snapshot } from '../agent/model.ts';
import { efa, finding, ok, snapshot } from './exporters/fixture.ts';
import { hostFacts } from './snapshot.ts';
import { nvidiaQuery } from './rules/fixtures.ts';
import { pod, pods } from './rules/workload/pods.ts';

const UUID = (index: number): string => `GPU-00000000-0000-0000-0000-00000000000${index}`;
/** The driver numbers its device files as it finds the cards, nvidia-smi its indices by PCI address. */
const gpus = ok(nvidiaQuery([{ uuid: UUID(0), pciAddress: '0000:10:1c.0', minor: 1 }, { uuid: UUID(1), pciAddress: '0000:10:1d.0', minor: 0 }]));
const infiniband = ok({
  devices: [
    { ...efa('rdmap16s0', 0n, 0n), pciAddress: '0000:10:00.0' },
    { ...efa('rdmap17s0', 0n, 0n), pciAddress: '10000:10:00.0' },
  ],
  vanished: [],
});

const holder = (name: string, resource: string, ...deviceIds: string[]): DeviceHolder => ({ namespace: 'ml', pod: name, container: 'main', resource, deviceIds, isClaim: false });
const claim = (driver: string, ...names: string[]): DeviceHolder => ({ ...holder('a', driver, ...names), isClaim: true });
const held = (...holders: DeviceHolder[]): Partial<Snapshot> => ({ infiniband, 'nvidia-query': gpus, 'pod-resources': ok({ holders }) });
const devicesOf = (readings: Partial<Snapshot>, before?: KnownGpus): readonly string[] =>
  podDevices(snapshot(readings), knownGpus(snapshot(readings), before)).map((one) => `${one.namespace}/${one.pod} ${one.kind} ${one.device}`);
const pci = (...slots: readonly string[]) =>
  ok({ functions: slots.map((slot) => ({ address: `0000:10:${slot}.0`, vendor: '0x10de', device: '0x20b0', class: '0x030200', kind: 'nvidia' as const, driver: 'nvidia' })) });
const known = (...list: Pod[]) => ok(pods(list).pods);

describe('which pod uses which device', () => {
  test.each([
    ['by RDMA name', 'vpc.amazonaws.com/efa', 'rdmap16s0', 'efa rdmap16s0'],
    ['by GPU UUID', 'nvidia.com/gpu', UUID(1), `gpu ${UUID(1)}`],
    ['by GPU index', 'nvidia.com/gpu', '1', `gpu ${UUID(1)}`],
    ['a share of a GPU', 'nvidia.com/gpu.shared', `${UUID(0)}::3`, `gpu ${UUID(0)}`],
    ['a MIG slice of today', 'nvidia.com/mig-1g.10gb', 'MIG-5c2e5f9c-1111-2222-3333-444444444444', 'gpu MIG-5c2e5f9c-1111-2222-3333-444444444444'],
    ['a MIG slice of old', 'nvidia.com/mig-1g.5gb', `MIG-${UUID(0)}/7/0`, `gpu ${UUID(0)}`],
    ['a GPU that nobody lists', 'nvidia.com/gpu', '7', 'gpu 7'],
    ['an RDMA device by its PCI address', 'nvidia.com/sriov_rdma', '0000:10:00.0', 'efa rdmap16s0'],
    ['an EFA that is gone', 'vpc.amazonaws.com/efa', 'rdmap99s0', 'efa rdmap99s0'],
  ])('%s', (_, resource, id, expected) => {
    expect(devicesOf(held(holder('a', resource, id)))).toEqual([`ml/a ${expected}`]);
  });

  test('shares that name no device, and resources that are none of ours', () => {
    expect(devicesOf(held(holder('a', 'rdma/hca_shared_devices_a', '17'), holder('a', 'cpu', '3'), holder('a', 'example.com/fpga', 'f0')))).toEqual([]);
  });

  test('a claim counts once, by the driver or by CDI', () => {
    const fabric = claim('dra.net', 'rdmap17s0', 'dra.net/device=rdmap17s0');
    expect(devicesOf(held(fabric))).toEqual(['ml/a efa rdmap17s0']);
  });

  test.each([
    ['a GPU by its minor number, which is not its index', 'gpu.nvidia.com', 'gpu-1', [`ml/a gpu ${UUID(0)}`]],
    ['a MIG slice of driver 25.8', 'gpu.nvidia.com', 'gpu-0-mig-19-4-1', [`ml/a gpu ${UUID(1)}`]],
    ['a MIG slice of today', 'gpu.nvidia.com', 'gpu-0-mig-1g10gb-19-4', [`ml/a gpu ${UUID(1)}`]],
    ['a minor that no GPU has', 'gpu.nvidia.com', 'gpu-2', []],
    ['a GPU that is given to a virtual machine, by its index', 'gpu.nvidia.com', 'gpu-vfio-1', []],
    ['what another driver calls so', 'gpu.example.com', 'gpu-1', []],
    ['a device of DRANET', 'dra.net', 'pci-0000-10-00-0', ['ml/a efa rdmap16s0']],
    ['a device of DRANET in a wide domain', 'dra.net', 'pci-10000-10-00-0', ['ml/a efa rdmap17s0']],
    ['a card of the host network', 'dra.net', 'pci-0000-20-00-0', []],
  ])('of claims: %s', (_, resource, id, expected) => {
    expect(devicesOf(held(claim(resource, id)))).toEqual(expected);
  });

  test('a claim where minor numbers are not to be seen: the only GPU of the node, and none of several', () => {
    const holders = held(claim('gpu.nvidia.com', 'gpu-0'));
    const one = ok(nvidiaQuery([{ uuid: UUID(0), pciAddress: '0000:10:1c.0' }]));
    expect(devicesOf({ ...holders, 'nvidia-query': one, pci: pci('1c') })).toEqual([`ml/a gpu ${UUID(0)}`]);
    expect(devicesOf({ ...holders, 'nvidia-query': one, pci: pci('1c', '1d') })).toEqual([]);
    expect(devicesOf({ ...holders, 'nvidia-query': ok(nvidiaQuery([{}, {}])) })).toEqual([]);
  });

  test('by the processes that hold a device open', () => {
    const processes: FabricProcesses = {
      processes: [{ pid: 7, command: 'python3', devices: ['uverbs1', 'uverbs9'], maxLockedMemoryBytes: undefined, cgroup: undefined, podUid: pod().uid, containerId: undefined }],
      hiddenCount: 0,
    };
    const files = ok({ devVisible: true, verbs: [{ name: 'uverbs1', device: 'rdmap17s0', present: true }], others: [] });
    const readings = { infiniband, 'fabric-processes': ok(processes), 'device-files': files };
    expect(devicesOf({ ...readings, pods: known(pod({ requests: {} })) })).toEqual(['ml/grpo-worker-0 efa rdmap17s0']);
    expect(devicesOf(readings)).toEqual([]);
  });

  test('a pod that the API server no longer has holds nothing, whatever kubelet said a minute ago', () => {
    const readings = held(holder('a', 'vpc.amazonaws.com/efa', 'rdmap16s0'), holder('b', 'vpc.amazonaws.com/efa', 'rdmap17s0'));
    expect(devicesOf({ ...readings, pods: known(pod({ name: 'b' })) })).toEqual(['ml/b efa rdmap17s0']);
  });

  test('without kubelet: a pod that asks for all there are', () => {
    const readings = { infiniband, 'nvidia-query': gpus };
    expect(devicesOf({ ...readings, pods: known(pod({ requests: { 'nvidia.com/gpu': 2, 'vpc.amazonaws.com/efa': 1 } })) })).toEqual([
      `ml/grpo-worker-0 gpu ${UUID(0)}`,
      `ml/grpo-worker-0 gpu ${UUID(1)}`,
    ]);
    expect(devicesOf({ ...readings, pods: known(pod({ requests: { 'nvidia.com/gpu': 2 }, phase: 'Succeeded' })) })).toEqual([]);
  });
});

describe('a GPU that nvidia-smi no longer lists', () => {
  const failed = { status: 'failed', error: new Error('GPU is lost') } as const;
  const boot = (bootId: string) => ok(hostFacts({ bootId }));
  const before = knownGpus(snapshot({ 'nvidia-query': gpus, host: boot('boot-1') }));
  const lost = { 'nvidia-query': failed, host: boot('boot-1') };
  const whole = known(pod({ requests: { 'nvidia.com/gpu': 2 } }));
  const concerned = (now: Partial<Snapshot>, seen?: KnownGpus): readonly string[] => {
    const look = snapshot({ 'pod-resources': ok({ holders: [holder('a', 'nvidia.com/gpu', UUID(1))] }), ...now });
    const about = finding({ rule: 'GpuLost', page: 'rules/gpu/gpu-lost.md', subject: '0000:10:1d.0' });
    return attribute([about], look, knownGpus(look, seen)).flatMap((one) => one.pods.map(({ name }) => name));
  };

  test.each([
    ['by its minor number', claim('gpu.nvidia.com', 'gpu-0'), `ml/a gpu ${UUID(1)}`],
    ['by its index', holder('a', 'nvidia.com/gpu', '1'), `ml/a gpu ${UUID(1)}`],
    ['by its PCI address', holder('a', 'nvidia.com/gpu', '0000:10:1d.0'), `ml/a gpu ${UUID(1)}`],
  ])('is still known %s', (_, one, expected) => {
    expect(devicesOf({ ...held(one), ...lost }, before)).toEqual([expected]);
    expect(devicesOf({ ...held(one), ...lost })).not.toEqual([expected]);
  });

  test('is still of the pod that asks for all there are', () => {
    const both = [`ml/grpo-worker-0 gpu ${UUID(0)}`, `ml/grpo-worker-0 gpu ${UUID(1)}`];
    expect(devicesOf({ ...lost, pods: whole }, before)).toEqual(both);
    expect(devicesOf({ ...lost, pods: whole, 'nvidia-query': ok(nvidiaQuery([{ uuid: UUID(1), pciAddress: '0000:10:1d.0' }])) }, before)).toEqual(both);
  });

  test('is not forgotten when the GPUs are counted', () => {
    const [one, two] = [1, 2].map((gpu) => known(pod({ requests: { 'nvidia.com/gpu': gpu } }))) as [Snapshot['pods'], Snapshot['pods']];
    const left = ok(nvidiaQuery([{ uuid: UUID(0), pciAddress: '0000:10:1c.0' }]));
    const log = ok({ lines: [], lostLines: 0, droppedLines: 0, gpuEvents: [], lookedBack: undefined, gpuUuids: { '0000:10:1d.0': UUID(1) } });
    expect(devicesOf({ pods: one, 'nvidia-query': left, pci: pci('1c', '1d') })).toEqual([]);
    expect(devicesOf({ pods: one, 'nvidia-query': left, 'kernel-log': log })).toEqual([]);
    expect(devicesOf({ pods: two, 'nvidia-query': left, 'kernel-log': log })).toEqual([]);
    expect(devicesOf({ pods: two, 'nvidia-query': left, 'kernel-log': log, pci: pci('1c') })).toHaveLength(2);
  });

  test('is told by its address: to the pod that holds it, by what was seen before or by the kernel log', () => {
    expect(concerned(lost, before)).toEqual(['a']);
    expect(concerned(lost)).toEqual([]);
    const log = ok({ lines: [], lostLines: 0, droppedLines: 0, gpuEvents: [], lookedBack: undefined, gpuUuids: { '0000:10:1d.0': UUID(1) } });
    expect(concerned({ ...lost, 'kernel-log': log })).toEqual(['a']);
    expect(devicesOf({ ...lost, 'kernel-log': log, pods: known(pod({ requests: { 'nvidia.com/gpu': 1 } })) })).toEqual([]);
  });

  test('and says its UUID no more: it has the one it had', () => {
    const nameless = ok(nvidiaQuery([{ uuid: UUID(0), pciAddress: '0000:10:1c.0' }, { uuid: '0000:10:1d.0', pciAddress: '0000:10:1d.0' }]));
    expect(concerned({ ...lost, 'nvidia-query': nameless }, before)).toEqual(['a']);
  });

  test('moves those behind it up: an index that two of them have had is nobody\'s', () => {
    const query = ok(nvidiaQuery([{ uuid: UUID(1), pciAddress: '0000:10:1d.0', minor: 0 }]));
    expect(devicesOf({ ...held(holder('a', 'nvidia.com/gpu', '0')), 'nvidia-query': query }, before)).toEqual(['ml/a gpu 0']);
    expect(devicesOf({ ...held(holder('a', 'nvidia.com/gpu', '1')), 'nvidia-query': query }, before)).toEqual([`ml/a gpu ${UUID(1)}`]);
  });

  test('gives its place to another one in its slot', () => {
    const other = knownGpus(snapshot({ 'nvidia-query': ok(nvidiaQuery([{ uuid: UUID(0), pciAddress: '0000:10:1c.0' }, { uuid: UUID(7), pciAddress: '0000:10:1d.0' }])) }), before);
    expect(other.gpus).toMatchObject([{ uuid: UUID(0) }, { uuid: UUID(7), minor: undefined, indices: [1] }]);
  });

  test('is forgotten with its boot', () => {
    expect(concerned({ ...lost, host: boot('boot-2') }, before)).toEqual([]);
    expect(concerned({ 'nvidia-query': failed }, before)).toEqual(['a']);
  });
});

describe('whom a finding concerns', () => {
  const readings = {
    ...held(holder('a', 'nvidia.com/gpu', UUID(0)), holder('a', 'vpc.amazonaws.com/efa', 'rdmap16s0'), holder('b', 'nvidia.com/gpu', UUID(1)), holder('b', 'vpc.amazonaws.com/efa', 'rdmap17s0')),
    pods: known(pod({ name: 'a', uid: 'uid-a', requests: { 'nvidia.com/gpu': 1, 'vpc.amazonaws.com/efa': 1 } }), pod({ name: 'b', uid: 'uid-b' }), pod({ name: 'web', uid: 'uid-web', requests: {} })),
  };
  const named = (fields: Partial<Finding>, now: Partial<Snapshot> = readings): readonly string[] =>
    attribute([finding(fields)], snapshot(now)).flatMap((one) => one.pods.map(({ namespace, name, gpus: count, efa: efas }) => `${namespace}/${name} ${count} ${efas}`));

  test.each([
    ['a port', 'rules/fabric/receive-drops.md', 'rdmap16s0/1', ['ml/a 1 1']],
    ['a device', 'rules/fabric/efa-command-errors.md', 'rdmap17s0', ['ml/b 1 1']],
    ['a GPU', 'rules/gpu/gpu-ecc-uncorrected.md', UUID(1), ['ml/b 1 1']],
    ['a GPU and its Xid', 'rules/gpu/gpu-xid.md', `${UUID(0)} Xid 79`, ['ml/a 1 1']],
    ['a GPU by its address', 'rules/gpu/gpu-lost.md', '0000:10:1d.0', ['ml/b 1 1']],
    ['a device that nobody holds', 'rules/fabric/receive-drops.md', 'rdmap99s0/1', []],
    ['the node', 'rules/fabric/one-way-traffic.md', 'node', ['ml/a 1 1', 'ml/b 1 1']],
    ['the node and its GPUs', 'rules/gpu/gpu-spinning.md', 'node', ['ml/a 1 1', 'ml/b 1 1']],
    ['the kernel log', 'rules/host/kernel-log-lost.md', 'kernel-log', []],
    ['a pod', 'rules/workload/pod-oom-killed.md', 'ml/web', ['ml/web 0 0']],
  ])('%s', (_, page, subject, expected) => {
    expect(named({ page, subject })).toEqual(expected);
  });

  test('a process of a pod, and several', () => {
    expect(named({ page: 'rules/host/kernel-oom-kill.md', subject: 'python3[7]', evidence: { podUid: 'uid-web' } })).toEqual(['ml/web 0 0']);
    expect(named({ page: 'rules/gpu/gpu-xid.md', subject: `${UUID(0)} Xid 13`, evidence: { podUids: ['uid-b', 'uid-a'] } })).toEqual(['ml/a 1 1', 'ml/b 1 1']);
  });

  test('an interruption of the machine concerns all', () => {
    expect(named({ rule: 'InstanceInterruption', page: 'rules/host/instance-interruption.md', subject: 'spot-interruption' })).toEqual(['ml/a 1 1', 'ml/b 1 1']);
  });

  test('GPU pods stand for the fabric where nobody asks for EFA; without any source nobody is named', () => {
    const only = { pods: known(pod({ requests: { 'nvidia.com/gpu': 4 } })) };
    expect(named({ page: 'rules/fabric/one-way-traffic.md', subject: 'node' }, only)).toEqual(['ml/grpo-worker-0 4 0']);
    expect(named({ page: 'rules/fabric/one-way-traffic.md', subject: 'node' }, {})).toEqual([]);
  });
});
