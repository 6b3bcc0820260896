import type { Container, Judgement, Probe, RayGroup, YamlValue } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { faultAt } from './place.ts';
import { listOf, mapOf } from './yaml-values.ts';

const KINDS = ['startup', 'readiness', 'liveness'] as const;
const EFFECT = {
  startup: 'the kubelet kills the pod again and again',
  readiness: 'the pod never becomes ready',
  liveness: 'the kubelet kills the pod again and again',
} as const;

/** KubeRay gives Ray pods probes that ask the raylet, and writes none where somebody else did. */
export const rayProbeOverridden = defineRule({
  name: 'RayProbeOverridden',
  title: 'A vLLM probe on a Ray pod',
  severity: 'warning',
  page: 'rules/manifest/ray-probe-overridden.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const { ray, engines } of manifests.workloads) {
      for (const group of ray?.groups ?? []) {
        const container = group.pod?.containers[0];
        if (!container || mayRunServer(container) || engines.some((engine) => engine.kind === 'server' && engine.container === container)) continue;
        for (const kind of KINDS) {
          const probe = container.probes[kind];
          if (probe && asksForVllm(container, probe)) yield* judge(group, container, kind, probe);
        }
      }
    }
  },
});

/** A script of the user's own may start vLLM's server beside Ray: then the probe is right. */
function mayRunServer({ commands }: Container): boolean {
  return commands.some(({ words }) => words.some(({ text }) => /\bvllm\b|\.(sh|py)$/.test(text)));
}

/** An HTTP probe, or `curl`, of `/health` at port 8000; Serve's own health is `/-/healthz`. */
function asksForVllm(container: Container, { httpPath, port, command }: Probe): boolean {
  if (httpPath !== undefined) return /^\/health\/?$/.test(httpPath) && (port === 8000 || portNamed(container, port) === 8000);
  return command.some((word) => /:8000\/health\b(?!z)/.test(word));
}

function portNamed({ object, path }: Container, name: number | string | undefined): YamlValue | undefined {
  return listOf(object.get([...path, 'ports'])).map(mapOf).find((port) => typeof name === 'string' && port?.['name'] === name)?.['containerPort'];
}

function* judge(group: RayGroup, container: Container, kind: keyof typeof EFFECT, probe: Probe): Iterable<Judgement> {
  const pods = group.role === 'head' ? 'the head pod' : `pods of ${group.name}`;
  yield faultAt(probe, {
    message: `the ${kind}Probe of container ${container.name} asks for vLLM's /health on port 8000; on a Ray pod nothing answers there unless a Serve proxy and a replica happen to run on it, so ${EFFECT[kind]} (${pods})`,
    found: `${kind}Probe of /health on port 8000`,
    expected: kind === 'startup' ? 'no startupProbe' : `no ${kind}Probe: KubeRay injects the right one where none is written`,
    snippet: `# remove ${kind}Probe: KubeRay asks the raylet, and of serving workers /-/healthz`,
    evidence: { container: container.name, group: group.name, probe: `${kind}Probe` },
  });
}
