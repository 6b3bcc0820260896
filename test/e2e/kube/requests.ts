import type { AuditEvent, Cluster } from './cluster.ts';
import { NAMESPACE } from './accounts.ts';

/** Each request of a service account once, oldest first. */
export function requestsOf(cluster: Cluster, account: string, sinceMs = 0): readonly AuditEvent[] {
  const name = `system:serviceaccount:${NAMESPACE}:${account}`;
  const own = cluster.audit(`"${name}"`).filter(({ user, requestReceivedTimestamp }) => user.username === name && Date.parse(requestReceivedTimestamp) >= sinceMs);
  return [...new Map(own.map((event) => [event.auditID, event])).values()];
}

/** `watch pods`, `list pods`, `patch nodes/status`, `create events`. */
export function kindOf({ verb, requestURI }: AuditEvent): string {
  const [path = ''] = requestURI.split('?');
  const parts = path.replace(/^\/(?:api\/v1|apis\/[^/]+\/[^/]+)\//, '').replace(/^namespaces\/[^/]+\/(?=.)/, '').split('/');
  const [resource = '', , subresource] = parts;
  return `${verb} ${subresource === undefined ? resource : `${resource}/${subresource}`}`;
}

export function countsOf(requests: readonly AuditEvent[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const request of requests) counts[kindOf(request)] = (counts[kindOf(request)] ?? 0) + 1;
  return counts;
}
