import type { Judgement, Probe } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { hasCachedWeights } from './cached-weights.ts';
import { faultAt } from './place.ts';
import { probeLines, serverPort, standaloneServers, type StandaloneServer } from './standalone-server.ts';

/** A container that is killed while it loads loads again, and is killed again. */
export const probeBudgetTooShort = defineRule({
  name: 'ProbeBudgetTooShort',
  title: 'The server is killed before it has loaded its model',
  severity: 'warning',
  page: 'rules/manifest/probe-budget-too-short.md',
  needs: ['manifests'],
  settings: { startupSeconds: 900, cachedStartupSeconds: 180 },
  *check({ manifests }, _before, _seconds, settings) {
    for (const server of standaloneServers(manifests)) {
      const isCached = hasCachedWeights(server.container, server.engine);
      yield* judge(server, isCached ? settings.cachedStartupSeconds : settings.startupSeconds, isCached);
    }
  },
});

function* judge({ engine, container }: StandaloneServer, needed: number, isCached: boolean): Iterable<Judgement> {
  const { startup, liveness } = container.probes;
  // Until the startup probe has passed once the other two do not run; without one, liveness is what kills.
  const probe = startup ?? liveness;
  if (!probe || budgetOf(probe) >= needed) return;
  const budget = budgetOf(probe);
  const kind = startup ? 'startupProbe' : 'livenessProbe';
  const threshold = Math.ceil(needed / Math.max(1, startup?.periodSeconds ?? 10));
  yield faultAt(probe, {
    message: `the ${kind} of container ${container.name} kills the server after ${budget} s (${probe.initialDelaySeconds} + ${probe.failureThreshold} × ${probe.periodSeconds}); ${isCached ? `loading from a volume, compiling and capturing take up to ${needed} s` : `a first start that downloads the weights takes up to ${needed} s, and the kill makes it begin again`}`,
    found: `${budget} s`,
    expected: `${startup ? '' : 'a startupProbe of '}${needed} s or more`,
    snippet: probeLines('startupProbe', serverPort(engine), [`periodSeconds: ${startup?.periodSeconds ?? 10}`, `failureThreshold: ${threshold}`]).join('\n'),
    evidence: { container: container.name, probe: kind, budgetSeconds: budget, neededSeconds: needed, weightsCached: isCached },
  });
}

function budgetOf({ initialDelaySeconds, failureThreshold, periodSeconds }: Probe): number {
  return initialDelaySeconds + failureThreshold * periodSeconds;
}
