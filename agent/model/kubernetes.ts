/** One call to the API server, as the exporters may make it. */
export interface KubernetesCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  /** `/api/v1/nodes/ip-10-0-3-7/status`, every part of it already escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** `application/json` unless said otherwise; patches name theirs. */
  readonly contentType?: string;
}

/** Why a call failed. `status` is undefined where no answer came; `retryAfterSeconds` is the server's own wish. */
export interface KubernetesFailure extends Error {
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
}

/** The API server as this agent may use it; made in agent/kubernetes/. */
export interface KubernetesApi {
  /** The Node object this agent speaks for: `--node-name`, or spec.nodeName by the downward API. */
  readonly nodeName: string;
  /** The answer's JSON; rejects with a KubernetesFailure. Never retries: the caller knows whether it may. */
  request(call: KubernetesCall, signal: AbortSignal): Promise<unknown>;
}
