import type { Cause, Pod, PodContainer, PodProbe } from '../../agent/model.ts';
import { containerFlag, eventsCommand, kubectl } from './pod-words.ts';

/** The probe's own words are in the pod's Events, so each cause begins there. */
export function probeCauses(pod: Pod, container: PodContainer, probe: PodProbe): readonly Cause[] {
  const events = `${eventsCommand(pod)} | grep -E 'Unhealthy|Killing'`;
  const logs = kubectl(container.restarts > 0 ? 'logs --previous --tail=40' : 'logs --tail=40', pod, containerFlag(container));
  const hung: Cause = {
    cause: 'engine-hangs',
    likelihood: probe.kind === 'startup' ? 'possible' : 'likely',
    why: 'the process is there and does not answer: it waits in a collective or in the driver; look at the fabric and GPU findings of this node',
    check: [events, logs],
    fix: [],
  };
  const slow: Cause = {
    cause: 'budget-too-short',
    likelihood: probe.kind === 'startup' ? 'likely' : 'possible',
    why: `nothing listens while a model is downloaded, loaded and compiled, and the probe allows ${probe.budgetSeconds} s`,
    check: [events, logs],
    fix: ['# startupProbe with failureThreshold × periodSeconds of at least 900 s; cache the weights on a volume'],
  };
  const wrong: Cause = {
    cause: 'probe-asks-the-wrong-thing',
    likelihood: 'possible',
    why: `port or path are not the server's (${probe.what})`,
    check: [kubectl('exec', pod, `${containerFlag(container)} -- sh -c 'ss -ltn 2>/dev/null || cat /proc/net/tcp'`)],
    fix: [],
  };
  return probe.kind === 'startup' ? [slow, hung, wrong] : [hung, slow, wrong];
}
