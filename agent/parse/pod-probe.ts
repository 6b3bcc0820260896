import type { PodProbe } from '../model.ts';
import { listOf, numberOf, objectOf, textOf, type JsonObject } from './json-value.ts';

const KINDS = ['startup', 'readiness', 'liveness'] as const;

/** The probes of a container with the defaults that the API fills in (delay 0, period 10, three failures). */
export function probesOf(container: JsonObject): readonly PodProbe[] {
  return KINDS.flatMap((kind) => {
    const probe = container[`${kind}Probe`];
    if (probe === undefined || probe === null) return [];
    const one = objectOf(probe);
    const failureThreshold = numberOf(one['failureThreshold']) ?? 3;
    const periodSeconds = numberOf(one['periodSeconds']) ?? 10;
    const delaySeconds = numberOf(one['initialDelaySeconds']) ?? 0;
    return [{ kind, what: whatOf(one), budgetSeconds: delaySeconds + failureThreshold * periodSeconds, failureThreshold }];
  });
}

/** `GET :8000/health`, `tcp :6379`, `grpc :9000`, `exec bash`. */
function whatOf(probe: JsonObject): string {
  const [http, tcp, grpc, exec] = ['httpGet', 'tcpSocket', 'grpc', 'exec'].map((key) => (key in probe ? objectOf(probe[key]) : undefined));
  if (http) return `GET ${portOf(http)}${textOf(http['path'], 100) ?? '/'}`;
  if (tcp) return `tcp ${portOf(tcp)}`;
  if (grpc) return `grpc ${portOf(grpc)}`;
  const command = listOf(exec?.['command']).map((part) => textOf(part, 60) ?? '');
  return command.length > 0 ? `exec ${textOf(command.join(' '), 100) ?? ''}` : 'a probe without an action';
}

/** A number, or the name of a port of the container. */
function portOf(action: JsonObject): string {
  return `:${numberOf(action['port']) ?? textOf(action['port']) ?? '?'}`;
}
