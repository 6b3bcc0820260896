import type { ManifestWorkload, Setting, Training, VllmEngine } from '../../agent/model.ts';
import { knownModel } from '../budget/known-models.ts';
import type { ModelShape } from '../budget/model-shape.ts';
import { OVERHEAD_BYTES, SERVING_DEFAULTS, TRAINING_DEFAULTS, type Dtype, type Plan, type ServingPlan, type TrainingPlan } from '../budget/plan.ts';
import { hostsOf } from './engine-words.ts';
import { acceleratorOf, gpuOf, type GpuMemory } from './gpu-of.ts';
import { loraOf } from './lora.ts';
import { isHidden, numberIn, textIn } from './setting-values.ts';

const MIB = 2 ** 20;
/** Settings that change the sum in ways that are not modelled here: with one of them nothing is said. */
const UNMODELLED = ['config', 'cpu_offload_gb', 'num_gpu_blocks_override', 'kv_cache_memory_bytes', 'kv_offloading_size', 'hf_overrides', 'additional_config', 'speculative_config', 'enable_expert_parallel', 'load_format'];
const DTYPES: Readonly<Record<string, Dtype>> = { auto: 'bf16', bfloat16: 'bf16', half: 'fp16', float16: 'fp16', float: 'fp32', float32: 'fp32', fp8: 'fp8', fp8_e4m3: 'fp8', fp8_e5m2: 'fp8', awq: 'int4', gptq: 'int4', awq_marlin: 'int4', gptq_marlin: 'int4' };
/** vLLM's default of max_num_batched_tokens on a GPU below 70 GiB, and above: vllm/engine/arg_utils.py. */
const LARGE_GPU_MIB = 70 * 1024;
const SMALL_BATCH = 2048;

/** The GPU that all hosts of an engine have; undefined where one of them leaves it open or they differ. */
export function engineGpu(workload: ManifestWorkload, engine: VllmEngine): GpuMemory | undefined {
  const named = acceleratorOf(engine);
  if (named) return named;
  const gpus = hostsOf(workload, engine).filter(({ container }) => container.gpus !== 0).map(({ pod }) => gpuOf(pod));
  const [first] = gpus;
  return first && gpus.every((gpu) => gpu?.memoryMib === first.memoryMib) ? first : undefined;
}

/**
 * The least that an engine needs, as a plan: one request of the full length, and what is not written taken at its cheapest.
 * Undefined where model, GPU or a setting that counts is not known.
 */
export function engineNeed(engine: VllmEngine, gpu: GpuMemory): Plan | undefined {
  const { options } = engine;
  const model = engine.model && knownModel(engine.model.value);
  if (!model || UNMODELLED.some((name) => options[name] !== undefined) || Object.values(options).some(isHidden)) return undefined;
  const dtype = DTYPES[textIn(options['quantization']) ?? textIn(options['dtype']) ?? 'auto'];
  const kvDtype = DTYPES[textIn(options['kv_cache_dtype']) ?? 'auto'];
  if (dtype === undefined || kvDtype === undefined) return undefined;
  return {
    mode: 'serve',
    model,
    gpuName: gpu.name,
    gpuBytes: gpu.memoryMib * MIB,
    tensorParallel: size(options['tensor_parallel_size']),
    pipelineParallel: size(options['pipeline_parallel_size']),
    dtype,
    serving: servingOf(engine, gpu, model, kvDtype),
    training: TRAINING_DEFAULTS,
    // Without peers there is no NCCL.
    overheadBytes: size(options['tensor_parallel_size']) > 1 ? OVERHEAD_BYTES : OVERHEAD_BYTES / 2,
  };
}

function servingOf({ options }: VllmEngine, { memoryMib }: GpuMemory, model: ModelShape, kvDtype: Dtype): ServingPlan {
  const batch = memoryMib >= LARGE_GPU_MIB ? SERVING_DEFAULTS.batchedTokens : SMALL_BATCH;
  return {
    memoryUtilization: numberIn(options['gpu_memory_utilization']) ?? SERVING_DEFAULTS.memoryUtilization,
    kvDtype,
    maxModelLength: numberIn(options['max_model_len']) ?? longest(model),
    concurrency: 1,
    batchedTokens: Math.max(1, numberIn(options['max_num_batched_tokens']) ?? batch),
    enforceEager: options['enforce_eager']?.value === true,
  };
}

/** vLLM takes what the model can. Qwen2.5's instruct models say 32768 where their base models say four times as much. */
function longest({ name, maxPositions = SERVING_DEFAULTS.maxModelLength }: ModelShape): number {
  return name.startsWith('Qwen/Qwen2.5') ? Math.min(maxPositions, 32_768) : maxPositions;
}

/**
 * The least that a colocated run needs: sharded over all its GPUs, one short sequence at a time, the trainer in host memory
 * while vLLM generates and vLLM asleep while the trainer works. What does not fit even so does not fit.
 */
export function colocatedNeed(training: Training, engine: VllmEngine, gpu: GpuMemory, gpus: number): Plan | undefined {
  const need = engineNeed(engine, gpu);
  const rank = loraOf(training);
  if (!need || rank === 'hidden' || engine.options['gpu_memory_utilization'] === undefined) return undefined;
  const { options, framework } = training;
  const length = numberIn(options[framework === 'verl' ? 'data.max_response_length' : 'policy.max_total_sequence_length']) ?? 512;
  const trainer: TrainingPlan = {
    ...TRAINING_DEFAULTS,
    loraRank: rank ?? 0,
    sequenceLength: length,
    shards: Math.max(1, Math.floor(gpus / (need.tensorParallel * need.pipelineParallel))),
    logitsTokens: 1024,
    offload: true,
  };
  // Without a written length the engine gets the trainer's, which is short.
  const maxModelLength = engine.options['max_model_len'] ? need.serving.maxModelLength : length;
  return { ...need, mode: 'grpo', serving: { ...need.serving, maxModelLength }, training: trainer };
}

function size(setting: Setting | undefined): number {
  return Math.max(1, numberIn(setting) ?? 1);
}
