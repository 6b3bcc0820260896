import type { Pod, PodContainer, PodProbe, Symptom } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { counted } from '../words.ts';
import { probeCauses } from './probe-causes.ts';
import { secondsFrom, spanWords, subjectOf, usesDevices, workloadWords } from './pod-words.ts';

/** What a probe did to a container, as far as its status tells; the words of the failure are in the pod's Events. */
interface Failing {
  readonly probe: PodProbe;
  readonly words: string;
  /** Whether something else could have done the same. */
  readonly isInferred: boolean;
}

/** SIGKILL and SIGTERM, with which kubelet ends a container whose probe has failed for good. */
const KILLED = [137, 143];

export const podProbeFailing = defineRule({
  name: 'PodProbeFailing',
  title: 'A probe of a pod that uses GPUs or EFA fails',
  severity: 'warning',
  page: 'rules/workload/pod-probe-failing.md',
  needs: ['pods'],
  forSeconds: 30,
  clearAfterSeconds: 120,
  settings: {
    // Large models load for a quarter of an hour; before that, not being ready is no fault.
    neverReadySeconds: 900,
    // So long a kill by a probe is told: the container is back and may be well.
    killedSeconds: 600,
  },
  *check(now, _before, _seconds, settings) {
    for (const pod of now.pods.pods) {
      if (!usesDevices(pod) || pod.phase !== 'Running' || pod.deletedAt !== undefined) continue;
      for (const container of pod.containers) {
        if (container.isInit) continue;
        const failing = killedByProbe(container, now.pods.seenAt, settings.killedSeconds) ?? notReady(pod, container, now.pods.seenAt, settings.neverReadySeconds);
        if (!failing) continue;
        yield symptom(pod, container, failing);
        break;
      }
    }
  },
});

/** Turned unready after it had started, or not once ready in all the time that a model may take to load. */
function notReady(pod: Pod, container: PodContainer, seenAt: string, neverReadySeconds: number): Failing | undefined {
  const { state, ready, started } = container;
  const probe = container.probes.find(({ kind }) => kind === 'readiness');
  const hasStarted = state?.kind === 'running' && started !== false;
  // A Ray worker without a replica of Serve has no proxy to answer its probe, and is not meant to be ready.
  if (!probe || !hasStarted || ready || pod.role === 'worker') return undefined;
  const running = secondsFrom(state.startedAt, seenAt);
  const since = pod.conditions.find(({ type, status }) => type === 'ContainersReady' && status === 'False')?.since;
  const readyFor = since !== undefined && state.startedAt !== undefined ? (Date.parse(since) - Date.parse(state.startedAt)) / 1000 : 0;
  if (readyFor > 0 && since !== undefined) {
    const unready = secondsFrom(since, seenAt);
    return { probe, words: `was ready and has not been for ${spanWords(unready ?? 0)}: its readiness probe (${probe.what}) fails`, isInferred: false };
  }
  if (running === undefined || running < Math.max(neverReadySeconds, probe.budgetSeconds)) return undefined;
  return { probe, words: `has been running for ${spanWords(running)} and was never ready: its readiness probe (${probe.what}) has not succeeded once`, isInferred: false };
}

/** Lately ended by a signal after at least the time its probe allows: kubelet does so, others seldom. */
function killedByProbe({ lastState, probes, restarts }: PodContainer, seenAt: string, killedSeconds: number): Failing | undefined {
  if (lastState?.kind !== 'terminated' || lastState.reason === 'OOMKilled' || !KILLED.includes(lastState.exitCode ?? -1)) return undefined;
  const ago = secondsFrom(lastState.finishedAt, seenAt);
  const ran = secondsFrom(lastState.startedAt, lastState.finishedAt);
  if (ago === undefined || ago > killedSeconds || ran === undefined) return undefined;
  const startup = probes.find(({ kind }) => kind === 'startup');
  const liveness = probes.find(({ kind }) => kind === 'liveness');
  const times = `${counted(restarts, 'restart')} so far`;
  // The grace period comes on top of the budget; it is thirty seconds by default and seldom more than minutes.
  if (startup && ran >= startup.budgetSeconds * 0.9 && ran <= startup.budgetSeconds + 120) {
    return { probe: startup, words: `was killed ${spanWords(ran)} after its start: its startup probe (${startup.what}) allows ${spanWords(startup.budgetSeconds)}; ${times}`, isInferred: true };
  }
  const begins = startup ? startup.budgetSeconds : 0;
  if (!liveness || ran < Math.min(begins, liveness.budgetSeconds)) return undefined;
  return { probe: liveness, words: `was killed ${spanWords(ran)} after its start with exit code ${lastState.exitCode ?? ''}, as by its liveness probe (${liveness.what}); ${times}`, isInferred: true };
}

function symptom(pod: Pod, container: PodContainer, { probe, words, isInferred }: Failing): Symptom {
  return {
    subject: subjectOf(pod),
    message: `container ${container.name}${workloadWords(pod)} ${words}`,
    evidence: { podUid: pod.uid, container: container.name, probe: probe.kind, asks: probe.what, budgetSeconds: probe.budgetSeconds, inferred: isInferred, restarts: container.restarts },
    causes: probeCauses(pod, container, probe),
  };
}
