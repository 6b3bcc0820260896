import { describe, expect, test } from 'vitest';
import { attribute, podDevices } from '../agent/attribution.ts';
import type { DeviceHolder, FabricProcesses, Finding, Pod, Snapshot } from '../agent/model.ts';
import { efa, finding, ok, snapshot } from './exporters/fixture.ts';
import { nvidiaQuery } from './rules/fixtures.ts';
import { pod, pods } from './rules/workload/pods.ts';

const UUID = (index: number): string => `GPU-00000000-0000-0000-0000-00000000000${index}`;
const gpus = ok(nvidiaQuery([{ uuid: UUID(0), pciAddress: '0000:10:1c.0' }, { uuid: UUID(1), pciAddress: '0000:10:1d.0' }]));
const infiniband = ok({ devices: [efa('rdmap16s0', 0n, 0n), efa('rdmap17s0', 0n, 0n)], vanished: [] });

const holder = (name: string, resource: string, ...deviceIds: string[]): DeviceHolder => ({ namespace: 'ml', pod: name, container: 'main', resource, deviceIds, isClaim: false });
const held = (...holders: DeviceHolder[]): Partial<Snapshot> => ({ infiniband, 'nvidia-query': gpus, 'pod-resources': ok({ holders }) });
const devicesOf = (readings: Partial<Snapshot>): readonly string[] =>
  podDevices(snapshot(readings)).map((one) => `${one.namespace}/${one.pod} ${one.kind} ${one.device}`);
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
    ['an EFA that is gone', 'vpc.amazonaws.com/efa', 'rdmap99s0', 'efa rdmap99s0'],
  ])('%s', (_, resource, id, expected) => {
    expect(devicesOf(held(holder('a', resource, id)))).toEqual([`ml/a ${expected}`]);
  });

  test('shares that name no device, and resources that are none of ours', () => {
    expect(devicesOf(held(holder('a', 'rdma/hca_shared_devices_a', '17'), holder('a', 'cpu', '3'), holder('a', 'example.com/fpga', 'f0')))).toEqual([]);
  });

  test('a claim counts once, by the driver or by CDI', () => {
    const claim = { ...holder('a', 'gpu.nvidia.com', 'gpu-1', 'k8s.gpu.nvidia.com/device=gpu-1'), isClaim: true };
    expect(devicesOf(held(claim))).toEqual([`ml/a gpu ${UUID(1)}`]);
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
