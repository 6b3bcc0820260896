import type { Container, Judgement, Manifests, ManifestWorkload, Spot, VllmEngine } from '../../agent/model.ts';
import { knownModel } from '../budget/known-models.ts';
import { totalParameters } from '../budget/parameters.ts';
import { storedWeights } from '../budget/weights.ts';
import { defineRule } from '../define.ts';
import { CACHE_VARIABLES, STANDARD_CACHE } from './cached-weights.ts';
import { engineWords, hostsOf } from './engine-words.ts';
import { hasHiddenVariables, variable } from './environment.ts';
import { faultAt } from './place.ts';
import { isHidden, textIn } from './setting-values.ts';
import { lastingMount, lifetimeAt, lifetimeWords } from './storage.ts';
import { billionsIn } from './words.ts';

/** A name on Hugging Face; paths, URLs and what a variable fills in are none. */
const HUB_NAME = /^[\w.-]+\/[\w.-]+$/;

export const weightsNotCached = defineRule({
  name: 'WeightsNotCached',
  title: 'Model weights are downloaded anew by every pod',
  severity: 'warning',
  page: 'rules/manifest/weights-not-cached.md',
  needs: ['manifests'],
  settings: { minBillions: 1 },
  *check({ manifests }, _before, _seconds, settings) {
    for (const workload of manifests.workloads) {
      for (const engine of workload.engines) yield* judge(manifests, workload, engine, settings.minBillions);
    }
  },
});

function* judge(manifests: Manifests, workload: ManifestWorkload, engine: VllmEngine, minBillions: number): Iterable<Judgement> {
  const name = engine.model?.value;
  if (name === undefined || isHidden(engine.options['download_dir']) || !isOnDisk(engine)) return;
  const billions = parametersOf(name);
  if (billions !== undefined && billions < minBillions) return;
  const hosts = hostsOf(workload, engine).filter(({ pod, container }) => !pod.isPartial && container.gpus !== 0);
  const losses = hosts.map(({ container }) => (name.startsWith('/') ? lostPath(container, name, engine) : lostName(manifests, container, engine, name)));
  const [loss] = losses;
  if (!loss || losses.includes(undefined)) return;
  const own = hosts.map(({ container }) => lastingMount(container)).find((mount) => mount !== undefined);
  yield faultAt(loss.spot, {
    message: `${engineWords(engine)} loads ${name} from ${loss.where}: every new pod fetches the weights${sizeWords(name, billions)} again before it works`,
    found: loss.found,
    expected: 'HF_HOME (or the path of the model) on a persistent volume that all pods share',
    snippet: [
      'env:',
      '  - name: HF_HOME',
      `    value: ${own?.mountPath ?? '/shared'}/hf_cache`,
      ...(own ? [] : ['volumeMounts:   # of the container', '  - name: shared', '    mountPath: /shared', 'volumes:        # of the pod', '  - name: shared', '    persistentVolumeClaim:', '      claimName: fsx-pvc']),
    ].join('\n'),
    evidence: { model: name, ...(billions !== undefined && { billions }) },
  });
}

/** Billions, to one digit: of a model whose shape is known, else what its name tells. */
function parametersOf(name: string): number | undefined {
  const known = knownModel(name);
  return known ? Math.round(totalParameters(known) / 1e8) / 10 : billionsIn(name);
}

/** A checkpoint is fetched as it is published, which is not always 16 bits. */
function sizeWords(name: string, billions: number | undefined): string {
  const known = knownModel(name);
  if (known) return `, about ${Math.round(storedWeights(known).bytes / 1e9)} GB in ${known.stored.quantization?.label ?? known.stored.dtype},`;
  return billions === undefined ? '' : `, about ${Math.max(1, Math.round(billions * 2))} GB in bf16,`;
}

/** Dummy weights are made, not loaded; a model_source that is a map names a bucket. */
function isOnDisk({ options, object, path, kind }: VllmEngine): boolean {
  if (textIn(options['load_format']) === 'dummy') return false;
  return kind !== 'serve-llm' || typeof object.get([...path, 'model_loading_config', 'model_source']) !== 'object';
}

interface Loss {
  readonly spot: Spot;
  readonly where: string;
  readonly found: string;
}

/** A path that no volume covers is in the image, and there to stay. */
function lostPath(container: Container, path: string, engine: VllmEngine): Loss | undefined {
  if (lifetimeAt(container, path) !== 'pod') return undefined;
  return { spot: engine.model ?? engine, where: lifetimeWords(container, path), found: path };
}

function lostName(manifests: Manifests, container: Container, engine: VllmEngine, name: string): Loss | undefined {
  if (!HUB_NAME.test(name) || isOffline(container)) return undefined;
  const directory = textIn(engine.options['download_dir']);
  if (directory !== undefined) return lost(container, directory, engine.options['download_dir'] ?? engine, `--download-dir ${directory}`);
  if (hasRuntimeCache(engine)) return undefined;
  for (const [key, suffix] of CACHE_VARIABLES) {
    const set = variable(container, key);
    if (!set) continue;
    return set.value === undefined || set.value.includes('$') ? undefined : lost(container, `${set.value}${suffix}`, set, `${key}=${set.value}`);
  }
  if (hasHiddenVariables(container, manifests)) return undefined;
  const caches = container.mounts.filter(({ mountPath }) => STANDARD_CACHE.test(mountPath));
  if (caches.some(({ mountPath }) => lifetimeAt(container, mountPath) !== 'pod')) return undefined;
  const [cache] = caches.toSorted((a, b) => b.mountPath.length - a.mountPath.length);
  if (cache) return { spot: cache, where: `Hugging Face into ${lifetimeWords(container, cache.mountPath)}`, found: `${cache.volume?.type ?? 'volume'} ${cache.volume?.name ?? ''} at ${cache.mountPath}` };
  return { spot: engine.model ?? engine, where: "Hugging Face into the container's own file system", found: 'no HF_HOME, no volume at ~/.cache/huggingface' };
}

function lost(container: Container, path: string, spot: Spot, found: string): Loss | undefined {
  const lifetime = lifetimeAt(container, path);
  return lifetime === 'pod' || lifetime === 'image' ? { spot, where: `Hugging Face into ${lifetimeWords(container, path)}`, found } : undefined;
}

function isOffline(container: Container): boolean {
  return ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE', 'VLLM_USE_MODELSCOPE'].some((name) => !['', '0', 'false', undefined].includes(variable(container, name)?.value?.toLowerCase()));
}

/** An LLM configuration of Ray Serve may bring a runtime environment of its own. */
function hasRuntimeCache({ object, path }: VllmEngine): boolean {
  return CACHE_VARIABLES.some(([key]) => object.get([...path, 'runtime_env', 'env_vars', key]) !== undefined);
}
