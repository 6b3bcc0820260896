import type { Judgement, ManifestWorkload, RayCluster, RayGroup, ServeDeployment, Setting } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { workloadGpus } from './instance-fit.ts';
import { faultAt } from './place.ts';

/** Ray's older names; python/ray/serve/config.py and schema.py of today know them no more and refuse or ignore them. */
const RENAMED: Readonly<Record<string, string>> = {
  target_num_ongoing_requests_per_replica: 'target_ongoing_requests',
  max_concurrent_queries: 'max_ongoing_requests',
};
/**
 * The new names came with Ray 2.10 (its release notes). The old ones went by ray#46392 and ray#46427, merged in the middle of July 2024,
 * when 2.32 was out (ray#46470) and 2.33 was not (ray#46739).
 */
const RENAMED_IN = 10;
const LAST_WITH_OLD_NAMES = 32;
/** python/ray/serve/config.py and _private/constants.py, 2026. */
const STANDARD = { min_replicas: 1, max_replicas: 1, target_ongoing_requests: 2, max_ongoing_requests: 5 } as const;
/** ray.serve.llm raises it: python/ray/llm/_internal/serve/constants.py, DEFAULT_MAX_ONGOING_REQUESTS. */
const LLM_MAX_ONGOING_REQUESTS = 1_000_000_000;
/** Likewise, DEFAULT_MAX_REPLICAS. */
const LLM_MAX_REPLICAS = 10;

export const autoscalingInconsistent = defineRule({
  name: 'AutoscalingInconsistent',
  title: 'Autoscaling settings that contradict one another',
  severity: 'warning',
  page: 'rules/manifest/autoscaling-inconsistent.md',
  needs: ['manifests'],
  settings: { unusedFactor: 4 },
  *check({ manifests }, _before, _seconds, settings) {
    for (const workload of manifests.workloads) {
      for (const group of workload.ray?.groups ?? []) yield* groupBounds(group);
      for (const deployment of workload.serve) {
        yield* renamed(deployment, workload.ray?.version);
        yield* replicaBounds(deployment);
        yield* requestBounds(deployment);
      }
      yield* capacity(workload, settings.unusedFactor);
    }
  },
});

function* groupBounds({ name, minReplicas: min, maxReplicas: max }: RayGroup): Iterable<Judgement> {
  if (!min || !max || min.value <= max.value) return;
  yield faultAt(min, {
    message: `worker group ${name} has minReplicas ${min.value} above maxReplicas ${max.value}: KubeRay refuses it`,
    found: `minReplicas: ${min.value}, maxReplicas: ${max.value}`,
    expected: 'minReplicas at most maxReplicas',
    snippet: `minReplicas: ${max.value}\nmaxReplicas: ${min.value}`,
  });
}

function* renamed({ name, options, autoscaling }: ServeDeployment, version: string | undefined): Iterable<Judgement> {
  const minor = Number(/^v?2\.(\d+)(?!\d)/.exec(version ?? '')?.[1] ?? Infinity);
  if (minor < RENAMED_IN) return;
  const isRead = minor <= LAST_WITH_OLD_NAMES;
  for (const [old, current] of Object.entries(RENAMED)) {
    const setting = options[old] ?? autoscaling[old];
    if (!setting) continue;
    yield faultAt(setting, {
      message: isRead
        ? `deployment ${name} sets ${old}, which Ray ${version ?? ''} still reads and calls ${current} since 2.${RENAMED_IN}: Ray after 2.${LAST_WITH_OLD_NAMES} does not read the old name any more`
        : `deployment ${name} sets ${old}, which Ray Serve now calls ${current} and no longer reads under its old name`,
      found: `${old}: ${shown(setting)}`,
      expected: current,
      snippet: `${current}: ${shown(setting)}`,
      ...(isRead && { severity: 'info' }),
    });
  }
}

function* replicaBounds({ name, options, autoscaling, engine }: ServeDeployment): Iterable<Judgement> {
  const { min_replicas: min, max_replicas: max, initial_replicas: initial } = autoscaling;
  const fixed = options['num_replicas'];
  const [first] = Object.values(autoscaling);
  if (fixed && first && fixed.value !== 'auto' && fixed.value !== null) {
    yield faultAt(fixed, {
      message: `deployment ${name} sets both num_replicas and autoscaling_config; Ray Serve refuses the two together`,
      found: `num_replicas: ${shown(fixed)}`,
      expected: 'one of the two',
    });
  }
  const most = numberOf(max) ?? (engine ? LLM_MAX_REPLICAS : STANDARD.max_replicas);
  const least = numberOf(min) ?? STANDARD.min_replicas;
  if (min && least > most) {
    yield faultAt(min, {
      message: `deployment ${name} has min_replicas ${least} above max_replicas ${most}${max ? '' : ', the default'}`,
      found: `min_replicas: ${least}, max_replicas: ${most}`,
      expected: 'min_replicas at most max_replicas',
      snippet: `min_replicas: ${Math.min(least, most)}\nmax_replicas: ${Math.max(least, most)}`,
    });
  }
  const begin = numberOf(initial);
  if (initial && begin !== undefined && (begin < least || begin > most)) {
    yield faultAt(initial, {
      message: `deployment ${name} has initial_replicas ${begin} outside of min_replicas ${least} to max_replicas ${most}`,
      found: `initial_replicas: ${begin}`,
      expected: `${least} to ${most}`,
      snippet: `initial_replicas: ${Math.min(Math.max(begin, least), most)}`,
    });
  }
}

/** A replica that is asked to run more requests than it admits never reaches its target, and nothing scales. */
function* requestBounds({ name, options, autoscaling, engine }: ServeDeployment): Iterable<Judgement> {
  const written = autoscaling['target_ongoing_requests'];
  const limit = options['max_ongoing_requests'];
  if (!written && !limit) return;
  const target = numberOf(written) ?? STANDARD.target_ongoing_requests;
  const most = numberOf(limit) ?? (engine ? LLM_MAX_ONGOING_REQUESTS : STANDARD.max_ongoing_requests);
  const spot = written ?? limit;
  if (!spot || Object.keys(autoscaling).length === 0 || target <= most) return;
  yield faultAt(spot, {
    message: `deployment ${name} aims at ${target} ongoing requests a replica and admits ${most}${limit ? '' : ' (the default)'}: a full replica stays below its target, so it never scales up`,
    found: `target_ongoing_requests: ${target}, max_ongoing_requests: ${most}`,
    expected: 'target_ongoing_requests below max_ongoing_requests',
    snippet: `max_ongoing_requests: ${target * 2}\nautoscaling_config:\n  target_ongoing_requests: ${target}`,
  });
}

/** What Serve may ask for at most, against what the worker groups can hold at most. */
function* capacity({ ray, serve }: ManifestWorkload, unusedFactor: number): Iterable<Judgement> {
  const held = ray && groupGpus(ray);
  const asked = serve.map((deployment) => ({ deployment, gpus: mostGpus(deployment) }));
  const [largest] = asked.toSorted((a, b) => (b.gpus ?? 0) - (a.gpus ?? 0));
  if (held === undefined || !largest || asked.some(({ gpus }) => gpus === undefined)) return;
  const wanted = asked.reduce((sum, { gpus }) => sum + (gpus ?? 0), 0);
  const spot = largest.deployment.autoscaling['max_replicas'] ?? largest.deployment.options['num_replicas'] ?? largest.deployment;
  const most = `${wanted} GPUs at most`;
  if (wanted > held) {
    yield faultAt(spot, {
      message: `Serve may ask for ${most}, and the worker groups hold ${held} at their maxReplicas: the last replicas stay pending for ever`,
      found: `${wanted} GPUs wanted, ${held} held`,
      expected: 'maxReplicas × GPUs of the worker groups at least max_replicas × GPUs of a replica',
      evidence: { wanted, held },
    });
  } else if (wanted > 0 && held >= wanted * unusedFactor) {
    yield faultAt(spot, {
      message: `Serve may ask for ${most}, and the worker groups hold ${held} at their maxReplicas: ${held - wanted} GPUs can never be used`,
      found: `${wanted} GPUs wanted, ${held} held`,
      expected: `worker groups that hold about ${wanted} GPUs at their maxReplicas`,
      evidence: { wanted, held },
      severity: 'info',
    });
  }
}

function groupGpus({ groups }: RayCluster): number | undefined {
  const pods = groups.map(({ pod }) => pod);
  return pods.every((pod) => pod !== undefined) ? workloadGpus(pods) : undefined;
}

function mostGpus({ options, autoscaling, gpusPerReplica, engine }: ServeDeployment): number | undefined {
  const isScaled = Object.keys(autoscaling).length > 0;
  const written = isScaled ? autoscaling['max_replicas'] : options['num_replicas'];
  const replicas = written ? numberOf(written) : engine ? undefined : 1;
  return replicas === undefined || gpusPerReplica === undefined ? undefined : replicas * gpusPerReplica;
}

function numberOf(setting: Setting | undefined): number | undefined {
  return typeof setting?.value === 'number' ? setting.value : undefined;
}

function shown({ value }: Setting): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
