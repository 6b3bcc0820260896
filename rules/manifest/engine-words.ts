import type { Container, ManifestWorkload, PodGroup, Training, VllmEngine } from '../../agent/model.ts';

/** A container that an engine's weights and cache lie on. */
export interface Host {
  readonly pod: PodGroup;
  readonly container: Container;
}

/** Where an engine runs; of ray.serve.llm every container with GPUs that Ray may put it on. */
export function hostsOf({ pods }: ManifestWorkload, { pod, container }: VllmEngine): readonly Host[] {
  if (pod && container) return [{ pod, container }];
  return pods.filter(({ role }) => role !== 'submitter').flatMap((group) => group.containers.filter(({ gpus }) => gpus !== 0).map((candidate) => ({ pod: group, container: candidate })));
}

/** The training whose rollouts an engine makes. */
export function trainingOf({ trainings }: ManifestWorkload, engine: VllmEngine): Training | undefined {
  return engine.kind === 'rollout' ? trainings.find(({ object, path, position }) => object === engine.object && path === engine.path && position === engine.position) : undefined;
}

/** `container vllm`, `ray.serve.llm`: who starts the engine. */
export function engineWords({ kind, container }: VllmEngine): string {
  if (kind === 'serve-llm') return 'ray.serve.llm';
  return container ? `container ${container.name}` : 'the engine';
}

/** How the frameworks call vLLM's settings. */
const ROLLOUT: Readonly<Partial<Record<Training['framework'], string>>> = { 'nemo-rl': 'policy.generation.vllm_cfg.', verl: 'actor_rollout_ref.rollout.' };
const VERL_NAMES: Readonly<Record<string, string>> = { tensor_parallel_size: 'tensor_model_parallel_size' };

/** A setting of vLLM as it is written where the engine is configured, ready to be pasted. */
export function optionText(engine: VllmEngine, training: Training | undefined, name: string, value: number | string | boolean): string {
  if (engine.kind === 'serve-llm') return `engine_kwargs:\n  ${name}: ${value}`;
  if (engine.kind === 'handwritten') return `${name}=${pythonText(value)},`;
  if (engine.kind === 'server') return `- --${name.replaceAll('_', '-')}${value === true ? '' : `=${value}`}`;
  const prefix = training && ROLLOUT[training.framework];
  if (prefix === undefined) return `--vllm_${name} ${value}`;
  return `${prefix}${training?.framework === 'verl' ? (VERL_NAMES[name] ?? name) : name}=${value}`;
}

function pythonText(value: number | string | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' ? String(value) : `"${value}"`;
}
