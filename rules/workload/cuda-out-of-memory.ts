import type { Cause, ContainerState, Evidence, Pod, PodContainer } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { undecided } from '../rates.ts';
import { memoryFault, memoryWords, OUT_OF_MEMORY, outOfMemoryIn, type OutOfMemory } from './cuda-memory.ts';
import { outOfMemoryCauses } from './cuda-memory-causes.ts';
import { causesInLog } from './log-causes.ts';
import { cut, saidAtEnd } from './log-lines.ts';
import { LARGE_RATIO, VLLM_MEMORY_TEXTS } from './log-texts-cuda.ts';
import { containerFlag, kubectl, secondsFrom, subjectOf, workloadWords } from './pod-words.ts';

export const cudaOutOfMemory = defineRule({
  name: 'CudaOutOfMemory',
  title: 'A program of a GPU pod ran out of GPU memory',
  severity: 'warning',
  page: 'rules/workload/cuda-out-of-memory.md',
  needs: ['pods'],
  // The log is there only while the container is down: a training runs for a while before it comes to its longest batch again.
  clearAfterSeconds: 1800,
  settings: {
    // A monitor's CUDA context takes half a GiB, the allocator's rounding some hundred MiB: under 3 % of a GPU with 20 GiB or more.
    largeRatio: LARGE_RATIO,
    // A pod that is over stays listed until somebody deletes it.
    endedSeconds: 1800,
  },
  *check(now, _before, _seconds, settings) {
    for (const pod of now.pods.pods) {
      if (!usesGpus(pod)) continue;
      const runs = pod.containers.flatMap((container) => {
        const run = failedRun(container);
        return !run || isLongOver(pod, run, now.pods.seenAt, settings.endedSeconds) ? [] : [{ container, run }];
      });
      const subject = subjectOf(pod);
      const [first, ...others] = runs.flatMap(({ container, run }) => toldByPyTorch(pod, container, run, settings.largeRatio) ?? toldByVllm(pod, container, run) ?? []);
      const unread = runs.find(({ container }) => container.logMissing !== undefined)?.container;
      if (first) yield { subject, ...first, message: [first.message, ...others.map(({ message }) => `also ${message}`)].join('; ') };
      else if (unread) yield undecided(subject, `the log of container ${unread.name} was not read: ${unread.logMissing}`);
    }
  },
});

interface Told {
  readonly message: string;
  readonly evidence: Evidence;
  readonly causes: readonly Cause[];
}

/** By count (`nvidia.com/gpu`, `nvidia.com/mig-1g.18gb`) or by claim, whatever that claims. */
function usesGpus({ requests, claims }: Pod): boolean {
  return claims.length > 0 || Object.keys(requests).some((resource) => /\/(?:gpu|mig-)/.test(resource));
}

/** The run that a container is down after. At its memory limit the host's memory ran out, not the GPU's: PodOomKilled. */
function failedRun({ state, lastState }: PodContainer): ContainerState | undefined {
  const run = state?.kind === 'waiting' ? lastState : state;
  return run?.kind === 'terminated' && run.exitCode !== 0 && run.reason !== 'OOMKilled' ? run : undefined;
}

function isLongOver({ phase }: Pod, { finishedAt }: ContainerState, seenAt: string, endedSeconds: number): boolean {
  return (phase === 'Failed' || phase === 'Succeeded') && (secondsFrom(finishedAt, seenAt) ?? Infinity) > endedSeconds;
}

/** What a program says beside its errors: a warning or a hint that repeats the text. An exception's own repr is quoted as well. */
function isAside(before: string): boolean {
  return /\bWARN(?:ING)?\b|Warning\b|\bwarning\b|\b(?:INFO|DEBUG)\b/.test(before) || (/["'`]$/.test(before) && !/error|exception|fatal/i.test(before));
}

function saysAsError(line: string, pattern: RegExp): boolean {
  const match = pattern.exec(line);
  return match !== null && !isAside(line.slice(0, match.index));
}

function toldByPyTorch(pod: Pod, container: PodContainer, run: ContainerState, largeRatio: number): Told | undefined {
  const { lines } = saidAtEnd(container, run);
  const texts = lines.flatMap((line) => {
    const found = saysAsError(line, OUT_OF_MEMORY) ? outOfMemoryIn(line) : undefined;
    return found ? [{ line, found }] : [];
  });
  // The first: what the other ranks say may come of it.
  const [first] = texts;
  if (!first) return undefined;
  const gpus = [...new Set(texts.flatMap(({ found }) => found.gpu ?? []))].toSorted((a, b) => a - b);
  const { found, line } = first;
  return {
    message: `${whoWords(pod, container)} ran out of GPU memory: ${memoryMessage(found, gpus)}${endWords(run)}`,
    evidence: {
      ...commonEvidence(pod, container, run, line),
      fault: memoryFault(found, largeRatio),
      triedBytes: found.tried,
      ...(gpus.length > 0 && { gpus: gpus.map(String) }),
      ...(found.total !== undefined && { totalBytes: found.total }),
      ...(found.free !== undefined && { freeBytes: found.free }),
      ...(found.allocated !== undefined && { allocatedBytes: found.allocated }),
      ...(found.unallocated !== undefined && { unallocatedBytes: found.unallocated }),
      ...(found.others !== undefined && { othersBytes: found.others }),
    },
    causes: outOfMemoryCauses(pod, container, { ...first, lines }, largeRatio),
  };
}

function toldByVllm(pod: Pod, container: PodContainer, run: ContainerState): Told | undefined {
  const lines = saidAtEnd(container, run).lines.filter((line) => VLLM_MEMORY_TEXTS.some(({ pattern }) => saysAsError(line, pattern)));
  const logged = causesInLog(lines, [kubectl('logs --previous --tail=200', pod, containerFlag(container))], VLLM_MEMORY_TEXTS);
  const [first] = logged;
  if (!first) return undefined;
  return {
    message: `${whoWords(pod, container)}: vLLM refused to start for want of GPU memory: ${first.cause.why}${endWords(run)}`,
    evidence: commonEvidence(pod, container, run, first.line),
    causes: logged.map(({ cause }) => cause),
  };
}

function whoWords(pod: Pod, { name, isInit }: PodContainer): string {
  return `${isInit ? 'init container' : 'container'} ${name}${workloadWords(pod)}`;
}

function memoryMessage({ tried, gpu, total, free, allocated, unallocated, others, allowed }: OutOfMemory, gpus: readonly number[]): string {
  const more = gpus.filter((one) => one !== gpu);
  const had = [gpu === undefined ? 'the GPU' : `GPU ${gpu}`, free === undefined ? '' : ` had ${memoryWords(free)} free`, total === undefined ? '' : ` of ${memoryWords(total)}`].join('');
  const parts = [
    `PyTorch asked for another ${memoryWords(tried)}${free === undefined ? ` on ${had}` : `, ${had}`}`,
    ...(allocated === undefined ? [] : [`${memoryWords(allocated)} was in use by this process's PyTorch${unallocated === undefined ? '' : `, ${memoryWords(unallocated)} reserved by it and unused`}`]),
    ...(others === undefined || others === 0 ? [] : [`${memoryWords(others)} was held by others`]),
    ...(allowed === undefined ? [] : [`the program allows itself ${memoryWords(allowed)}`]),
    ...(more.length === 0 ? [] : [`the same on GPU${more.length === 1 ? '' : 's'} ${more.join(', ')}`]),
  ];
  return parts.join('; ');
}

function endWords({ exitCode, finishedAt }: ContainerState): string {
  return `; the run ended with exit code ${exitCode ?? 'unknown'}${finishedAt === undefined ? '' : ` at ${finishedAt}`}`;
}

function commonEvidence(pod: Pod, { name, restarts }: PodContainer, { exitCode, finishedAt }: ContainerState, line: string): Evidence {
  return {
    podUid: pod.uid,
    container: name,
    restarts,
    ...(exitCode !== undefined && { exitCode }),
    ...(finishedAt !== undefined && { ended: finishedAt }),
    line: cut(line),
  };
}
