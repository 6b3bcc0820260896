import type { KubernetesApi, KubernetesCall, KubernetesFailure } from '../../agent/model.ts';

/** A call that failed, with the right it takes: what to add where the API server says 403. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly right: string;
  constructor(failure: Partial<KubernetesFailure> & Error, right: string) {
    super(failure.message, { cause: failure });
    this.status = failure.status;
    this.retryAfterSeconds = failure.retryAfterSeconds;
    this.right = right;
  }
}

/** One call; `right` names what the agent's role must allow for it: `patch on nodes/status`. */
export async function ask(api: KubernetesApi, call: KubernetesCall, right: string, signal: AbortSignal): Promise<unknown> {
  try {
    return await api.request(call, signal);
  } catch (error) {
    throw new CallFailed(error instanceof Error ? error : new Error(String(error)), right);
  }
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof CallFailed ? error.status : undefined;
}
