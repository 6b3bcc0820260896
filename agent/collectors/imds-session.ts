import { errnoOf, type Host, type HttpAnswer } from '../host.ts';

/** All of one look together: a pod without hostNetwork must not pay more for an IMDS that drops its packets. */
const BUDGET_SECONDS = 1;
const TOKEN_TTL_SECONDS = 21_600;
const RENEW_BEFORE_SECONDS = 60;
const MAX_BODY_BYTES = 65_536;

/** One look at IMDS: gets within the budget, with one token and at most one renewal of it. */
export interface ImdsLook {
  /**
   * The body of `/latest/meta-data/<path>`, undefined for 404 (this instance has no such thing). Throws ImdsSilent when
   * the budget is spent, another Error when the answer cannot be used.
   */
  get(path: string): Promise<string | undefined>;
}

/** No answer in time: nothing else need be asked in this look. */
export class ImdsSilent extends Error {
  override readonly name = 'ImdsSilent';
  constructor(url: string, cause: unknown) {
    super(
      `IMDS did not answer within ${BUDGET_SECONDS} s: VPC blocks and security groups are unknown ` +
        `(asked ${url}; where its hop limit is 1 it answers only processes on the host network: hostNetwork: true)`,
      { cause },
    );
  }
}

interface Token {
  readonly text: string;
  readonly renewAtMs: number;
}

type Ask = (method: 'GET' | 'PUT', path: string, headers: Record<string, string>) => Promise<HttpAnswer>;

/** IMDSv2: a token by PUT, kept until shortly before its end, then GETs that carry it. */
export class ImdsSession {
  readonly #url: string;
  #token: Token | undefined;

  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
  }

  async begin(host: Host, signal: AbortSignal): Promise<ImdsLook> {
    const ask = this.#asker(host, signal);
    let renewal: Promise<string> | undefined;
    const renew = (): Promise<string> => (renewal ??= this.#newToken(ask));
    const first = this.#token && this.#token.renewAtMs > performance.now() ? this.#token.text : await renew();
    const get = (path: string, token: string): Promise<HttpAnswer> =>
      ask('GET', `/latest/meta-data/${path}`, { 'X-aws-ec2-metadata-token': token });
    return {
      get: async (path) => {
        let answer = await get(path, this.#token?.text ?? first);
        if (answer.status === 401) answer = await get(path, await renew());
        if (answer.status === 404) return undefined;
        if (answer.status === 200) return answer.body;
        throw new Error(`cannot use IMDS's answer to ${path}: got HTTP ${answer.status}, expected 200 or 404`);
      },
    };
  }

  async #newToken(ask: Ask): Promise<string> {
    this.#token = undefined;
    const answer = await ask('PUT', '/latest/api/token', {
      'X-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_TTL_SECONDS),
    });
    const text = answer.body.trim();
    // It goes back in a header: one word of printable ASCII, and no HTML of a proxy that answers everything.
    if (answer.status !== 200 || !/^[\x21-\x3b=\x3f-\x7e]{1,1024}$/.test(text)) {
      throw new Error(
        `cannot get an IMDSv2 token from ${this.#url}/latest/api/token: got HTTP ${answer.status} ` +
          `${JSON.stringify(answer.body.slice(0, 60))}, expected 200 and a token of one word`,
      );
    }
    this.#token = { text, renewAtMs: performance.now() + (TOKEN_TTL_SECONDS - RENEW_BEFORE_SECONDS) * 1000 };
    return text;
  }

  #asker(host: Host, signal: AbortSignal): Ask {
    const deadlineMs = performance.now() + BUDGET_SECONDS * 1000;
    return async (method, path, headers) => {
      const url = `${this.#url}${path}`;
      const timeoutSeconds = (deadlineMs - performance.now()) / 1000;
      if (timeoutSeconds <= 0) throw new ImdsSilent(this.#url, undefined);
      try {
        return await host.fetch({ method, url, headers, timeoutSeconds, maxBytes: MAX_BODY_BYTES, signal });
      } catch (cause) {
        if (errnoOf(cause) === 'ETIMEDOUT') throw new ImdsSilent(this.#url, cause);
        throw new Error(`IMDS did not answer ${url}: ${errnoOf(cause)}`, { cause });
      }
    };
  }
}
