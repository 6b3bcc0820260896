import { expect, test } from 'vitest';
import type { PodName } from '../../agent/model.ts';
import { podsWords } from '../../exporters/pods.ts';
import { podFamilies } from '../../exporters/prometheus/pod-families.ts';
import { requestFamily } from '../../exporters/prometheus/kubernetes-requests.ts';
import { block } from '../../exporters/log/block.ts';
import { reportJson } from '../../exporters/report-json.ts';
import { renderReport } from '../../exporters/terminal/report.ts';
import { pod, pods } from '../rules/workload/pods.ts';
import { finding, HOSTILE, HOSTILE_VISIBLE, ok, oneWay, report } from './fixture.ts';

const worker: PodName = { namespace: 'ml', name: 'grpo-worker-0', gpus: 8, efa: 4, rdma: 0 };

test('pods in words: those with most devices first, each once', () => {
  const small = { namespace: 'serve', name: 'vllm-0', gpus: 1, efa: 0, rdma: 2 };
  expect(podsWords([small, worker, worker, { ...small, name: 'cpu', gpus: 0, rdma: 0 }], 8)).toEqual(['ml/grpo-worker-0 (8 GPUs, 4 EFA)', 'serve/vllm-0 (1 GPU, 2 RDMA devices)', 'serve/cpu']);
  expect(podsWords(Array.from({ length: 5 }, (_, index) => ({ ...worker, name: `w${index}` })), 3).at(-1)).toBe('and 2 more pods');
  expect(podsWords([{ ...worker, name: HOSTILE }], 1)).toEqual([`ml/${HOSTILE_VISIBLE} (8 GPUs, 4 EFA)`]);
});

test('the terminal, the log and the JSON name them', () => {
  const fault = { ...oneWay, pods: [worker] };
  expect(renderReport(report({ findings: [fault] }), { width: 100, colour: false })).toContain('\n  concerns      ml/grpo-worker-0 (8 GPUs, 4 EFA)\n');
  expect(block([fault], report({ findings: [fault] })).join('\n')).toMatch(/pods +ml\/grpo-worker-0 \(8 GPUs, 4 EFA\)/);
  expect(reportJson(report({ findings: [fault] })).findings[0]?.pods).toEqual([worker]);
  const ofPod = finding({ page: 'rules/workload/pod-oom-killed.md', subject: 'ml/grpo-worker-0', pods: [worker] });
  expect(renderReport(report({ findings: [ofPod] }), { width: 100, colour: false })).not.toContain('concerns');
  expect(renderReport(report({ findings: [finding()] }), { width: 100, colour: false })).not.toContain('concerns');
});

test('metrics join devices to pods and pods to jobs; hostile names stay on their line', () => {
  const devices = [
    { namespace: 'ml', pod: 'grpo-worker-0', resource: 'vpc.amazonaws.com/efa', device: 'rdmap16s0', kind: 'efa' },
    { namespace: 'x', pod: HOSTILE, resource: '', device: 'GPU-1', kind: 'gpu' },
  ] as const;
  const [info, jobs] = podFamilies(devices, ok(pods([pod(), pod({ name: 'web', uid: 'web', requests: {} })]).pods));
  expect(info?.text.split('\n').slice(2)).toEqual([
    'railmedic_pod_device_info{namespace="ml",pod="grpo-worker-0",device="rdmap16s0"} 1',
    String.raw`railmedic_pod_device_info{namespace="x",pod="a\"b\\c\\u000ad<img src=x>\\u001b[31me\\u009b2J\\u202ef",device="GPU-1"} 1`,
    '',
  ]);
  expect(jobs?.text.split('\n').slice(2)).toEqual([
    'railmedic_pod_info{namespace="ml",pod="grpo-worker-0",workload_kind="RayCluster",workload="grpo"} 1',
    expect.stringMatching(/^railmedic_pod_info\{namespace="x",pod="a.*",workload_kind="",workload=""\} 1$/),
    '',
  ]);
  expect(podFamilies([], { status: 'absent', why: 'no cluster' }).map(({ text }) => text.split('\n').length)).toEqual([3, 3]);
});

test('what is asked of the API server is counted', () => {
  expect(requestFamily([{ method: 'WATCH', status: '200', count: 13 }]).text).toContain('railmedic_kubernetes_requests_total{method="WATCH",status="200"} 13\n');
});
