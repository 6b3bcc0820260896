import type { IncomingMessage } from 'node:http';
import type { HttpAnswer, HttpRequest } from '../host.ts';
import { HostError } from './errors.ts';
import { wholeBody } from './whole-body.ts';

/**
 * An ES import of these reads all their exports, among them getters that load a whole fetch implementation: 4 MB. TLS is
 * 5 MB more, and the instance's metadata service is asked without it.
 */
function clientFor(url: string): Pick<typeof import('node:https'), 'request'> {
  return process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
}

/** An answer with its header: what a capture has no need of, and a sender has. */
export interface WholeAnswer extends HttpAnswer {
  readonly headers: IncomingMessage['headers'];
}

/** One request with one time limit over all of it: connect, headers and body. */
export async function fetchText(request: HttpRequest): Promise<HttpAnswer> {
  const { status, body } = await fetchWhole(request);
  return { status, body };
}

/** `readBody`: what is done with a body of more than `maxBytes`; by default the request fails. */
export async function fetchWhole(request: HttpRequest, readBody: typeof wholeBody = wholeBody): Promise<WholeAnswer> {
  const limit = AbortSignal.timeout(Math.max(1, Math.ceil(request.timeoutSeconds * 1000)));
  const signal = request.signal ? AbortSignal.any([limit, request.signal]) : limit;
  try {
    return await exchange(request, signal, readBody);
  } catch (cause) {
    if (limit.aborted) {
      const late = Object.assign(new Error(`no answer within ${request.timeoutSeconds} s`, { cause }), { code: 'ETIMEDOUT' });
      throw new HostError('fetch', request.url, late);
    }
    throw new HostError('fetch', request.url, cause);
  }
}

function exchange(request: HttpRequest, signal: AbortSignal, readBody: typeof wholeBody): Promise<WholeAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<WholeAnswer>();
  const options = { method: request.method ?? 'GET', headers: request.headers ?? {}, signal, ...(request.ca !== undefined && { ca: request.ca }) };
  const outgoing = clientFor(request.url).request(request.url, options, (incoming) => {
    readBody(incoming, request.maxBytes ?? 1 << 20).then(
      (body) => resolve({ status: incoming.statusCode ?? 0, body, headers: incoming.headers }),
      reject,
    );
  });
  outgoing.on('error', reject);
  outgoing.end(request.body);
  return promise;
}
