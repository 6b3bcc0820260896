import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Absent } from '../../agent/collector.ts';
import { podResourcesCollector } from '../../agent/collectors/pod-resources.ts';
import { openHost, type Host } from '../../agent/host.ts';
import { parsePodResources } from '../../agent/parse/pod-resources.ts';
import { babblingSocket, fakeKubelet, LIST, protobuf } from './fake-kubelet.ts';

const DIRECTORY = 'var/lib/kubelet/pod-resources';
const signal = new AbortController().signal;
let root: string;
let socket: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kubelet-'));
  mkdirSync(join(root, DIRECTORY), { recursive: true });
  socket = join(root, DIRECTORY, 'kubelet.sock');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The node with less patience than it has in earnest. */
function impatient(): Host {
  const host = openHost(root);
  return { ...host, unaryCall: (path, method, message, bounds) => host.unaryCall(path, method, message, { ...bounds, timeoutSeconds: 0.3 }) };
}

describe('pod resources', () => {
  test('no socket: absent', async () => {
    const collecting = podResourcesCollector().collect(openHost(root), signal);
    await expect(collecting).rejects.toThrow(new Absent('no kubelet is seen here (/var/lib/kubelet/pod-resources/kubelet.sock is missing)'));
  });

  test('who holds what, devices and claims', async () => {
    const kubelet = await fakeKubelet(socket, LIST);
    const collector = podResourcesCollector();
    const { holders } = await collector.collect(openHost(root), signal);
    const trainer = { namespace: 'ml', pod: 'grpo-worker-0', container: 'trainer', isClaim: false };
    expect(holders).toEqual([
      { ...trainer, resource: 'nvidia.com/gpu', deviceIds: ['GPU-11111111-2222-3333-4444-000000000000'] },
      { ...trainer, resource: 'nvidia.com/gpu', deviceIds: ['GPU-11111111-2222-3333-4444-000000000001'] },
      { ...trainer, resource: 'vpc.amazonaws.com/efa', deviceIds: ['rdmap16s27'] },
      { namespace: 'serve', pod: 'vllm-0', container: 'server', resource: 'gpu.nvidia.com', deviceIds: ['gpu-2', 'k8s.gpu.nvidia.com/device=gpu-2'], isClaim: true },
    ]);
    await collector.collect(openHost(root), signal);
    expect(kubelet.calls).toHaveLength(2);
    kubelet.close();
  });

  test('a kubelet that hangs, and one that comes back', async () => {
    const hanging = await fakeKubelet(socket, undefined);
    await expect(podResourcesCollector().collect(impatient(), signal)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    hanging.close();
    rmSync(socket, { force: true });
    const well = await fakeKubelet(socket, LIST);
    expect((await podResourcesCollector().collect(openHost(root), signal)).holders).toHaveLength(4);
    well.close();
  });

  test.each([
    ['says nothing', ''],
    ['speaks HTTP/1.1', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['says garbage', '\0\0\0\u00ff'.repeat(1000)],
  ])('a socket that %s', async (_, text) => {
    const babbling = await babblingSocket(socket, text);
    await expect(podResourcesCollector().collect(impatient(), signal)).rejects.toThrow(/^cannot call .*kubelet\.sock: /);
    babbling.close();
  });

  test('an answer that is no protobuf message', async () => {
    const kubelet = await fakeKubelet(socket, Buffer.from('not protobuf at all'));
    await expect(podResourcesCollector().collect(openHost(root), signal)).rejects.toThrow(
      /^cannot read the answer of \/v1\.PodResourcesLister\/List at \/var\/lib\/kubelet\/pod-resources\/kubelet\.sock: cannot parse a protobuf message of 19 bytes: at byte \d+: got /,
    );
    kubelet.close();
  });

  test('an answer that is too large', async () => {
    const kubelet = await fakeKubelet(socket, Buffer.alloc(9 << 20));
    await expect(podResourcesCollector().collect(openHost(root), signal)).rejects.toThrow(/^cannot call .*: 8 RESOURCE_EXHAUSTED/);
    kubelet.close();
  });
});

test('fields of later versions are passed over, and an empty answer is nobody', () => {
  expect(parsePodResources(Buffer.alloc(0))).toEqual({ holders: [] });
  const later = protobuf([
    [1, [[1, 'a'], [2, 'b'], [9, 'new'], [10, 1n << 63n], [3, [[1, 'c'], [2, [[1, 'r'], [2, 'd1'], [2, 'd2'], [8, Buffer.from([255])]]]]]]],
    [2, 'new'],
  ]);
  expect(parsePodResources(later)).toEqual({ holders: [{ namespace: 'b', pod: 'a', container: 'c', resource: 'r', deviceIds: ['d1', 'd2'], isClaim: false }] });
});

test.each([
  [[0x0a], 'the end of the message within a number'],
  [[0x0a, 5, 1], 'a field of 5 bytes where 1 are left'],
  [[0x0b], 'wire type 3'],
  [Array<number>(12).fill(0xff), 'a number of more than 10 bytes'],
])('broken: %j', (bytes, found) => {
  expect(() => parsePodResources(Buffer.from(bytes))).toThrow(`got ${found}, expected a field`);
});
