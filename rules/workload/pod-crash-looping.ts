import type { Cause, ContainerState, Evidence, Pod, PodContainer } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { causesInLog } from './log-causes.ts';
import { lastLines, saidAtEnd, tellingLine, type Said } from './log-lines.ts';
import { containerFlag, eventsCommand, kubectl, secondsFrom, spanWords, subjectOf, usesDevices, workloadWords } from './pod-words.ts';

export const podCrashLooping = defineRule({
  name: 'PodCrashLooping',
  title: 'A pod that uses GPUs or EFA crashes again and again',
  severity: 'warning',
  page: 'rules/workload/pod-crash-looping.md',
  needs: ['pods'],
  // Between two waits the container runs; kubelet forgets its crashes after ten minutes without one.
  clearAfterSeconds: 600,
  explainedBy: ['CudaOutOfMemory', 'PodOomKilled', 'PodProbeFailing'],
  settings: {},
  *check(now) {
    for (const pod of now.pods.pods) {
      if (!usesDevices(pod)) continue;
      const crashing = pod.containers.find(({ state }) => state?.kind === 'waiting' && state.reason === 'CrashLoopBackOff');
      if (!crashing) continue;
      const last = crashing.lastState?.kind === 'terminated' ? crashing.lastState : undefined;
      const said = saidAtEnd(crashing, last);
      yield {
        subject: subjectOf(pod),
        message: messageOf(pod, crashing, last, said),
        evidence: evidenceOf(pod, crashing, last, said),
        causes: causesOf(pod, crashing, last, said),
      };
    }
  },
});

function messageOf(pod: Pod, { name, isInit, restarts, logMissing }: PodContainer, last: ContainerState | undefined, { from, lines }: Said): string {
  const who = `${isInit ? 'init container' : 'container'} ${name}${workloadWords(pod)} has restarted ${restarts} time${restarts === 1 ? '' : 's'}`;
  if (!last) return `${who} and waits for the next try (CrashLoopBackOff)`;
  const ran = secondsFrom(last.startedAt, last.finishedAt);
  const after = ran === undefined ? '' : ` after ${spanWords(ran)}`;
  const line = tellingLine(causesInLog(lines, []).slice(0, 1).map((found) => found.line)) ?? tellingLine(lines);
  const unread = logMissing === undefined ? '' : `; its log was not read: ${logMissing}`;
  const said = line === undefined ? unread : `; ${from === 'log' ? 'its log says' : 'it left this message'}: ${line}`;
  return `${who}; the last run ended${after} with exit code ${last.exitCode ?? 'unknown'} (${exitWords(last)})${said}`;
}

/** Above 128 the number of a signal (signal(7)) stands behind it. */
function exitWords({ exitCode, reason }: ContainerState): string {
  const signals: Readonly<Record<number, string>> = { 134: 'SIGABRT', 135: 'SIGBUS', 137: 'SIGKILL', 139: 'SIGSEGV', 143: 'SIGTERM' };
  const signal = exitCode === undefined ? undefined : signals[exitCode];
  return [signal, reason].filter((part) => part !== undefined).join(', ') || 'no reason given';
}

function evidenceOf(pod: Pod, { name, restarts, logMissing }: PodContainer, last: ContainerState | undefined, { lines }: Said): Evidence {
  return {
    podUid: pod.uid,
    container: name,
    restarts,
    ...(last?.exitCode !== undefined && { exitCode: last.exitCode }),
    ...(last?.reason !== undefined && { reason: last.reason }),
    ...(last?.finishedAt !== undefined && { lastEnded: last.finishedAt }),
    ...(lines.length > 1 && { log: lastLines(lines) }),
    ...(logMissing !== undefined && { logNotRead: logMissing }),
  };
}

/** By exit code, where the log does not say. */
const BY_EXIT: readonly (readonly [codes: readonly number[], cause: string, why: string])[] = [
  [[137], 'killed', 'SIGKILL from outside: the memory limit, a liveness or startup probe that failed for good, or the node'],
  [[143], 'terminated', 'SIGTERM from outside: a probe that failed for good, or a controller that replaces the pod'],
  [[126, 127], 'no-such-command', 'the command of the container is not in the image or cannot be executed'],
  [[134, 139], 'native-crash', 'the process crashed in native code (SIGABRT, SIGSEGV): NCCL, a CUDA library that does not fit the driver, or a failed assertion'],
  [[135], 'shared-memory-full', 'SIGBUS: most often /dev/shm is full; NCCL and data loaders live in it'],
  [[0], 'not-meant-to-end', 'the process ended well where it is meant to run on: a server that runs as a script, restartPolicy Always on a job'],
];

/** SIGKILL and SIGTERM. */
const KILLED: readonly number[] = [137, 143];

function causesOf(pod: Pod, container: PodContainer, last: ContainerState | undefined, { lines }: Said): readonly Cause[] {
  const logs = kubectl('logs --previous --tail=80', pod, containerFlag(container));
  const check = [logs, kubectl('describe pod', pod), eventsCommand(pod)];
  const logged = causesInLog(lines, [logs]).map((found) => found.cause);
  const known = BY_EXIT.find(([codes]) => last?.exitCode !== undefined && codes.includes(last.exitCode));
  const application: Cause = {
    cause: 'application-error',
    likelihood: known || logged.length > 0 ? 'possible' : 'likely',
    why: 'the program itself gave up: an argument, a missing model or token, no CUDA device, a rendezvous that nobody answered',
    check,
    fix: [],
  };
  if (!known) return [...logged, application];
  const [, cause, why] = known;
  const byExit = { cause, why, check, fix: [] };
  // Who kills from outside does not ask what the program has logged.
  if (KILLED.includes(last?.exitCode ?? 0)) return [{ ...byExit, likelihood: 'likely' }, ...logged.map((one) => ({ ...one, likelihood: 'possible' as const })), application];
  return [...logged, { ...byExit, likelihood: logged.length > 0 ? 'possible' : 'likely' }, application];
}
