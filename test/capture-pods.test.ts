import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordCapture } from '../agent/capture.ts';
import { Absent } from '../agent/collector.ts';
import { podResourcesCollector } from '../agent/collectors/pod-resources.ts';
import { podsCollector } from '../agent/collectors/pods.ts';
import { openHost } from '../agent/host.ts';
import { BadCapture, openReplay } from '../agent/replay.ts';
import { fakeKubelet, LIST } from './collectors/fake-kubelet.ts';
import { container, pod, pods, state } from './rules/workload/pods.ts';

const { signal } = new AbortController();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'capture-pods-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const replay = () => openReplay(join(directory, 'capture'), { monotonicSeconds: () => 0 });

test('pods and their devices are recorded, masked, and handed over again', async () => {
  const root = join(directory, 'node');
  mkdirSync(join(root, 'var/lib/kubelet/pod-resources'), { recursive: true });
  const kubelet = await fakeKubelet(join(root, 'var/lib/kubelet/pod-resources/kubelet.sock'), LIST);
  const crashed = container({ lastState: state('terminated', { exitCode: 1, message: 'login failed: token=verysecret1234 for i-0123456789abcdef0' }) });
  const given = pods([pod({ containers: [crashed] })]).pods;
  const labels = { 'karpenter.sh/nodepool': 'gpu', 'customer.example.com/name': 'secret project' };
  const feed = { begin: async () => {}, read: () => ({ ...given, node: { ...given.node, labels } }), close() {} };
  const summary = await recordCapture(openHost(root), join(directory, 'capture'), {
    collectors: [podsCollector(feed), podResourcesCollector()],
    seconds: 0.02,
    interval: 0.01,
    mask: true,
  });
  kubelet.close();
  expect(summary.errors).toEqual([]);
  const text = readFileSync(join(directory, 'capture/capture.json'), 'utf8');
  expect(text).not.toMatch(/verysecret|i-0123456789abcdef0|secret project|11111111-2222-3333-4444-/);

  const host = await replay();
  const recorded = await podsCollector('none').collect(host, signal);
  expect(recorded).toMatchObject({
    node: { name: 'ip-10-0-3-7.ec2.internal', labels: { 'karpenter.sh/nodepool': 'gpu' }, nodeGroup: 'gpu' },
    pods: [{ namespace: 'ml', name: 'grpo-worker-0', requests: { 'nvidia.com/gpu': 8 }, containers: [{ lastState: { exitCode: 1, message: 'login failed: token=xxxxxxxxxxxxxx for i-00000000000000001' } }] }],
  });
  const { holders } = await podResourcesCollector().collect(host, signal);
  expect(holders.map(({ resource, deviceIds }) => [resource, ...deviceIds])).toEqual([
    ['nvidia.com/gpu', 'GPU-00000000-0000-0000-0000-000000000002'],
    ['nvidia.com/gpu', 'GPU-00000000-0000-0000-0000-000000000003'],
    ['vpc.amazonaws.com/efa', 'rdmap16s27'],
    ['gpu.nvidia.com', 'gpu-2', 'k8s.gpu.nvidia.com/device=gpu-2'],
  ]);
});

test('a capture without them has none', async () => {
  await recordCapture(openHost(directory), join(directory, 'capture'), { collectors: [], seconds: 0.02, interval: 0.01, mask: true });
  const host = await replay();
  await expect(podsCollector('x').collect(host, signal)).rejects.toThrow(new Absent('the capture holds no pods'));
  await expect(podResourcesCollector().collect(host, signal)).rejects.toThrow(new Absent('the capture holds no pod resources'));
});

test('one whose pods are none is refused', async () => {
  await recordCapture(openHost(directory), join(directory, 'capture'), { collectors: [], seconds: 0.02, interval: 0.01, mask: true });
  const file = join(directory, 'capture/capture.json');
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), pods: { pods: [{ name: 7 }] } }));
  await expect(replay()).rejects.toThrow(BadCapture);
});
