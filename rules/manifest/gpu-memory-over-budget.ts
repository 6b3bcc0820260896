import type { Judgement, ManifestWorkload, VllmEngine } from '../../agent/model.ts';
import { alternatives, type Alternative } from '../budget/alternatives.ts';
import { budget, type Budget, type Phase } from '../budget/budget.ts';
import type { Plan } from '../budget/plan.ts';
import { defineRule } from '../define.ts';
import { engineWords, optionText, trainingOf } from './engine-words.ts';
import { workloadGpus } from './instance-fit.ts';
import { colocatedNeed, engineGpu, engineNeed } from './memory-plan.ts';
import { faultAt } from './place.ts';

/** More than this is no help at 3 a.m. */
const MOST_ALTERNATIVES = 3;

export const gpuMemoryOverBudget = defineRule({
  name: 'GpuMemoryOverBudget',
  title: 'The GPU memory does not suffice',
  severity: 'warning',
  page: 'rules/manifest/gpu-memory-over-budget.md',
  needs: ['manifests'],
  settings: { slackRatio: 0.05 },
  *check({ manifests }, _before, _seconds, settings) {
    for (const workload of manifests.workloads) {
      for (const engine of workload.engines) {
        const plan = planOf(workload, engine);
        if (plan) yield* judge(workload, engine, plan, settings.slackRatio);
      }
    }
  },
});

/** The least that is needed; undefined where the model, the GPU or a setting that counts is not known. */
function planOf(workload: ManifestWorkload, engine: VllmEngine): Plan | undefined {
  const gpu = engineGpu(workload, engine);
  if (!gpu) return undefined;
  if (engine.kind !== 'rollout') return asStored(engine, engineNeed(engine, gpu));
  const training = trainingOf(workload, engine);
  const gpus = workloadGpus(workload.pods);
  if (training?.isColocated !== true) return undefined;
  const need = gpus === undefined || gpus === 0 ? undefined : colocatedNeed(training, engine, gpu, gpus);
  // Whether a trainer keeps a quantised checkpoint small, and vLLM gets it so, the frameworks decide each for themselves.
  return need?.model.stored.quantization === undefined ? need : undefined;
}

/** A quantised checkpoint is served as it is stored, unless `--quantization` says how. */
function asStored({ options }: VllmEngine, need: Plan | undefined): Plan | undefined {
  return need === undefined || options['quantization'] ? need : { ...need, quantization: need.model.stored.quantization };
}

function* judge(workload: ManifestWorkload, engine: VllmEngine, plan: Plan, slackRatio: number): Iterable<Judgement> {
  const result = budget(plan);
  const [worst] = result.phases.toSorted((a, b) => b.needBytes - b.limitBytes - (a.needBytes - a.limitBytes));
  // The sum is an estimate; within the slack only vLLM itself can tell.
  if (!worst || worst.needBytes <= worst.limitBytes + slackRatio * plan.gpuBytes) return;
  const choices = alternatives(plan).slice(0, MOST_ALTERNATIVES);
  const training = trainingOf(workload, engine);
  const snippet = choices.map(({ budget: fitting }) => changeText(engine, workload, plan, fitting)).find((text) => text !== undefined);
  yield faultAt(engine.options['gpu_memory_utilization'] ?? engine.options['tensor_parallel_size'] ?? engine.model ?? engine, {
    message: messageOf(engine, plan, worst),
    found: `${gib(worst.needBytes)} GiB needed on each GPU, ${gib(worst.limitBytes)} there`,
    expected: choices.length === 0 ? 'a smaller model, or more GPUs' : choices.map(({ change }: Alternative) => change).join('; or '),
    ...(snippet !== undefined && { snippet }),
    evidence: { model: plan.model.name, gpu: plan.gpuName, phase: worst.name, needBytes: Math.round(worst.needBytes), limitBytes: Math.round(worst.limitBytes), tensorParallel: plan.tensorParallel, ...(training && { framework: training.framework }) },
  });
}

function messageOf(engine: VllmEngine, plan: Plan, { name, lines, needBytes, limitBytes, limit }: Phase): string {
  const parts = lines
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, 3)
    .map(({ what, bytes }) => `${what.replace(', ', ' and ')} ${gib(bytes)}`)
    .join(', ');
  const split = plan.tensorParallel * plan.pipelineParallel;
  const where = split > 1 ? `${split} × ${plan.gpuName}` : plan.gpuName;
  const when = name === 'training' ? 'the trainer' : name === 'generating' ? 'generation' : 'vLLM';
  const end = name === 'training' || name === 'generating' ? 'CUDA will run out of memory' : 'vLLM will not start';
  return `${engineWords(engine)}: ${plan.model.name} on ${where}: ${when} needs at least ${gib(needBytes)} GiB on each GPU (${parts}) and has ${gib(limitBytes)}, ${limit}: ${end}`;
}

/** The setting that a change alters, as it is written here; undefined for a change of the hardware or of the framework. */
function changeText(engine: VllmEngine, workload: ManifestWorkload, before: Plan, { plan }: Budget): string | undefined {
  const training = trainingOf(workload, engine);
  const text = (name: string, value: number | string): string => optionText(engine, training, name, value);
  if (plan.tensorParallel !== before.tensorParallel) return text('tensor_parallel_size', plan.tensorParallel);
  if (plan.serving.memoryUtilization !== before.serving.memoryUtilization) return text('gpu_memory_utilization', plan.serving.memoryUtilization);
  if (plan.serving.maxModelLength !== before.serving.maxModelLength) return text('max_model_len', plan.serving.maxModelLength);
  return plan.serving.kvDtype === before.serving.kvDtype ? undefined : text('kv_cache_dtype', plan.serving.kvDtype);
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
