import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodings } from './server/encoding.ts';
import { answerTo, type Answer, type Sources } from './server/routes.ts';
import { boundConnections } from './server/waiting.ts';

// Not as an ES import, which would load a fetch implementation with it (see host/http.ts).
const { createServer } = process.getBuiltinModule('node:http');

export interface ServerOptions extends Sources {
  readonly host: string;
  /** 0 takes a free one; `url` of the result tells which. */
  readonly port: number;
  /** A client gets this long from connecting to the end of its request, and as long to take the answer; 10 s without it. */
  readonly clientMs?: number;
  /** Takes what went wrong while answering; the client got a 500 or was cut off. */
  readonly onError?: (error: Error) => void;
}

export interface Server {
  /** `http://127.0.0.1:9477` */
  readonly url: string;
  /** Stops listening and cuts off every client. */
  close(): Promise<void>;
}

/** Longer than Prometheus's usual scrape intervals of 15 and 30 s, so that a scrape finds its connection open. */
const KEEP_ALIVE_MS = 35_000;
/** A body is one shared buffer, so that what slow clients hold is bounded by this times one body. */
const MAX_CONNECTIONS = 96;

/** Serves what is handed to it and reads nothing itself. Rejects when the address cannot be listened on. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const encode = encodings();
  const { clientMs = 10_000 } = options;
  const server = createServer(
    {
      headersTimeout: clientMs,
      requestTimeout: clientMs,
      connectionsCheckingInterval: 2000,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: 16 * 1024,
    },
    (request, response) => {
      // Requests that came in one piece with the one too many (see server/waiting.ts) are still handed over.
      if (request.socket.destroyed) return;
      cutOffSlowReader(response, clientMs);
      const answer = answerOrError(request, options);
      send(request, response, encode(answer, request.headers['accept-encoding']));
    },
  );
  server.timeout = clientMs;
  boundConnections(server, { idle: MAX_CONNECTIONS / 3, all: MAX_CONNECTIONS });
  await listen(server, options);
  server.on('error', (error) => options.onError?.(error));
  return { url: urlOf(server), close: () => close(server) };
}

function answerOrError(request: IncomingMessage, options: ServerOptions): Answer {
  try {
    return answerTo(request.method ?? '', request.url ?? '/', options);
  } catch (error) {
    options.onError?.(new Error(`cannot answer ${request.method} ${request.url}`, { cause: error }));
    return { status: 500, contentType: 'text/plain; charset=utf-8', body: Buffer.from('internal error\n'), headers: {} };
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, contentType, body, headers }: Answer): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    // A body that came with the request is not read.
    ...(status === 405 && { Connection: 'close' }),
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** server.timeout starts anew with every byte, which a client that takes one a second would never let run out. */
function cutOffSlowReader(response: ServerResponse, clientMs: number): void {
  const timer = setTimeout(() => response.destroy(), clientMs).unref();
  response.on('close', () => clearTimeout(timer));
}

async function listen(server: HttpServer, { host, port }: ServerOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  try {
    await promise;
  } catch (error) {
    throw new Error(`cannot listen on ${bracketed(host)}:${port}: ${reason(error)}`, { cause: error });
  } finally {
    server.off('error', reject);
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'another process listens there; choose another with --listen (EADDRINUSE)';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address; choose another with --listen (EADDRNOTAVAIL)';
  if (code === 'EACCES') return 'this user may not listen on that port; choose one above 1023 with --listen (EACCES)';
  return error instanceof Error ? error.message : String(error);
}

function urlOf(server: HttpServer): string {
  // A string only for a socket file, null only before listening.
  const { address, port } = server.address() as AddressInfo;
  return `http://${bracketed(address)}:${port}`;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

async function close(server: HttpServer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}

