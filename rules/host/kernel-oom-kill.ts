import type { Cause, Evidence } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { grouped } from '../words.ts';
import { oomKills, type OomKill } from './oom-line.ts';

// A process names itself: the length is bounded here, exporters escape the rest.
const PROCESS_LENGTH = 64;

export const kernelOomKill = defineRule({
  name: 'KernelOomKill',
  title: 'The kernel killed a process for want of memory',
  severity: 'warning',
  page: 'rules/host/kernel-oom-kill.md',
  needs: ['kernel-log'],
  lasts: 'event',
  clearAfterSeconds: 3600,
  // Nodes have been seen that kill 4 500 processes a minute (node-problem-detector issue 282): beyond this many of one look
  // the rest is one finding.
  settings: { maxFindingsPerLook: 20 },
  *check(now, _before, _seconds, settings) {
    const kills = [...oomKills(now['kernel-log'].lines)];
    const rest = kills.slice(settings.maxFindingsPerLook);
    for (const kill of kills.slice(0, settings.maxFindingsPerLook)) {
      const name = kill.process.slice(0, PROCESS_LENGTH);
      yield {
        subject: `${name}[${kill.pid}]`,
        message: `${name}[${kill.pid}] was killed${held(kill)}: ${whatRanOut(kill)}`,
        evidence: evidence(kill),
        causes: causes(kill),
        happenedAt: kill.line.time,
      };
    }
    const last = rest.at(-1);
    if (!last) return;
    yield {
      subject: 'node',
      message: `${grouped(rest.length)} more processes were killed for want of memory in the same moment`,
      evidence: { kills: kills.length, namedKills: settings.maxFindingsPerLook },
      causes: causes(last),
      happenedAt: last.line.time,
    };
  },
});

function held({ anonRssBytes }: OomKill): string {
  return anonRssBytes === undefined ? '' : ` holding ${grouped(anonRssBytes / 2 ** 20)} MiB`;
}

function whatRanOut({ constraint, podUid, cgroup }: OomKill): string {
  const owner = podUid === undefined ? (cgroup ?? 'its control group') : `pod ${podUid}`;
  if (constraint === 'CONSTRAINT_MEMCG') return `the memory limit of ${owner} was reached`;
  if (constraint === 'CONSTRAINT_NONE') return `the node had no memory left${podUid === undefined ? '' : ` (of ${owner})`}`;
  return constraint === undefined ? 'out of memory' : `out of memory (${constraint})`;
}

function evidence(kill: OomKill): Evidence {
  const { pid, process, anonRssBytes, cgroup, podUid, containerId, constraint, line } = kill;
  const known = { anonRssBytes, cgroup, podUid, containerId, constraint };
  const entries = Object.entries(known).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return { pid, process: process.slice(0, PROCESS_LENGTH), ...Object.fromEntries(entries), kernelTime: line.time };
}

function causes({ constraint, podUid, containerId }: OomKill): readonly Cause[] {
  const ofPod = podUid === undefined ? '' : ` | grep ${podUid}`;
  const which =
    `kubectl get pods -A -o custom-columns=UID:.metadata.uid,NAMESPACE:.metadata.namespace,NAME:.metadata.name${ofPod}`;
  const limit: Cause = {
    cause: 'container-memory-limit',
    likelihood: constraint === 'CONSTRAINT_MEMCG' ? 'confirmed' : 'possible',
    why: 'the container used more than its memory limit; a Memory-backed /dev/shm counts against it',
    check: [which, ...(containerId === undefined ? [] : [`crictl inspect ${containerId} | grep -i -A3 memory`])],
    fix: ['kubectl set resources -n "$NAMESPACE" "$WORKLOAD" -c "$CONTAINER" --limits=memory="$MORE"'],
  };
  const node: Cause = {
    cause: 'node-memory-exhausted',
    likelihood: constraint === 'CONSTRAINT_NONE' ? 'confirmed' : 'possible',
    why: 'pods without limits, limits above what the node has, or reserved hugepages left the node without memory',
    check: ['free -m', 'kubectl describe node "$NODE" | grep -A12 "Allocated resources"', 'ps -eo pid,rss,comm --sort=-rss | head'],
    fix: ['kubectl set resources -n "$NAMESPACE" "$WORKLOAD" --requests=memory="$NEEDED" --limits=memory="$NEEDED"'],
  };
  return constraint === 'CONSTRAINT_NONE' ? [node, limit] : [limit, node];
}
