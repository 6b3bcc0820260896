import type { Container, Manifests, ManifestWorkload, PodGroup, VllmEngine } from '../../agent/model.ts';

export interface StandaloneServer {
  readonly workload: ManifestWorkload;
  readonly engine: VllmEngine;
  readonly pod: PodGroup;
  readonly container: Container;
}

/**
 * Containers that run vLLM's own API server outside of Ray, and answer on HTTP. A Job's server is left out (ServerRunsAsJob
 * speaks of it), and so are the ranks of a server over several nodes that answer nobody.
 */
export function* standaloneServers({ workloads }: Manifests): Iterable<StandaloneServer> {
  for (const workload of workloads) {
    if (workload.ray || workload.purpose !== 'serving' || /^(Cron)?Job$/.test(workload.object.kind)) continue;
    const seen = new Set<Container>();
    for (const engine of workload.engines) {
      const { container, pod, kind } = engine;
      if (kind !== 'server' || !container || !pod || pod.isPartial || seen.has(container) || isSilent(engine)) continue;
      seen.add(container);
      yield { workload, engine, pod, container };
    }
  }
}

/** `--headless`, and every rank but the first; a rank that is only known at run time may be such a one. */
function isSilent({ options }: VllmEngine): boolean {
  const rank = options['node_rank'];
  return options['headless'] !== undefined || (rank !== undefined && rank.value !== 0);
}

/** Port of the server; undefined where it is only known at run time. */
export function serverPort({ options }: VllmEngine): number | undefined {
  const port = options['port'];
  if (!port) return 8000;
  return typeof port.value === 'number' ? port.value : undefined;
}

/** A probe for the snippets. */
export function probeLines(name: string, port: number | undefined, rest: readonly string[]): readonly string[] {
  return [`${name}:`, '  httpGet:', '    path: /health', `    port: ${port ?? '<port of the server>'}`, ...rest.map((line) => `  ${line}`)];
}
