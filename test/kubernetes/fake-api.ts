import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient } from '../../agent/kubernetes/client.ts';
import type { Credentials } from '../../agent/kubernetes/credentials.ts';
import { nodeJson } from './pod-json.ts';

export const NODE = 'ip-10-0-3-7.ec2.internal';

export type Answer = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** An API server on loopback: lists what it is given, holds watches open, and fails as it is told. */
export class FakeApi {
  pods: object[] = [];
  unscheduled: object[] = [];
  node: object | undefined = nodeJson();
  version = 100;
  /** Answers every call for a log. */
  log: Answer | undefined;
  /** Answers the next requests instead, first come first. */
  readonly instead: Answer[] = [];
  /** `GET /api/v1/pods`, `WATCH /api/v1/pods`, in their order. */
  readonly requests: string[] = [];
  readonly urls: URL[] = [];
  readonly tokens: (string | undefined)[] = [];
  readonly #server: Server;
  readonly #watches = new Set<ServerResponse>();
  /** Of the watches: ended by the fake server after so many milliseconds; undefined as long as asked for. */
  watchMs: number | undefined;

  private constructor() {
    this.#server = createServer((request, response) => this.#take(request, response));
  }

  static async open(port = 0): Promise<FakeApi> {
    const api = new FakeApi();
    await api.listen(port);
    return api;
  }

  async listen(port: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(port, '127.0.0.1', () => resolve());
    await promise;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get watches(): number {
    return this.#watches.size;
  }

  client(options: { readonly nodeName?: string; readonly requestSeconds?: number; readonly credentials?: Credentials } = {}): ApiClient {
    const server = `http://127.0.0.1:${this.port}`;
    const credentials = options.credentials ?? { server, from: 'the test', connection: () => Promise.resolve({ headers: {}, tls: {} }) };
    return new ApiClient({ credentials, nodeName: options.nodeName ?? NODE, userAgent: 'railmedic/test', requestSeconds: options.requestSeconds ?? 5 });
  }

  /** A line to every open watch. */
  send(type: string, object: object): void {
    this.version += 1;
    const line = JSON.stringify({ type, object });
    for (const watch of this.#watches) watch.write(`${line}\n`);
  }

  bookmark(version: string): void {
    this.send('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: version } });
  }

  /** Breaks every watch off, as a server that goes down. */
  breakWatches(): void {
    for (const watch of this.#watches) watch.destroy();
  }

  async close(): Promise<void> {
    this.breakWatches();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://localhost');
    const isWatch = url.searchParams.has('watch');
    this.requests.push(`${isWatch ? 'WATCH' : (request.method ?? '')} ${url.pathname}`);
    this.urls.push(url);
    this.tokens.push(request.headers.authorization);
    const instead = this.instead.shift();
    if (instead) instead(request, response, url);
    else if (isWatch) this.#watch(response, url);
    else if (this.log && url.pathname.endsWith('/log')) this.log(request, response, url);
    else if (url.pathname === '/api/v1/pods') this.#list(response, url);
    else if (url.pathname.startsWith('/api/v1/nodes/')) this.#answerNode(response, url);
    else fail(404)(request, response, url);
  }

  #list(response: ServerResponse, url: URL): void {
    const isUnscheduled = url.searchParams.get('fieldSelector')?.startsWith('spec.nodeName=,') === true;
    const items = isUnscheduled ? this.unscheduled : this.pods;
    response.end(JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: String(this.version) }, items }));
  }

  #answerNode(response: ServerResponse, url: URL): void {
    if (this.node && url.pathname.endsWith(NODE)) response.end(JSON.stringify(this.node));
    else fail(404, 'nodes "x" not found')({} as IncomingMessage, response, url);
  }

  #watch(response: ServerResponse, url: URL): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.#watches.add(response);
    const milliseconds = this.watchMs ?? Number(url.searchParams.get('timeoutSeconds')) * 1000;
    const timer = setTimeout(() => response.end(), milliseconds);
    response.on('close', () => {
      clearTimeout(timer);
      this.#watches.delete(response);
    });
  }
}

/** An answer with the Status object of the API. */
export function fail(status: number, message = 'no', headers: Readonly<Record<string, string>> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ kind: 'Status', status: 'Failure', message, code: status }));
  };
}
