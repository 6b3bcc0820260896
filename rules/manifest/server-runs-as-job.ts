import type { Command, Container, Judgement, ManifestWorkload, PodGroup } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { faultAt, spotAt } from './place.ts';

/** A Job ends; what serves must be restarted for ever, rolled over and reached by a Service. */
export const serverRunsAsJob = defineRule({
  name: 'ServerRunsAsJob',
  title: 'An inference server that runs as a Job',
  severity: 'warning',
  page: 'rules/manifest/server-runs-as-job.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      // A server that a training asks for completions lives as long as the training.
      if (!/^(Cron)?Job$/.test(workload.object.kind) || workload.purpose === 'training') continue;
      for (const pod of workload.pods) {
        const server = pod.containers.find((container) => serverOf(workload, container) !== undefined);
        // Beside another container that computes, the server is its tool, as in a benchmark.
        if (server && pod.containers.every((container) => container === server || isSidecar(container))) yield* judge(workload, pod, server);
      }
    }
  },
});

function isSidecar({ commands }: Container): boolean {
  return commands.length === 0;
}

/** What the container serves with, if it is the last thing that it runs. */
function serverOf(workload: ManifestWorkload, container: Container): string | undefined {
  const last = container.commands.findLastIndex((command) => serves(workload, container, command));
  const isImage = container.commands.length === 0 && workload.engines.some((engine) => engine.kind === 'server' && engine.container === container);
  if (isImage) return 'vLLM';
  const command = container.commands[last];
  return command && container.commands.slice(last + 1).every(waits) ? command.words[0]?.text : undefined;
}

/** vLLM's server, `serve run`, or Python of the user's own that starts a Serve application or an HTTP server. */
function serves({ engines }: ManifestWorkload, container: Container, command: Command): boolean {
  const isEngine = (kind: string): boolean => engines.some((engine) => engine.kind === kind && engine.container === container && engine.position.line === command.position.line && engine.position.column === command.position.column);
  if (isEngine('server')) return true;
  const [first, second] = command.words;
  if (/(^|\/)serve$/.test(first?.text ?? '') && second?.text === 'run') return true;
  const text = command.heredoc ?? command.words.map((word) => word.text).join(' ');
  return isEngine('handwritten') && /\bserve\.run\s*\(|\buvicorn\.run\s*\(/.test(text);
}

/** Keeps a container alive after what it started, and does nothing else. */
function waits({ words: [first] }: Command): boolean {
  return /(^|\/)(wait|sleep|tail|echo|trap|exit|while|do|done|true|fi|if|then|else)$/.test(first?.text ?? '');
}

function* judge({ object }: ManifestWorkload, pod: PodGroup, container: Container): Iterable<Judgement> {
  const limit = object.get([...pod.path.slice(0, -1), 'backoffLimit']);
  const retries = typeof limit === 'number' ? limit : 6;
  const isFinal = pod.restartPolicy === 'Never' && retries === 0;
  yield faultAt(spotAt(object, ['kind']), {
    message: `container ${container.name} is a server and runs as a ${object.kind} ${isFinal ? 'with restartPolicy Never and backoffLimit 0: its first failure, or one failed liveness probe, ends it for good' : `that gives up after ${retries} failures: then it stays down, and it has no rolling update`}`,
    found: `kind: ${object.kind}, restartPolicy: ${pod.restartPolicy ?? 'not written'}, backoffLimit: ${retries}`,
    expected: 'a Deployment, or a RayService for Ray Serve',
    snippet: ['apiVersion: apps/v1', 'kind: Deployment', 'metadata:', `  name: ${object.name}`, 'spec:', '  replicas: 1', '  selector:', '    matchLabels:', `      app: ${object.name}`, '  template:', '    metadata:', '      labels:', `        app: ${object.name}`, '    spec:', '      # the pod spec of the Job, without restartPolicy'].join('\n'),
    evidence: { container: container.name, backoffLimit: retries, restartPolicy: pod.restartPolicy ?? '' },
  });
}
