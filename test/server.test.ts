import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { Report } from '../agent/model.ts';
import { startServer, type Server, type ServerOptions } from '../agent/server.ts';
import { PAGE_POLICY, renderPage } from '../exporters/page/node-page.ts';
import { reportText } from '../exporters/report-json.ts';
import { report } from './exporters/fixture.ts';

const metrics = { contentType: 'text/plain; version=0.0.4; charset=utf-8', body: Buffer.from(`${'# a comment\n'.repeat(200)}up 1\n`) };
const opened: Server[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of opened.splice(0)) await server.close();
});

async function serve(options: Partial<ServerOptions> = {}): Promise<Server> {
  const last = report();
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    version: '0.1.0',
    metrics: () => metrics,
    report: () => last,
    health: () => undefined,
    ...options,
  });
  opened.push(server);
  return server;
}

interface Got {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function get(server: Server, path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Got> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(server.url + path, { agent: false, ...options }, resolve).on('error', reject).end();
  const response = await promise;
  const chunks = (await response.toArray()) as Buffer[];
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

function dial(server: Server): Socket {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => socket.destroy());
  sockets.push(socket);
  return socket;
}

describe('what is served', () => {
  test('metrics, the report, the page, health', async () => {
    const server = await serve();
    expect(await get(server, '/metrics')).toMatchObject({ status: 200, body: metrics.body, headers: { 'content-type': metrics.contentType } });
    const json = await get(server, '/api/v1/report?pretty');
    expect(json).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' } });
    expect(json.body.toString()).toBe(reportText(report()));
    const page = await get(server, '/');
    expect(page.body.toString()).toBe(renderPage(report(), '0.1.0'));
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': PAGE_POLICY,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
    expect((await get(server, '/healthz')).body.toString()).toBe('ok\n');
    expect((await get(server, '/readyz')).body.toString()).toBe('ok\n');
  });

  test('follows the report', async () => {
    let last: Report | undefined;
    const server = await serve({ report: () => last });
    for (const path of ['/readyz', '/api/v1/report', '/']) expect((await get(server, path)).status, path).toBe(503);
    expect((await get(server, '/healthz')).status).toBe(200);
    for (const node of ['one', 'two']) {
      last = report({ node });
      expect(JSON.parse((await get(server, '/api/v1/report')).body.toString())).toMatchObject({ node });
      expect((await get(server, '/')).body.toString()).toContain(`<h1>${node}</h1>`);
    }
    expect((await get(server, '/readyz')).status).toBe(200);
  });

  test('health says why the loop does not turn', async () => {
    const server = await serve({ health: () => 'the last look began 61 s ago' });
    expect(await get(server, '/healthz')).toMatchObject({ status: 503, body: Buffer.from('the last look began 61 s ago\n') });
  });

  test('HEAD is GET without a body', async () => {
    const got = await get(await serve(), '/metrics', { method: 'HEAD' });
    expect(got).toMatchObject({ status: 200, body: Buffer.alloc(0), headers: { 'content-length': String(metrics.body.length) } });
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not allowed', async (method) => {
    expect(await get(await serve(), '/metrics', { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD', connection: 'close' } });
  });

  test.each(['/metric', '/metrics/', '/../etc/passwd', '//metrics', '/__proto__', '/healthz/x'])('there is no %s', async (path) => {
    expect((await get(await serve(), path)).status).toBe(404);
  });

  test('an answer that cannot be made is a 500 and told', async () => {
    const errors: string[] = [];
    const broken = () => {
      throw new Error('no body');
    };
    const server = await serve({ metrics: broken, onError: (error) => errors.push(`${error.message}: ${String(error.cause)}`) });
    expect(await get(server, '/metrics')).toMatchObject({ status: 500, body: Buffer.from('internal error\n') });
    expect(errors).toEqual(['cannot answer GET /metrics: Error: no body']);
    expect((await get(server, '/healthz')).status).toBe(200);
  });
});

test.each([
  ['gzip', 'gzip'],
  ['br;q=1.0, GZIP;q=0.8, *;q=0.1', 'gzip'],
  ['gzip;q=0', undefined],
  ['identity', undefined],
])('Accept-Encoding %s is answered with %s', async (accepted, encoding) => {
  const got = await get(await serve(), '/metrics', { headers: { 'Accept-Encoding': accepted } });
  expect(got.headers['content-encoding']).toBe(encoding);
  expect(got.headers.vary).toBe('Accept-Encoding');
  expect(encoding === undefined ? got.body : gunzipSync(got.body)).toEqual(metrics.body);
  expect(Number(got.headers['content-length'])).toBe(got.body.length);
});

describe('the address', () => {
  test('that is taken is named', async () => {
    const first = await serve();
    const port = Number(new URL(first.url).port);
    await expect(serve({ port })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: another process listens there; choose another with --listen (EADDRINUSE)`,
    );
  });

  test('that is not ours is named', async () => {
    await expect(serve({ host: '192.0.2.1' })).rejects.toThrow(
      'cannot listen on 192.0.2.1:0: this machine has no such address; choose another with --listen (EADDRNOTAVAIL)',
    );
  });
});

describe('a client', () => {
  test('that keeps its connection is cut off at the end', async () => {
    const server = await serve();
    const socket = dial(server);
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    socket.once('data', () => resolve());
    socket.once('close', () => close());
    await answered;
    await server.close();
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  test('that sends nonsense or a huge header is refused, and the next one served', async () => {
    const server = await serve();
    for (const [bytes, status] of [
      ['\u0000\u0001garbage\r\n\r\n', '400'],
      [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`, '431'],
    ] as const) {
      const socket = dial(server);
      socket.write(bytes);
      const answer = Buffer.concat((await socket.toArray()) as Buffer[]).toString();
      expect(answer.split('\r\n', 1)[0]).toContain(status);
    }
    expect((await get(server, '/healthz')).status).toBe(200);
  });

  test('is not kept out by a crowd of others that say nothing', async () => {
    const server = await serve();
    for (let index = 0; index < 80; index += 1) {
      const { promise, resolve } = Promise.withResolvers<void>();
      dial(server).once('connect', () => resolve());
      await promise;
    }
    expect((await get(server, '/healthz')).status).toBe(200);
  });

  test('is not kept out by a crowd of others that have been answered and stay', async () => {
    const server = await serve();
    for (let index = 0; index < 80; index += 1) {
      const socket = dial(server);
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.once('data', () => resolve());
      socket.once('close', () => resolve());
      socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      await promise;
    }
    expect((await get(server, '/healthz')).status).toBe(200);
  });

  test('that takes its answer too slowly is cut off', async () => {
    const body = Buffer.alloc(64 * 1024 * 1024, 'a');
    const server = await serve({ clientMs: 400, metrics: () => ({ contentType: 'text/plain', body }) });
    const socket = dial(server);
    // One small read now and then: a timeout of silence would never run out.
    socket.once('readable', () => undefined);
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    for (let reads = 0; reads < 10; reads += 1) {
      await setTimeout(100);
      socket.read(1000);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once('close', () => resolve());
    socket.resume();
    await promise;
    expect(socket.bytesRead).toBeGreaterThan(0);
    expect(socket.bytesRead).toBeLessThan(body.length);
  });

  test('that sends nothing, or half a request, is cut off', async () => {
    const server = await serve({ clientMs: 300 });
    for (const bytes of ['', 'GET /metrics HTTP/1.1\r\nHost']) {
      const socket = dial(server);
      socket.write(bytes);
      socket.resume();
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.once('close', () => resolve());
      await promise;
      expect(socket.destroyed).toBe(true);
    }
  });

  test('that took its answer in time may come again much later', async () => {
    const server = await serve({ clientMs: 200 });
    const socket = dial(server);
    let closed = false;
    socket.once('close', () => (closed = true));
    for (let visit = 0; visit < 2; visit += 1) {
      const { promise, resolve } = Promise.withResolvers<Buffer>();
      socket.once('data', resolve);
      socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      expect((await promise).toString()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
      await setTimeout(500);
    }
    expect(closed).toBe(false);
  });
});

const SCRAPERS = `
  const { get } = require('node:http');
  const { parentPort, workerData } = require('node:worker_threads');
  const scrape = () => new Promise((resolve) => {
    get(workerData, { agent: false }, (response) => response.toArray().then(
      (pieces) => resolve(response.statusCode + ' ' + Buffer.concat(pieces).length), (error) => resolve(String(error)),
    )).on('error', (error) => resolve(String(error)));
  });
  Promise.all(Array.from({ length: 50 }, scrape)).then((answers) => parentPort.postMessage(answers));
`;

describe('a crowd', () => {
  test('of fifty scrapers at once gets fifty whole answers', async () => {
    const body = Buffer.alloc(300_000, '# a comment\n');
    const server = await serve({ metrics: () => ({ contentType: 'text/plain', body }) });
    // In a thread of their own: all knock before the server has read the first request.
    const scrapers = new Worker(SCRAPERS, { eval: true, workerData: `${server.url}/metrics` });
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    scrapers.once('message', resolve).once('error', reject);
    expect(await promise).toEqual(Array(50).fill(`200 ${body.length}`));
    await scrapers.terminate();
  });

  test('that asks for a large answer and never reads keeps nobody out, long before its time is over', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024, 'a');
    const server = await serve({ clientMs: 60_000, metrics: () => ({ contentType: 'text/plain', body }) });
    for (let index = 0; index < 150; index += 1) dial(server).pause().write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    let status: number | undefined;
    // A second of patience with those that read slowly, and each that knocks makes one of them go.
    for (let tries = 0; tries < 100 && status === undefined; tries += 1) {
      status = await get(server, '/healthz').then((answer) => answer.status, () => undefined);
      if (status === undefined) await setTimeout(50);
    }
    expect(status).toBe(200);
  });

  test('of requests on one connection that never reads is not answered ahead', async () => {
    let asked = 0;
    const body = Buffer.alloc(1024 * 1024, 'a');
    const server = await serve({
      metrics: () => {
        asked += 1;
        return { contentType: 'text/plain', body };
      },
    });
    const socket = dial(server).pause();
    for (let index = 0; index < 500; index += 1) socket.write(`GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect((await get(server, '/healthz')).status).toBe(200);
    await setTimeout(200);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(100);
  });
});
