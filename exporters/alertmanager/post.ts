import { visible } from '../escape.ts';

export interface PostAnswer {
  readonly status: number;
  readonly body: string;
  /** Of the Date header, Unix milliseconds. */
  readonly dateMs?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** Posts a JSON body to /api/v2/alerts of one Alertmanager. Any status is an answer; rejects when there is none. */
export type Post = (body: string, signal: AbortSignal) => Promise<PostAnswer>;

/** The receiver takes requests, and not this one: another try brings the same answer. */
export class Refused extends Error {}

/** It answered, and will take the same another time. */
export class NotTaken extends Error {
  readonly status: number;
  readonly retryAfterMs: number;

  constructor(message: string, status: number, retryAfterMs: number) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Bad request, body too large, unprocessable: it is the alerts that are wrong, or too many. */
const ABOUT_THE_ALERTS: readonly number[] = [400, 413, 422];
const MAX_RETRY_AFTER_SECONDS = 300;

/** Undefined for a success. */
export function refusal({ status, body, retryAfterSeconds = 0 }: PostAnswer): Refused | NotTaken | undefined {
  if (status >= 200 && status < 300) return undefined;
  const said = visible(body.trim()).slice(0, 300);
  const words = `answered ${status}${said === '' ? '' : `: ${said}`}${adviceFor(status)}`;
  if (ABOUT_THE_ALERTS.includes(status)) return new Refused(words);
  return new NotTaken(words, status, Math.max(0, Math.min(retryAfterSeconds, MAX_RETRY_AFTER_SECONDS)) * 1000);
}

function adviceFor(status: number): string {
  if (status >= 300 && status < 400) return ' (redirects are not followed: write the address it points to)';
  if (status === 401 || status === 403) return ' (look at basicAuth, bearerTokenFile and what the receiver expects)';
  if (status === 404) return ' (expected an Alertmanager with API v2 there; a path prefix belongs into the URL)';
  return '';
}

/** `kind` tells one sort of failure from another, so that each is logged once an outage. */
export function reasonOf(error: unknown): { readonly kind: string; readonly words: string; readonly retryAfterMs: number } {
  if (error instanceof NotTaken) return { kind: String(error.status), words: error.message, retryAfterMs: error.retryAfterMs };
  const words = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : words;
  return { kind: code, words: words + adviceForCode(code), retryAfterMs: 0 };
}

/** Names that OpenSSL gives to a certificate that nothing trusted has signed. */
const UNTRUSTED = /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/;

function adviceForCode(code: string): string {
  if (UNTRUSTED.test(code)) return ' (caFile names the certificates of those who may sign its own)';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return ' (its certificate is for another name than the one in the URL)';
  return '';
}
