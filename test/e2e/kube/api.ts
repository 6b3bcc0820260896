import { readFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { join } from 'node:path';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Who asks: the bearer of a token, a holder of one of the lab's certificates, or nobody in particular. */
export type Identity = { readonly token: string } | { readonly certificate: 'admin' } | 'anonymous';

/** Plain HTTPS to the API server, so that a request is exactly what is meant, and its answer all there is. */
export class Api {
  readonly #options: RequestOptions;

  constructor(url: string, pki: string, identity: Identity) {
    const { hostname, port } = new URL(url);
    this.#options = { hostname, port: port || 443, ca: readFileSync(join(pki, 'ca.crt')), agent: false, timeout: 10_000 };
    if (identity === 'anonymous') return;
    if ('token' in identity) this.#options.headers = { authorization: `Bearer ${identity.token}` };
    else Object.assign(this.#options, { cert: readFileSync(join(pki, `${identity.certificate}.crt`)), key: readFileSync(join(pki, `${identity.certificate}.key`)) });
  }

  /** Whatever the status; rejects where no answer comes. */
  async ask(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const text = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    // Node sends no length of its own with a DELETE, and the server then takes it for one without a body.
    const about = text && { 'content-type': contentType, 'content-length': text.length };
    const headers = { ...(this.#options.headers as Record<string, string> | undefined), accept: 'application/json', ...about };
    const outgoing = request({ ...this.#options, method, path, headers }, (incoming) => {
      const answer = incoming.toArray().then((pieces) => ({ status: incoming.statusCode ?? 0, body: valueOf(Buffer.concat(pieces as Buffer[]).toString()) }));
      answer.then(resolve, reject);
    });
    outgoing.on('error', reject).on('timeout', () => outgoing.destroy(new Error('no answer within 10 s')));
    outgoing.end(text);
    return promise;
  }

  /** Of a 2xx answer what is in it; else throws what the server said. */
  async get<T>(path: string): Promise<T> {
    return accepted('GET', path, await this.ask('GET', path)) as T;
  }

  async create<T>(path: string, object: unknown): Promise<T> {
    return accepted('POST', path, await this.ask('POST', path, object)) as T;
  }

  async patch<T>(path: string, patch: unknown): Promise<T> {
    return accepted('PATCH', path, await this.ask('PATCH', path, patch, 'application/merge-patch+json')) as T;
  }

  async remove(path: string, options: object = {}): Promise<void> {
    accepted('DELETE', path, await this.ask('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', ...options }));
  }
}

function accepted(method: string, path: string, { status, body }: Answer): unknown {
  if (status >= 200 && status < 300) return body;
  throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body).slice(0, 400)}`);
}

/** A watch answers with a line for each change, which are left as text; so are the words of a proxy. */
function valueOf(text: string): unknown {
  return text.startsWith('{') && !text.trimEnd().includes('\n{') ? (JSON.parse(text) as unknown) : text;
}
