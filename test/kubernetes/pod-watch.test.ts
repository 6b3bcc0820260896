import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PodWatch, WATCH_TIMING, type WatchTiming } from '../../agent/kubernetes/pod-watch.ts';
import { fail, FakeApi, type Answer } from './fake-api.ts';
import { podJson } from './pod-json.ts';

const QUICK = { ...WATCH_TIMING, shortestSeconds: 0, settledSeconds: 0.5, backoff: () => 0.02 };
let api: FakeApi;
let stop: AbortController;
let watch: PodWatch;

beforeEach(async () => {
  api = await FakeApi.open();
  api.pods = [podJson()];
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await api.close();
});

function begin(timing: WatchTiming): void {
  watch = new PodWatch(api.client(), timing, () => Promise.resolve());
  void watch.run(stop.signal);
}

const names = (): readonly string[] => [...watch.pods.values()].map(({ name }) => name);
const until = (condition: () => boolean): Promise<void> => expect.poll(condition, { timeout: 5000, interval: 5 }).toBe(true);

describe('a watch that is refused', () => {
  const lists = (): number => api.requests.filter((one) => one === 'GET /api/v1/pods').length;
  /** Once the node is known: the next watches are answered so, and meanwhile the pods become others. */
  async function refuse(times: number, answer: Answer, settledSeconds = QUICK.settledSeconds): Promise<void> {
    begin({ ...QUICK, settledSeconds });
    await until(() => api.watches === 1);
    api.pods = [podJson({ name: 'vllm-0' })];
    for (let index = 0; index < times; index += 1) api.instead.push(answer);
    api.breakWatches();
    await until(() => api.instead.length === 0 && api.watches === 1);
  }
  const unreadable: Answer = (_request, response) => response.end('<html>not an API server</html>\n');

  const unknown: Answer = (_request, response) => response.end('{"type":"SNAPSHOT","object":{}}\n');

  test.each([
    ['504: a version that the server has not seen yet (another one was restored)', 1, fail(504, 'Timeout: Too large resource version: 4711, current: 100')],
    ['400: a version that it cannot read', 1, fail(400, 'invalid resource version')],
    ['500, again and again', 5, fail(500, 'etcdserver: mvcc: required revision is a future revision')],
    ['a line that is no event, again and again', 5, unreadable],
    ['an event that nobody knows, again and again', 5, unknown],
  ])('%s: listed anew', async (_, times, answer) => {
    await refuse(times, answer);
    expect(names()).toEqual(['vllm-0']);
    expect(lists()).toBe(2);
  });

  test.each([
    ['500, a few times', 4, fail(500)],
    ['429, for long: a list costs more than a watch', 20, fail(429)],
  ])('%s: goes on from where it was', async (_, times, answer) => {
    await refuse(times, answer);
    expect(names()).toEqual(['grpo-worker-0']);
    expect(lists()).toBe(1);
  });

  test('now and then is not refused in a row', async () => {
    await refuse(3, fail(500), 0.05);
    for (let turn = 0; turn < 2; turn += 1) {
      for (let index = 0; index < 3; index += 1) api.instead.push(fail(500));
      await delay(80);
      api.breakWatches();
      await until(() => api.instead.length === 0 && api.watches === 1);
    }
    expect(lists()).toBe(1);
  });
});

test('hundreds of failures leave no listener, no timer and no connection', async () => {
  const count = (kind: string): number => process.getActiveResourcesInfo().filter((one) => one === kind).length;
  const held = (): readonly number[] => [getEventListeners(stop.signal, 'abort').length, count('Timeout'), count('TCPSocketWrap')];
  let failures = 0;
  const timing = {
    ...QUICK,
    backoff: () => {
      failures += 1;
      return 0;
    },
  };
  begin(timing);
  await until(() => api.watches === 1);
  const atRest = held();
  expect(atRest[0]).toBeGreaterThan(0);
  for (let index = 0; index < 300; index += 1) api.instead.push(fail([403, 410, 429, 500, 504][index % 5] ?? 500));
  api.breakWatches();
  await until(() => failures >= 300);
  const { port } = api;
  await api.close();
  await until(() => failures >= 600);
  await api.listen(port);
  await until(() => api.watches === 1);
  await expect.poll(held, { timeout: 5000, interval: 5 }).toEqual(atRest);
  stop.abort();
  await expect.poll(held, { timeout: 5000, interval: 5 }).toEqual([0, (atRest[1] ?? 0) - 2, 0]);
});
