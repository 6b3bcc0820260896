import type { KubernetesRequestCount } from '../../agent/model.ts';
import { familyOf, labelValue, type Family } from './exposition.ts';

/** What the agent asks of the API server, so that its load can be seen and not only promised. */
export function requestFamily(counts: readonly KubernetesRequestCount[]): Family {
  return familyOf(
    'railmedic_kubernetes_requests_total',
    'counter',
    'Requests to the Kubernetes API server by method (WATCH for a watch) and HTTP status (none: no answer came).',
    counts.map(({ method, status, count }) => [`method="${labelValue(method)}",status="${labelValue(status)}"`, count] as const),
  );
}
