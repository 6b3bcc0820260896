import type { Judgement } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { faultAt } from './place.ts';
import { probeLines, serverPort, standaloneServers, type StandaloneServer } from './standalone-server.ts';

const KINDS = ['startup', 'readiness', 'liveness'] as const;
type Kind = (typeof KINDS)[number];

/** What follows where a probe is missing. */
const EFFECT: Readonly<Record<Kind, string>> = {
  startup: 'nothing tells a long load from a hang',
  readiness: 'requests arrive while the model still loads',
  liveness: 'a dead engine stays up and answers 503',
};
/** The source document's periods; the startup probe gives 15 minutes in place of its 5. */
const REST: Readonly<Record<Kind, readonly string[]>> = {
  startup: ['periodSeconds: 10', 'failureThreshold: 90   # 15 minutes to load the model'],
  readiness: ['periodSeconds: 10', 'timeoutSeconds: 5', 'failureThreshold: 3'],
  liveness: ['periodSeconds: 30', 'timeoutSeconds: 10', 'failureThreshold: 3'],
};

export const probesMissing = defineRule({
  name: 'ProbesMissing',
  title: 'A vLLM server without all three probes',
  severity: 'warning',
  page: 'rules/manifest/probes-missing.md',
  needs: ['manifests'],
  settings: { startupSeconds: 900 },
  *check({ manifests }, _before, _seconds, settings) {
    for (const server of standaloneServers(manifests)) yield* judge(server, settings.startupSeconds);
  },
});

function* judge({ engine, container }: StandaloneServer, startupSeconds: number): Iterable<Judgement> {
  const missing = KINDS.filter((kind) => container.probes[kind] === undefined);
  if (missing.length === 0) return;
  const { liveness } = container.probes;
  const budget = liveness ? liveness.initialDelaySeconds + liveness.failureThreshold * liveness.periodSeconds : 0;
  // A liveness probe that waits long enough does what a startup probe would, only later.
  const isCovered = missing.length === 1 && missing[0] === 'startup' && budget >= startupSeconds;
  const names = missing.map((kind) => `${kind}Probe`);
  yield faultAt(container, {
    message: isCovered
      ? `container ${container.name} runs a vLLM server without startupProbe: its livenessProbe waits ${budget} s in its place, so a server that hangs in its first ${budget} s is not restarted`
      : `container ${container.name} runs a vLLM server without ${join(names)}: ${missing.map((kind) => EFFECT[kind]).join('; ')}`,
    found: `no ${join(names)}`,
    expected: 'startupProbe, readinessProbe and livenessProbe on /health',
    snippet: missing.flatMap((kind) => probeLines(`${kind}Probe`, serverPort(engine), REST[kind])).join('\n'),
    evidence: { container: container.name, missing: names },
    ...(isCovered && { severity: 'info' }),
  });
}

function join(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
