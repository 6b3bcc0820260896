import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NodePods } from '../../agent/kubernetes/node-pods.ts';
import { POD_LOG_TIMING, PodLogs, type PodLogTiming } from '../../agent/kubernetes/pod-logs.ts';
import { WATCH_TIMING } from '../../agent/kubernetes/pod-watch.ts';
import type { PodContainer } from '../../agent/model.ts';
import { fail, FakeApi, NODE, type Answer } from './fake-api.ts';
import { podJson, type PodChanges } from './pod-json.ts';

const QUICK: PodLogTiming = { ...POD_LOG_TIMING, jitterSeconds: 0, everySeconds: 0.05, backoff: () => 0.02 };
const WATCH = { ...WATCH_TIMING, shortestSeconds: 0, backoff: () => 0.02 };
const TERMINATED = { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-11-23T19:29:00Z' } };
const WAITING = { waiting: { reason: 'CrashLoopBackOff' } };

let api: FakeApi;
let feed: NodePods;
beforeEach(async () => {
  api = await FakeApi.open();
  api.log = text('ValueError: no GPU\n');
});
afterEach(async () => {
  feed.close();
  await api.close();
});

const text = (body: string): Answer => (_request, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end(body);

function pod(state: object, restartCount: number, changes: PodChanges = {}): object {
  const status = { phase: 'Running', containerStatuses: [{ name: 'trainer', ready: false, restartCount, state, lastState: 'waiting' in state ? TERMINATED : {} }] };
  return podJson({ ...changes, status: { ...status, ...changes.status } });
}

async function begin(timing: Partial<PodLogTiming> | undefined = {}): Promise<void> {
  const client = api.client({ requestSeconds: 1 });
  feed = new NodePods(client, { unscheduled: false, watchTiming: WATCH, ...(timing && { podLogs: new PodLogs(client, { ...QUICK, ...timing }) }) });
  await feed.begin(new AbortController().signal);
}

const until = (condition: () => boolean): Promise<void> => expect.poll(condition, { timeout: 5000, interval: 5 }).toBe(true);
const logs = (): readonly URL[] => api.urls.filter(({ pathname }) => pathname.endsWith('/log'));
const seen = (index = 0): PodContainer | undefined => feed.read().pods[index]?.containers[0];

describe('the log of a container that crashes', () => {
  test('is there at the first look, asked for once', async () => {
    api.pods = [pod(WAITING, 7)];
    await begin();
    expect(seen()).toMatchObject({ restarts: 7, logTail: ['ValueError: no GPU'] });
    expect(feed.read()).toBe(feed.read());
    expect(logs().map(({ pathname }) => pathname)).toEqual(['/api/v1/namespaces/ml/pods/grpo-worker-0/log']);
    expect(Object.fromEntries(logs()[0]?.searchParams ?? [])).toEqual({ container: 'trainer', previous: 'true', tailLines: '200', limitBytes: '65536' });
    await until(() => api.watches === 1);
    api.send('MODIFIED', pod(WAITING, 7, { labels: { changed: 'yes' } }));
    api.send('ADDED', podJson({ name: 'other' }));
    await until(() => feed.read().pods.length === 2);
    expect(seen()?.logTail).toEqual(['ValueError: no GPU']);
    expect(logs()).toHaveLength(1);
  });

  test('is read as soon as it ends, kept through the wait, forgotten when it runs, and read anew for the next run', async () => {
    api.pods = [podJson()];
    await begin();
    await until(() => api.watches === 1);
    api.send('MODIFIED', pod(TERMINATED, 1));
    await until(() => seen()?.logTail !== undefined);
    expect(logs()[0]?.searchParams.get('previous')).toBe('false');
    api.send('MODIFIED', pod(WAITING, 1));
    await until(() => seen()?.state?.kind === 'waiting');
    expect([seen()?.logTail, logs().length]).toEqual([['ValueError: no GPU'], 1]);
    api.send('MODIFIED', pod({ running: { startedAt: '2026-11-23T19:30:00Z' } }, 2));
    await until(() => seen()?.state?.kind === 'running');
    expect(seen()).not.toHaveProperty('logTail');
    api.log = text('RuntimeError: second\n');
    api.send('MODIFIED', pod(WAITING, 2));
    await until(() => seen()?.logTail?.[0] === 'RuntimeError: second');
    expect(logs()).toHaveLength(2);
  });

  test('nothing is asked without the setting, at rest, without devices, of pods at their end, and of an end without fault', async () => {
    api.pods = [
      podJson(),
      pod(WAITING, 3, { name: 'no-device', limits: {} }),
      pod(TERMINATED, 0, { name: 'job-0', status: { phase: 'Failed' } }),
      pod({ terminated: { exitCode: 0, reason: 'Completed' } }, 0, { name: 'well' }),
      pod({ waiting: { reason: 'ImagePullBackOff' } }, 0, { name: 'image' }),
    ];
    await begin();
    expect(logs()).toEqual([]);
    feed.close();
    api.pods = [pod(WAITING, 7)];
    feed = new NodePods(api.client(), { unscheduled: false, watchTiming: WATCH });
    await feed.begin(new AbortController().signal);
    expect(seen()).not.toHaveProperty('logTail');
    expect(logs()).toEqual([]);
  });

  test('whose lines are so long that the limit cuts off the end is asked for with fewer of them', async () => {
    api.pods = [pod(WAITING, 7)];
    api.log = (request, response, url) => text(url.searchParams.get('tailLines') === '200' ? 'x'.repeat(65_536) : 'the end\n')(request, response, url);
    await begin();
    expect(seen()?.logTail).toEqual(['the end']);
    expect(logs().map(({ searchParams }) => searchParams.get('tailLines'))).toEqual(['200', '20']);
  });

  test('of many pods comes at a bounded rate, one after the other', async () => {
    api.pods = Array.from({ length: 6 }, (_, index) => pod(WAITING, 7, { name: `worker-${index}` }));
    await begin({ burst: 2, everySeconds: 0.3 });
    expect(logs().length).toBeGreaterThanOrEqual(2);
    expect(logs().length).toBeLessThan(6);
    await until(() => feed.read().pods.every(({ containers }) => containers[0]?.logTail !== undefined));
    expect(logs()).toHaveLength(6);
  });
});

describe('a log that cannot be read', () => {
  test.each<readonly [string, Answer, string]>([
    ['is empty', text('\n'), 'it is empty'],
    ['is swept away', text('unable to retrieve container logs for containerd://abc'), 'the node has swept it away'],
    [
      'is not known to the kubelet',
      fail(400, 'previous terminated container "trainer" in pod "grpo-worker-0" not found'),
      'GET /api/v1/namespaces/ml/pods/grpo-worker-0/log: 400 Bad Request: previous terminated container "trainer" in pod "grpo-worker-0" not found',
    ],
  ])('%s: said, and asked for once', async (_, answer, words) => {
    api.log = answer;
    api.pods = [pod(WAITING, 7)];
    await begin();
    expect(seen()).toMatchObject({ logMissing: words });
    expect(seen()).not.toHaveProperty('logTail');
    expect(logs()).toHaveLength(1);
  });

  test('for want of the right: says which, asks no more in that namespace for a while, and in others all the same', async () => {
    api.log = (request, response, url) => {
      const answer = url.pathname.includes('/ml/') ? fail(403, 'pods "grpo-worker-0" is forbidden: User "system:serviceaccount:railmedic:railmedic" cannot get resource "pods/log"') : text('seen\n');
      answer(request, response, url);
    };
    api.pods = [pod(WAITING, 7), pod(WAITING, 7, { name: 'grpo-worker-1' }), pod(WAITING, 7, { namespace: 'other', name: 'vllm-0' })];
    await begin({ backoff: () => 60 });
    const why = '403 Forbidden: the agent lacks the right to get pods/log in namespace ml (chart: podLogs: true; kustomize: component pod-logs)';
    expect([seen(0)?.logMissing, seen(1)?.logMissing, seen(2)?.logTail]).toEqual([why, why, ['seen']]);
    await until(() => api.watches === 1);
    api.send('MODIFIED', pod(WAITING, 8));
    await until(() => seen()?.restarts === 8);
    expect(seen()?.logMissing).toBe(why);
    expect(logs()).toHaveLength(2);
  });

  test('because the server cannot reach the kubelet: tried three times, then said', async () => {
    api.log = fail(500, 'dial tcp 10.0.3.7:10250: i/o timeout');
    api.pods = [pod(WAITING, 7)];
    await begin();
    await until(() => seen()?.logMissing !== undefined);
    expect(seen()?.logMissing).toBe('GET /api/v1/namespaces/ml/pods/grpo-worker-0/log: 500 Internal Server Error: dial tcp 10.0.3.7:10250: i/o timeout');
    expect(logs()).toHaveLength(3);
  });

  test('because too much comes, or nothing ever does: the pods are seen all the same', async () => {
    api.log = text('x'.repeat(200_000));
    api.pods = [pod(WAITING, 7)];
    await begin({ backoff: () => 0 });
    await until(() => seen()?.logMissing !== undefined);
    expect(seen()?.logMissing).toContain('the answer is larger than 131072 bytes');
    api.log = () => {};
    await until(() => api.watches === 1);
    api.send('MODIFIED', pod(WAITING, 8));
    await until(() => seen()?.restarts === 8);
    expect(feed.read().node.name).toBe(NODE);
  });
});
