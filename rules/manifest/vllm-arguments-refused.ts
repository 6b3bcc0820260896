import type { Judgement, ManifestWorkload, VllmEngine } from '../../agent/model.ts';
import { knownModel } from '../budget/known-models.ts';
import { serveLimits, tensorParallelSizes, type ServeLimit } from '../budget/serve-limits.ts';
import type { ModelShape } from '../budget/model-shape.ts';
import { defineRule } from '../define.ts';
import { engineWords, hostsOf, optionText, trainingOf } from './engine-words.ts';
import { variable } from './environment.ts';
import { faultAt } from './place.ts';
import { numberIn } from './setting-values.ts';

/** With one of these the model is not what its name says: a file may set anything, overrides its length and its heads. */
const ALTERED = ['config', 'hf_overrides', 'hf_config_path', 'rope_scaling', 'revision', 'model_impl'];

export const vllmArgumentsRefused = defineRule({
  name: 'VllmArgumentsRefused',
  title: 'vLLM refuses these arguments for this model',
  severity: 'critical',
  page: 'rules/manifest/vllm-arguments-refused.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) for (const engine of workload.engines) yield* judge(workload, engine);
  },
});

function* judge(workload: ManifestWorkload, engine: VllmEngine): Iterable<Judgement> {
  const { options } = engine;
  const model = engine.model && isHubName(engine.model.value) ? knownModel(engine.model.value) : undefined;
  if (!model || ALTERED.some((name) => options[name] !== undefined)) return;
  const tensorParallel = options['tensor_parallel_size'] ? numberIn(options['tensor_parallel_size']) : 1;
  const limits = serveLimits(model, { maxModelLen: mayBeLonger(workload, engine) ? undefined : numberIn(options['max_model_len']), tensorParallel: tensorParallel !== undefined && tensorParallel >= 1 ? tensorParallel : 1 });
  for (const limit of limits) {
    const name = limit.kind === 'positions' ? 'max_model_len' : 'tensor_parallel_size';
    yield faultAt(options[name] ?? engine, {
      message: `${engineWords(engine)}: ${limit.message}; it stops before it loads a weight, and starts over for ever`,
      found: limit.found,
      expected: limit.expected,
      ...snippetOf(workload, engine, model, limit, name),
      evidence: { model: model.name, limit: limit.kind, value: numberIn(options[name]) ?? 0 },
    });
  }
}

/** A path may hold the same weights with another config.json. */
function isHubName(model: string): boolean {
  return /^[\w.-]+\/[\w.-]+$/.test(model);
}

/** Who knows what it does may switch the check of the length off. */
function mayBeLonger(workload: ManifestWorkload, engine: VllmEngine): boolean {
  return hostsOf(workload, engine).some(({ container }) => {
    const allowed = variable(container, 'VLLM_ALLOW_LONG_MAX_MODEL_LEN');
    return allowed !== undefined && allowed.value !== '0';
  });
}

/** The longest that the model takes; the largest size that it splits over on the GPUs that are there, or the next smaller one. */
function snippetOf(workload: ManifestWorkload, engine: VllmEngine, model: ModelShape, { kind }: ServeLimit, name: string): { readonly snippet?: string } {
  const wanted = numberIn(engine.options[name]) ?? 1;
  const gpus = Math.min(...hostsOf(workload, engine).map(({ container }) => container.gpus ?? wanted));
  // Pipeline and data parallel ranks, whoever set them, keep their share of the GPUs.
  const most = Number.isFinite(gpus) && gpus >= wanted ? Math.floor(gpus / Math.floor(gpus / wanted)) : wanted;
  const value = kind === 'positions' ? model.maxPositions : tensorParallelSizes(model).findLast((size) => size <= most);
  return value === undefined ? {} : { snippet: optionText(engine, trainingOf(workload, engine), name, value) };
}
