import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NodePods, type NodePodsOptions } from '../../agent/kubernetes/node-pods.ts';
import { WATCH_TIMING } from '../../agent/kubernetes/pod-watch.ts';
import { fail, FakeApi, NODE } from './fake-api.ts';
import { nodeJson, podJson } from './pod-json.ts';

const QUICK = { ...WATCH_TIMING, shortestSeconds: 0, settledSeconds: 0.5, backoff: () => 0.02 };
let api: FakeApi;
let feed: NodePods;

beforeEach(async () => {
  api = await FakeApi.open();
  api.pods = [podJson()];
});
afterEach(async () => {
  feed.close();
  await api.close();
});

async function begin(options: Partial<NodePodsOptions> = {}, nodeName = NODE): Promise<void> {
  feed = new NodePods(api.client({ nodeName, requestSeconds: 1 }), { unscheduled: false, watchTiming: QUICK, ...options });
  await feed.begin(new AbortController().signal);
}

const names = (): readonly string[] => feed.read().pods.map(({ name }) => name);
const until = (condition: () => boolean): Promise<void> => expect.poll(condition, { timeout: 5000, interval: 5 }).toBe(true);

describe('the pods of this node', () => {
  test('are listed from the cache by node, then watched with bookmarks', async () => {
    await begin();
    await until(() => api.watches === 1);
    expect(names()).toEqual(['grpo-worker-0']);
    expect(feed.read()).toMatchObject({ node: { name: NODE, nodeGroup: 'gpu-training' }, free: { 'nvidia.com/gpu': 0, 'vpc.amazonaws.com/efa': 0 } });
    expect(api.requests).toEqual([`GET /api/v1/nodes/${NODE}`, 'GET /api/v1/pods', 'WATCH /api/v1/pods']);
    expect(Object.fromEntries(api.urls[1]?.searchParams ?? [])).toEqual({ fieldSelector: `spec.nodeName=${NODE}`, resourceVersion: '0' });
    const watch = Object.fromEntries(api.urls[2]?.searchParams ?? []);
    expect(watch).toMatchObject({ watch: '1', allowWatchBookmarks: 'true', fieldSelector: `spec.nodeName=${NODE}`, resourceVersion: '100' });
    expect(Number(watch['timeoutSeconds'])).toBeGreaterThanOrEqual(240);
    expect(Number(watch['timeoutSeconds'])).toBeLessThanOrEqual(300);
  });

  test('follow what is added, changed and deleted; what was taken away is kept', async () => {
    await begin();
    await until(() => api.watches === 1);
    const before = feed.read();
    expect(feed.read()).toBe(before);
    api.send('ADDED', podJson({ name: 'vllm-0' }));
    await until(() => names().length === 2);
    const evicted = podJson({ name: 'vllm-0', status: { phase: 'Failed', conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }] } });
    api.send('MODIFIED', evicted);
    await until(() => feed.read().pods[1]?.phase === 'Failed');
    api.send('DELETED', evicted);
    api.send('DELETED', podJson());
    await until(() => names().length === 0);
    expect(feed.read().gone.map(({ name }) => name)).toEqual(['vllm-0']);
    expect(feed.read().free).toEqual({ 'nvidia.com/gpu': 8, 'vpc.amazonaws.com/efa': 4 });
  });

  test('a watch that ends goes on from the last bookmark without a list', async () => {
    await begin();
    await until(() => api.watches === 1);
    api.bookmark('4711');
    api.send('ADDED', podJson({ name: 'vllm-0', metadata: { resourceVersion: '4712' } }));
    await until(() => names().length === 2);
    api.breakWatches();
    await until(() => api.requests.length === 4);
    expect(api.requests.slice(3)).toEqual(['WATCH /api/v1/pods']);
    expect(api.urls[3]?.searchParams.get('resourceVersion')).toBe('4712');
    expect(names()).toEqual(['grpo-worker-0', 'vllm-0']);
  });

  test('410 as an event and as an answer: listed anew, what is gone is gone', async () => {
    await begin();
    await until(() => api.watches === 1);
    api.pods = [podJson({ name: 'vllm-0' })];
    api.send('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 100 (4711)' });
    await until(() => names().join() === 'vllm-0');
    await until(() => api.watches === 1);
    api.pods = [];
    api.instead.push(fail(410, 'too old resource version'));
    api.breakWatches();
    await until(() => names().length === 0);
  });

  test('250 of them, and lines that are no events', async () => {
    api.pods = Array.from({ length: 250 }, (_, index) => podJson({ name: `pod-${index}`, limits: {} }));
    await begin();
    await until(() => api.watches === 1);
    expect(names()).toHaveLength(250);
    api.instead.push((_request, response) => response.end('<html>not an API server</html>\n'));
    api.breakWatches();
    await until(() => api.requests.length >= 5);
    expect(names()).toHaveLength(250);
  });
});

describe('an API server that fails', () => {
  test('is away: the state holds for a minute and no longer, and what it missed comes when it is back', async () => {
    await begin({ staleSeconds: 0.2 });
    await until(() => api.watches === 1);
    const { port } = api;
    await api.close();
    expect(names()).toEqual(['grpo-worker-0']);
    await delay(300);
    expect(() => feed.read()).toThrow(/^the pods of node ip-10-0-3-7\.ec2\.internal cannot be seen for \d s: watch of \/api\/v1\/pods: no answer from http:.*ECONNREFUSED/);
    await api.listen(port);
    await until(() => api.watches === 1);
    expect(names()).toEqual(['grpo-worker-0']);
    api.send('ADDED', podJson({ name: 'vllm-0' }));
    await until(() => names().length === 2);
    expect(api.requests.filter((one) => one === 'GET /api/v1/pods')).toHaveLength(1);
  });

  test.each([
    [403, {}, '403 Forbidden: pods is forbidden'],
    [429, { 'retry-after': '1' }, '429 Too Many Requests: pods is forbidden'],
    [500, {}, '500 Internal Server Error: pods is forbidden'],
  ])('%i is said', async (status, headers, words) => {
    for (let index = 0; index < 400; index += 1) api.instead.push(index === 0 ? (_request, response) => response.end(JSON.stringify(nodeJson())) : fail(status, 'pods is forbidden', headers));
    await begin({ watchTiming: { ...QUICK, backoff: () => 60 } });
    expect(() => feed.read()).toThrow(`the pods of node ${NODE} cannot be seen: GET /api/v1/pods: ${words}`);
    expect(api.requests).toHaveLength(2);
  });

  test('a node of another name has no pods, and that is said', async () => {
    await begin({}, 'ip-10-9-9-9');
    expect(() => feed.read()).toThrow(
      'the pods of node ip-10-9-9-9 cannot be seen: the API server knows no node "ip-10-9-9-9"; expected ' +
        "the Node's metadata.name in --node-name (the manifests set it from spec.nodeName)",
    );
  });

  test('a node that is renamed while the agent runs', async () => {
    await begin({ staleSeconds: 0 });
    await until(() => api.watches === 1);
    api.node = undefined;
    api.send('DELETED', podJson());
    await until(() => names().length === 0);
    api.breakWatches();
    await until(() => {
      try {
        feed.read();
        return false;
      } catch (error) {
        return String(error).includes('knows no node');
      }
    });
  });

  test('may not read the Node: its pods are seen without it', async () => {
    api.instead.push(fail(403, 'nodes is forbidden'));
    await begin();
    expect(feed.read()).toMatchObject({ node: { name: NODE, nodeGroup: undefined, allocatable: {} }, pods: [{ name: 'grpo-worker-0' }], free: {} });
  });

  test('the answer to a heartbeat brings the Node', async () => {
    await begin();
    feed.noteNode(nodeJson({ labels: { 'karpenter.sh/nodepool': 'other' } }));
    feed.noteNode(nodeJson({ name: 'another' }));
    feed.noteNode({ kind: 'Status' });
    expect(feed.read().node.nodeGroup).toBe('other');
  });
});

describe('pods without a node', () => {
  const timing = { firstSeconds: 0, everySeconds: 0.05, jitterSeconds: 0 };
  const waiting = podJson({ name: 'late', spec: { nodeName: undefined }, status: { phase: 'Pending', containerStatuses: [] } });

  test('are looked for while this node has devices free, and only those that ask for some are kept', async () => {
    api.pods = [];
    api.unscheduled = [waiting, podJson({ name: 'web', limits: { cpu: '1' }, spec: { nodeName: undefined } })];
    await begin({ unscheduled: true, unscheduledTiming: timing });
    await until(() => feed.read().unscheduled.length === 1);
    expect(feed.read().unscheduled.map(({ name }) => name)).toEqual(['late']);
    const url = api.urls.find(({ searchParams }) => searchParams.get('fieldSelector')?.includes('Pending'));
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({ fieldSelector: 'spec.nodeName=,status.phase=Pending', resourceVersion: '0' });
  });

  test('are not looked for on a node in use', async () => {
    await begin({ unscheduled: true, unscheduledTiming: timing });
    await until(() => api.watches === 1);
    await delay(250);
    expect(api.requests).toHaveLength(3);
    expect(feed.read()).toMatchObject({ unscheduled: [], unscheduledMissing: undefined });
  });

  test('a refusal is told, not taken for none', async () => {
    api.pods = [];
    api.instead.push((_request, response) => response.end(JSON.stringify(nodeJson())));
    await begin({ unscheduled: true, unscheduledTiming: { ...timing, everySeconds: 0.2 } });
    await until(() => api.watches === 1);
    api.instead.push(fail(403, 'pods is forbidden at the cluster scope'));
    await until(() => feed.read().unscheduledMissing === 'GET /api/v1/pods: 403 Forbidden: pods is forbidden at the cluster scope');
    expect(feed.read().unscheduled).toEqual([]);
  });

  test('not at all with --no-pending-pods', async () => {
    api.pods = [];
    await begin();
    expect(feed.read().unscheduledMissing).toBe('--no-pending-pods was given');
  });
});

describe('at rest', () => {
  // A fortieth of a second of the fake server is a minute of a real one.
  const unscheduledTiming = { firstSeconds: 0, everySeconds: 0.125, jitterSeconds: 0.025 };
  const of = (request: string): number => api.requests.filter((one) => one === request).length;

  test('a node in use makes its watches and nothing else', async () => {
    api.watchMs = 110;
    await begin({ unscheduled: true, unscheduledTiming });
    await until(() => of('WATCH /api/v1/pods') >= 10);
    expect(api.requests.filter((one) => !one.startsWith('WATCH'))).toEqual([`GET /api/v1/nodes/${NODE}`, 'GET /api/v1/pods']);
  });

  test('a node that has devices free looks for pods without a node besides, and for no others', async () => {
    api.pods = [podJson({ limits: { 'nvidia.com/gpu': '4' } })];
    api.watchMs = 110;
    await begin({ unscheduled: true, unscheduledTiming });
    await until(() => of('WATCH /api/v1/pods') >= 5 && of('GET /api/v1/pods') >= 5);
    const [own, ...others] = api.urls.filter(({ pathname, searchParams }) => pathname === '/api/v1/pods' && !searchParams.has('watch')).map(({ searchParams }) => searchParams.get('fieldSelector'));
    expect(own).toBe(`spec.nodeName=${NODE}`);
    expect(new Set(others)).toEqual(new Set(['spec.nodeName=,status.phase=Pending']));
    expect(of(`GET /api/v1/nodes/${NODE}`)).toBe(1);
  });
});
