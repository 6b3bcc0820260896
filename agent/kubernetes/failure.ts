import type { KubernetesFailure } from '../model.ts';

/** A call that failed: which one, what came back, what the server said. */
export class ApiFailure extends Error implements KubernetesFailure {
  override readonly name = 'KubernetesFailure';
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  constructor(message: string, details: { readonly status?: number; readonly retryAfterSeconds?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.status = details.status;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  410: 'Gone',
  422: 'Unprocessable',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
/** The server's own words can hold a whole stack trace. */
const MAX_SAID = 300;
/** A server that asks for more than this is asked again all the same: a clock that runs wrong can make a date of next year. */
const MAX_RETRY_AFTER_SECONDS = 600;

/** An answer that is no success, with what the `Status` object in it says. `what` is the call: `GET /api/v1/pods`. */
export function refusal(what: string, status: number, body: string, retryAfter: string | undefined, now: Date): ApiFailure {
  const told = statusObject(body);
  const said = told.message ?? firstLine(body);
  const phrase = PHRASES[status] ?? 'an answer that is no success';
  return new ApiFailure(`${what}: ${status} ${phrase}${said === '' ? '' : `: ${cut(said)}`}`, {
    status,
    retryAfterSeconds: seconds(retryAfter, now) ?? told.retryAfterSeconds,
  });
}

/** No answer at all: the connection failed, or the time was up. */
export function noAnswer(what: string, server: string, cause: unknown): ApiFailure {
  const why = cause instanceof Error ? cause.message || errorCode(cause) : String(cause);
  return new ApiFailure(`${what}: no answer from ${server}: ${why}`, { cause });
}

/** Connections to several addresses that all failed come as an AggregateError without a message. */
function errorCode(error: Error): string {
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  if (inner instanceof Error) return inner.message;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function seconds(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  const value = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now.getTime()) / 1000;
  return Number.isFinite(value) ? Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(0, value)) : undefined;
}

function statusObject(body: string): { readonly message?: string; readonly retryAfterSeconds?: number } {
  if (!body.startsWith('{')) return {};
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    // Not the API server but something before it (a load balancer); its first line is shown instead.
    return {};
  }
  const { message, details } = json as { message?: unknown; details?: { retryAfterSeconds?: unknown } | null };
  const wait = details?.retryAfterSeconds;
  return {
    ...(typeof message === 'string' && { message }),
    ...(typeof wait === 'number' && { retryAfterSeconds: Math.min(MAX_RETRY_AFTER_SECONDS, wait) }),
  };
}

function firstLine(body: string): string {
  return body.trim().split('\n', 1)[0] ?? '';
}

function cut(text: string): string {
  return text.length > MAX_SAID ? `${text.slice(0, MAX_SAID)}…` : text;
}
