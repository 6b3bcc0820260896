import type { Command, Container, PodGroup, Setting, SettingMap, Training, VllmEngine } from '../model.ts';
import { optionSettings, textSetting } from './settings.ts';

type Framework = Training['framework'];
interface Sign {
  readonly framework: Framework;
  /** Found in a word of the command; arguments follow it. */
  readonly word: RegExp;
}

/** The most telling first: torchrun and accelerate start the others too. */
const SIGNS: readonly Sign[] = [
  { framework: 'nemo-rl', word: /(^|\/)run_(grpo|sft|dpo|distillation|rm|vlm_grpo|automodel_grpo)\w*\.py$|(^|[/.])nemo_rl\b/ },
  { framework: 'verl', word: /^verl\.(trainer|experimental)\b|(^|\/)verl\/trainer\// },
  { framework: 'trl', word: /^trl$|(^|\/)(?!\w*(eval|infer))[\w-]*grpo[\w-]*\.py$|(^|\/)trl\/scripts\// },
  { framework: 'accelerate', word: /(^|\/)accelerate$|^accelerate\.commands\.launch$/ },
  { framework: 'deepspeed', word: /(^|\/)deepspeed$/ },
  { framework: 'torchrun', word: /(^|\/)(torchrun|ft_launcher)$|^torch\.distributed\.(run|launch)$/ },
];
const REINFORCEMENT = /grpo|ppo|rloo|dapo|gspo/i;
/** Measure the fabric and train nothing: nccl-tests, and the tests of DeepEP and UCCL-EP, which are their benchmarks. */
const BENCHMARK =
  /(^|\/)(all_reduce|all_gather|alltoall|reduce_scatter|broadcast|sendrecv|gather|scatter|hypercube)_perf(_mpi)?$|nccl-tests?\b|\btest_(internode|intranode|low_latency)\w*\.py\b|\bdeep_?ep\/(tests|bench\w*)\/|\buccl\b\S*\/bench\w*\//i;
/** Look at the fabric: a run of its own, or the first line of one that trains. */
const DIAGNOSTIC = /\b(fi_(pingpong|info)|ib_(send|write|read)_(bw|lat))\b/;

export function isBenchmark({ words }: Command): boolean {
  return words.some(({ text }) => BENCHMARK.test(text));
}

/** Whether commands look at the fabric and run no program of somebody's own beside it. */
export function isDiagnosis(commands: readonly Command[]): boolean {
  return commands.some(({ words }) => words.some(({ text }) => DIAGNOSTIC.test(text))) && !commands.some(({ words }) => words.some(({ text }, index) => /(^|\/)python[\d.]*$/.test(text) && /^(-[mu]|[^-].*)$/.test(words[index + 1]?.text ?? '')));
}

/** A script or module that trains by its own account. */
const TRAINS = /(^|[/._-])(train|pretrain|finetune|fine[_-]tune|sft|dpo|grpo|ppo|rlvr)\w*[\w-]*(\.(py|sh))?$/i;
/** Names of images, whose owners add words of their own: `verl-aws`, `nemo-rl-workshop`. NVIDIA calls much else `nemo-…`. */
const TRAINER_IMAGE = /(^|[_-])(nemo-rl|verl|openrlhf|rlinf|slime|megatron|trl)(?=$|[_-])|(^|[_-])nemo(-framework)?$/;
/** What stands beside a training and trains nothing. */
const SIDECAR_IMAGE = /(^|[_-])(reward\w*|rm|judge|verifier|sandbox|gym|env|envs|environment|serv(er?|ing)|inference|router|proxy|gateway|api|dashboard|ui|web|client|tensorboard|exporter|metrics|monitor\w*|logs?|eval\w*|data\w*|download\w*|convert\w*|upload\w*|sync\w*|init|tools?)(?=$|[_-])/;

/** Whether commands or image say that they train, where the framework cannot be told. */
export function looksLikeTraining(commands: readonly Command[], image: string | undefined): boolean {
  return (isTrainerImage(image ?? '') && !isIdle(commands)) || commands.some((command) => !isInstallation(command) && command.words.slice(0, 4).some(({ text }) => TRAINS.test(text)));
}

/** By the name of the image alone: a registry, a project or a tag may be called after a trainer whatever they hold. */
function isTrainerImage(image: string): boolean {
  const name = image.replace(/^.*\//, '').replace(/[:@].*$/, '');
  return TRAINER_IMAGE.test(name) && !SIDECAR_IMAGE.test(name);
}

/** `sleep infinity` and nothing else: a pod that somebody enters to do whatever they like. */
function isIdle(commands: readonly Command[]): boolean {
  const programs = commands.map(({ words }) => (words[0]?.text ?? '').replace(/^.*\//, '')).filter((name) => !/^(ba|da)?sh$|^(echo|set|trap|wait|exec)$/.test(name));
  return programs.length > 0 && programs.every((name) => name === 'sleep' || name === 'tail');
}

/** The training runs that a container's commands start. */
export function containerTrainings(commands: readonly Command[], pod: PodGroup | undefined, container: Container | undefined): readonly Training[] {
  return commands.flatMap((command) => {
    const sign = SIGNS.find(({ word }) => command.words.some(({ text }) => word.test(text)));
    if (!sign || isInstallation(command) || command.words.some(({ text }) => text === 'vllm-serve')) return [];
    const begin = command.words.findIndex(({ text }) => sign.word.test(text));
    return [trainingOf(sign.framework, command, optionSettings(command, begin + 1), pod, container)];
  });
}

/** `pip install accelerate`, `cp run_grpo.py …`, `python -c …`: named, not run. */
function isInstallation({ words }: Command): boolean {
  const program = (words[0]?.text ?? '').replace(/^.*\//, '');
  return /^(pip\d?|uv|git|cp|mv|ls|cat|echo|grep|sed|mkdir|cd|wget|curl|kubectl|rm|chmod|apt-get|find|tar|export|which|source|test|\[)$/.test(program) && !(program === 'uv' && words[1]?.text === 'run');
}

function trainingOf(framework: Framework, command: Command, options: SettingMap, pod: PodGroup | undefined, container: Container | undefined): Training {
  const isReinforcement = framework === 'verl' || command.words.some(({ text }) => REINFORCEMENT.test(text));
  const { object, path, position } = command;
  return { object, path, position, framework, options, isReinforcement, isColocated: isReinforcement ? colocation(framework, options) : false, pod, container };
}

/**
 * NeMo RL: `policy.generation.colocated.enabled`, true in its example configurations. verl: the hybrid engine, on by default.
 * TRL: `vllm_mode`; its default changed between versions, so without it nothing is known.
 */
function colocation(framework: Framework, options: SettingMap): boolean | undefined {
  if (framework === 'nemo-rl') return isTrue(options['policy.generation.colocated.enabled']) ?? true;
  if (framework === 'verl') return isTrue(options['actor_rollout_ref.hybrid_engine']) ?? true;
  const mode = options['vllm_mode']?.value;
  return typeof mode === 'string' ? mode === 'colocate' : options['use_vllm'] === undefined ? false : undefined;
}

function isTrue(setting: Setting | undefined): boolean | undefined {
  return typeof setting?.value === 'boolean' ? setting.value : undefined;
}

const ROLLOUT_PREFIX: Readonly<Partial<Record<Framework, string>>> = { 'nemo-rl': 'policy.generation.vllm_cfg.', verl: 'actor_rollout_ref.rollout.', trl: 'vllm_', accelerate: 'vllm_', torchrun: 'vllm_', deepspeed: 'vllm_' };
const MODEL: Readonly<Partial<Record<Framework, string>>> = { 'nemo-rl': 'policy.model_name', verl: 'actor_rollout_ref.model.path' };
/** What a framework calls differently from vLLM. */
const RENAMED: Readonly<Record<string, string>> = { tensor_model_parallel_size: 'tensor_parallel_size', max_model_length: 'max_model_len' };

/** The vLLM engine that a reinforcement run generates with; its options under vLLM's own names. */
export function rolloutEngine(training: Training): VllmEngine | undefined {
  const prefix = ROLLOUT_PREFIX[training.framework];
  if (prefix === undefined || !training.isReinforcement || !usesVllm(training)) return undefined;
  const options = Object.fromEntries(
    Object.entries(training.options).flatMap(([name, setting]) => {
      if (!name.startsWith(prefix)) return [];
      const own = name.slice(prefix.length);
      return [[RENAMED[own] ?? own, setting] as const];
    }),
  );
  const { object, path, position, pod, container } = training;
  const model = textSetting(training.options[MODEL[training.framework] ?? 'model_name_or_path'] ?? training.options['model']);
  return { object, path, position, kind: 'rollout', model, options, pod, container };
}

function usesVllm({ framework, options }: Training): boolean {
  if (framework === 'nemo-rl') return ['vllm', undefined].includes(options['policy.generation.backend']?.value as string | undefined);
  if (framework === 'verl') return ['vllm', undefined].includes(options['actor_rollout_ref.rollout.name']?.value as string | undefined);
  return options['use_vllm'] !== undefined || options['vllm_mode'] !== undefined || options['vllm_gpu_memory_utilization'] !== undefined;
}
