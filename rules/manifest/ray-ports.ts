import type { Judgement, RayGroup, Setting } from '../../agent/model.ts';
import { faultAt } from './place.ts';

/** What `ray start` takes as one port each; python/ray/_private/parameter.py refuses two that are equal. */
const PORTS = ['port', 'dashboard-port', 'ray-client-server-port', 'node-manager-port', 'object-manager-port', 'metrics-export-port', 'dashboard-agent-listen-port', 'dashboard-agent-grpc-port', 'runtime-env-agent-port'];
/** Ports of Ray's workers where nothing is written; the same file. */
const WORKER_PORTS = { min: 10_002, max: 19_999 };

/** Ports of one Ray pod that are the same, or lie among those of its workers. */
export function* portFaults({ name, rayStartParams }: RayGroup): Iterable<Judgement> {
  const least = portOf(rayStartParams['min-worker-port']) ?? WORKER_PORTS.min;
  const most = portOf(rayStartParams['max-worker-port']) ?? WORKER_PORTS.max;
  const seen = new Map<number, string>();
  for (const key of PORTS) {
    const setting = rayStartParams[key];
    const port = portOf(setting);
    if (!setting || port === undefined) continue;
    const other = seen.get(port) ?? (port >= least && port <= most ? `the worker ports ${least} to ${most}` : undefined);
    seen.set(port, key);
    if (other === undefined) continue;
    yield faultAt(setting, {
      message: `group ${name} gives ${key} the port ${port}, which also belongs to ${other}: ray start refuses it ("is trying to use a port number … that is used by other components")`,
      found: `${key}: '${port}'`,
      expected: 'a port of its own outside of the worker ports',
      evidence: { port, group: name },
    });
  }
}

function portOf(setting: Setting | undefined): number | undefined {
  const value = Number(setting?.value ?? Number.NaN);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
