import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { backoffSeconds } from '../../agent/kubernetes/backoff.ts';
import { ApiFailure, refusal } from '../../agent/kubernetes/failure.ts';
import { fail, FakeApi, NODE, type Answer } from './fake-api.ts';

const { signal } = new AbortController();
let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.open();
});
afterEach(() => api.close());

describe('a call', () => {
  test('carries its query, body and type, and brings the answer', async () => {
    const bodies: string[] = [];
    api.instead.push((request, response) => {
      request.on('data', (piece: Buffer) => bodies.push(piece.toString()));
      request.on('end', () => response.end('{"ok":true}'));
      expect(request.headers).toMatchObject({ 'content-type': 'application/strategic-merge-patch+json', 'user-agent': 'railmedic/test', accept: 'application/json' });
    });
    const path = `/api/v1/nodes/${NODE}/status`;
    const body = { status: { conditions: [{ message: 'häßlich' }] } };
    const call = { method: 'PATCH', path, query: { fieldManager: 'railmedic' }, body, contentType: 'application/strategic-merge-patch+json' } as const;
    await expect(api.client().request(call, signal)).resolves.toEqual({ ok: true });
    expect(JSON.parse(bodies.join(''))).toEqual(body);
    expect(api.urls[0]?.search).toBe('?fieldManager=railmedic');
  });

  test.each<readonly [string, Answer, string | undefined, number | undefined]>([
    ['is refused', fail(403, 'no'), 'GET /x: 403 Forbidden: no', 403],
    ['answers garbage', fail(200), undefined, undefined],
    ['is a page of a balancer', (_request, response) => response.writeHead(502).end('<html>\nBad Gateway'), 'GET /x: 502 an answer that is no success: <html>', 502],
    ['is no JSON', (_request, response) => response.end('<html>'), 'GET /x: got "<html>", expected JSON', undefined],
  ])('%s', async (_, answer, message, status) => {
    api.instead.push(answer);
    const asking = api.client().request({ method: 'GET', path: '/x' }, signal);
    if (message === undefined) await expect(asking).resolves.toMatchObject({ kind: 'Status' });
    else await expect(asking).rejects.toMatchObject({ message, status });
  });

  test('that is not answered ends after its time', async () => {
    api.instead.push(() => {});
    await expect(api.client({ requestSeconds: 0.1 }).request({ method: 'GET', path: '/x' }, signal)).rejects.toThrow(
      `GET /x: no answer from http://127.0.0.1:${api.port} within 0.1 s`,
    );
  });

  test('whose body stops ends after its time', async () => {
    api.instead.push((_request, response) => response.write('{"half":'));
    await expect(api.client({ requestSeconds: 0.1 }).request({ method: 'GET', path: '/x' }, signal)).rejects.toThrow('within 0.1 s');
  });

  test('a thousand of them leave nothing on the signal that lives on', async () => {
    const stop = new AbortController();
    const client = api.client();
    for (let index = 0; index < 1000; index += 1) await client.request({ method: 'GET', path: '/api/v1/pods' }, stop.signal);
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
    expect(client.requestCounts()).toEqual([{ method: 'GET', status: '200', count: 1000 }]);
  });

  test('are counted by what came of them', async () => {
    const client = api.client();
    api.instead.push(fail(429), fail(403));
    for (const path of ['/a', '/b', '/api/v1/pods']) await client.request({ method: 'GET', path }, signal).catch(() => undefined);
    const watch = new AbortController();
    await client.stream({ path: '/api/v1/pods', query: { watch: '1' } }, { onOpen: () => watch.abort(), onLine: () => {} }, watch.signal).catch(() => undefined);
    expect(client.requestCounts()).toEqual([
      { method: 'GET', status: '429', count: 1 },
      { method: 'GET', status: '403', count: 1 },
      { method: 'GET', status: '200', count: 1 },
      { method: 'WATCH', status: '200', count: 1 },
    ]);
  });
});

test('a failure says what the server wishes', () => {
  const now = new Date('2026-11-23T20:00:00Z');
  expect(refusal('GET /x', 429, '', '7', now)).toMatchObject({ status: 429, retryAfterSeconds: 7, message: 'GET /x: 429 Too Many Requests' });
  expect(refusal('GET /x', 503, '', 'Mon, 23 Nov 2026 20:00:30 GMT', now).retryAfterSeconds).toBe(30);
  expect(refusal('GET /x', 503, '', 'Mon, 23 Nov 2099 20:00:30 GMT', now).retryAfterSeconds).toBe(600);
  expect(refusal('GET /x', 503, '', 'soon', now).retryAfterSeconds).toBeUndefined();
  expect(refusal('POST /x', 500, '{"message":"boom","details":{"retryAfterSeconds":3}}', undefined, now)).toMatchObject({ message: 'POST /x: 500 Internal Server Error: boom', retryAfterSeconds: 3 });
  expect(refusal('POST /x', 422, `{"message":${JSON.stringify('x'.repeat(5000))}}`, undefined, now).message.length).toBeLessThan(400);
});

test('waits grow, are random, and are never shorter than the server asks', () => {
  const waits = [1, 2, 3, 7, 100].map((failures) => backoffSeconds(failures, new Error('away'), () => 1));
  expect(waits).toEqual([1, 2, 4, 60, 60]);
  expect(backoffSeconds(100, new Error('away'), () => 0)).toBe(30);
  expect(backoffSeconds(1, new ApiFailure('x', { status: 429, retryAfterSeconds: 20 }), () => 0)).toBe(20);
  expect(backoffSeconds(1, new ApiFailure('x', { status: 403 }), () => 1)).toBe(30);
  expect(backoffSeconds(20, new ApiFailure('x', { status: 403 }), () => 1)).toBe(300);
});
