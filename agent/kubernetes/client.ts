import type { IncomingMessage } from 'node:http';
import { lineSplitter } from '../host/lines.ts';
import { BodyTooLarge, wholeBody } from '../host/whole-body.ts';
import type { KubernetesApi, KubernetesCall, KubernetesRequestCount, PodStream, TextAnswers } from '../model.ts';
import type { Credentials } from './credentials.ts';
import { Deadline } from './deadline.ts';
import { ApiFailure, noAnswer, refusal } from './failure.ts';

// An ES import of these reads all their exports, among them getters that load a whole fetch implementation: 4 MB.
const { request: httpRequest } = process.getBuiltinModule('node:http');
const { request: httpsRequest } = process.getBuiltinModule('node:https');

/** Of connection, credentials, request and answer together. */
const REQUEST_SECONDS = 15;
/** 250 pods of 50 KB each, and more than that again. */
const MAX_BYTES = 32 << 20;
const MAX_REFUSAL_BYTES = 1 << 16;
/** etcd refuses objects of more than 1.5 MiB; as JSON they can be larger. */
const MAX_LINE_BYTES = 4 << 20;

export interface ClientOptions {
  readonly credentials: Credentials;
  readonly nodeName: string;
  readonly userAgent: string;
  readonly requestSeconds?: number;
  /** Sees every answer to a call about this node itself, whoever made it: the answer to a heartbeat is the Node. */
  readonly onNode?: (answer: unknown) => void;
}

/** The API server. One connection a request: at rest there are some forty an hour, and a kept one would be stale by then. */
export class ApiClient implements KubernetesApi, PodStream, TextAnswers {
  readonly nodeName: string;
  readonly #options: ClientOptions;
  readonly #seconds: number;
  readonly #counts = new Map<string, { method: string; status: string; count: number }>();

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#seconds = options.requestSeconds ?? REQUEST_SECONDS;
    this.nodeName = options.nodeName;
  }

  get server(): string {
    return this.#options.credentials.server;
  }

  /** Every request made since the start, by method and what came of it. */
  requestCounts(): readonly KubernetesRequestCount[] {
    return [...this.#counts.values()].map((one) => ({ ...one }));
  }

  async request(call: KubernetesCall, signal: AbortSignal): Promise<unknown> {
    const what = `${call.method} ${call.path}`;
    const answer = await this.#within(what, signal, async (deadline) => {
      const incoming = await this.#send(call, what, call.method, deadline);
      return parsed(what, await wholeBody(incoming, MAX_BYTES));
    });
    const node = `/api/v1/nodes/${encodeURIComponent(this.nodeName)}`;
    if (call.path === node || call.path === `${node}/status`) this.#options.onNode?.(answer);
    return answer;
  }

  // Accept stays application/json: the API server answers 406 to anything that it cannot make of a Status, and sends logs as they are.
  async requestText(call: Pick<KubernetesCall, 'path' | 'query'>, maxBytes: number, signal: AbortSignal): Promise<string> {
    const what = `GET ${call.path}`;
    return this.#within(what, signal, async (deadline) => wholeBody(await this.#send({ ...call, method: 'GET' }, what, 'GET', deadline), maxBytes));
  }

  async stream(call: Pick<KubernetesCall, 'path' | 'query'>, hooks: Parameters<PodStream['stream']>[1], signal: AbortSignal): Promise<void> {
    const what = `watch of ${call.path}`;
    await this.#within(what, signal, async (deadline) => {
      const incoming = await this.#send({ ...call, method: 'GET' }, what, 'WATCH', deadline);
      // The time limit is on the beginning only.
      deadline.lift();
      hooks.onOpen();
      const lines = lineSplitter((line) => line !== '' && hooks.onLine(line), MAX_LINE_BYTES);
      for await (const piece of incoming as AsyncIterable<Buffer>) lines.add(piece);
    });
  }

  /** Runs one request under its time limit and gives every failure its words. */
  async #within<T>(what: string, signal: AbortSignal, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = new Deadline(this.#seconds, signal);
    try {
      return await work(deadline);
    } catch (cause) {
      if (cause instanceof ApiFailure) throw cause;
      if (cause instanceof BodyTooLarge) throw new ApiFailure(`${what}: ${cause.message}`, { cause });
      if (deadline.isLate) throw new ApiFailure(`${what}: no answer from ${this.server} within ${this.#seconds} s`, { cause });
      throw noAnswer(what, this.server, cause);
    } finally {
      deadline.end();
    }
  }

  async #send(call: KubernetesCall, what: string, method: string, deadline: Deadline): Promise<IncomingMessage> {
    let status = 'none';
    try {
      const incoming = await this.#exchange(call, deadline);
      const code = incoming.statusCode ?? 0;
      status = String(code);
      if (code >= 200 && code < 300) return incoming;
      throw refusal(what, code, await wholeBody(incoming, MAX_REFUSAL_BYTES), incoming.headers['retry-after'], new Date());
    } finally {
      this.#count(method, status);
    }
  }

  async #exchange(call: KubernetesCall, deadline: Deadline): Promise<IncomingMessage> {
    const { credentials, userAgent } = this.#options;
    // An exec plugin can hang, as any program can.
    const { headers, tls, agent } = await deadline.of(credentials.connection());
    const url = new URL(credentials.server + call.path);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const options = {
      method: call.method,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...(body && { 'content-type': call.contentType ?? 'application/json', 'content-length': body.length }),
        ...headers,
      },
      agent: agent ?? (false as const),
      signal: deadline.signal,
      ...tls,
    };
    const outgoing = url.protocol === 'http:' ? httpRequest(url, options, resolve) : httpsRequest(url, options, resolve);
    outgoing.on('error', reject);
    outgoing.on('socket', (socket) => socket.setKeepAlive(true, 30_000));
    outgoing.end(body);
    return promise;
  }

  #count(method: string, status: string): void {
    const key = `${method} ${status}`;
    const known = this.#counts.get(key);
    if (known) known.count += 1;
    else this.#counts.set(key, { method, status, count: 1 });
  }
}

function parsed(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const head = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
    throw new ApiFailure(`${what}: got ${head}, expected JSON`, { cause });
  }
}
