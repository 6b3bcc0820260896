import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { openHost } from '../../agent/host.ts';

const host = openHost('/');
let server: Server | undefined;
afterEach(() => server?.closeAllConnections());

async function serve(listener: RequestListener): Promise<string> {
  const made = createServer(listener);
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const address = made.address();
  if (address === null || typeof address === 'string') throw new Error('the test server has no port');
  return `http://127.0.0.1:${address.port}`;
}

test('any status is an answer', async () => {
  const url = await serve((request, response) => {
    response.statusCode = 404;
    response.end(`${request.method} ${String(request.headers['x-token'])}`);
  });
  expect(await host.fetch({ url, method: 'PUT', headers: { 'x-token': 'abc' }, timeoutSeconds: 5 })).toEqual({ status: 404, body: 'PUT abc' });
});

test('silence ends at the time limit', async () => {
  const url = await serve(() => {});
  await expect(host.fetch({ url, timeoutSeconds: 0.2 })).rejects.toMatchObject({ code: 'ETIMEDOUT', message: `cannot fetch ${url}: ETIMEDOUT` });
});

test('so does a body that never ends', async () => {
  const url = await serve((_, response) => {
    response.write('a');
    const drip = setInterval(() => response.write('a'), 20);
    response.on('close', () => clearInterval(drip));
  });
  await expect(host.fetch({ url, timeoutSeconds: 0.3 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});

test('a body is bounded', async () => {
  const url = await serve((_, response) => response.end('x'.repeat(2_000_000)));
  await expect(host.fetch({ url, timeoutSeconds: 5 })).rejects.toMatchObject({ cause: { message: 'the answer is larger than 1048576 bytes' } });
});

test('a connection that is refused or closed is an error with its errno', async () => {
  await expect(host.fetch({ url: 'http://127.0.0.1:1', timeoutSeconds: 5 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const url = await serve((request) => request.socket.destroy());
  await expect(host.fetch({ url, timeoutSeconds: 5 })).rejects.toMatchObject({ code: 'ECONNRESET' });
});
