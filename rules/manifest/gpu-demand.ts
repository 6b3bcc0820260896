import type { Container, Judgement, ManifestWorkload, Setting, SettingMap, Training, VllmEngine } from '../../agent/model.ts';
import { GPU_RESOURCE, resourcesText } from './device-resources.ts';
import { workloadGpus } from './instance-fit.ts';
import { faultAt, type Fault } from './place.ts';
import { processFaults } from './process-count.ts';
import { counted } from '../words.ts';

/** Options that spread data parallel ranks over more than this container; vllm/engine/arg_utils.py. */
const SPREADS_DATA_PARALLEL = ['data_parallel_address', 'data_parallel_rank', 'data_parallel_start_rank', 'data_parallel_backend', 'data_parallel_hybrid_lb', 'data_parallel_external_lb'];

/** GPUs that vLLM needs against those that its container, or its workload, asks for. */
export function* engineFaults(workload: ManifestWorkload): Iterable<Judgement> {
  for (const engine of workload.engines) {
    const need = engineGpus(engine);
    const { container, options } = engine;
    if (need === undefined) continue;
    const spot = options['tensor_parallel_size'] ?? options['pipeline_parallel_size'] ?? options['data_parallel_size'] ?? engine;
    const isAlone = engine.kind === 'server' || engine.kind === 'handwritten';
    if (isAlone && (!container?.gpus || (workload.isMultiNode === false && isSpread(engine, container)))) continue;
    const reachesAcross = !isAlone || workload.isMultiNode !== false;
    const have = reachesAcross ? workloadGpus(workload.pods) : container?.gpus;
    if (!have) continue;
    if (need.gpus > have) yield faultAt(spot, tooFew(need, have, reachesAcross, container));
    else if (engine.kind === 'server' && !reachesAcross && need.gpus < have && isOnly(engine, workload)) yield faultAt(spot, idle(need, have, container));
  }
}

interface Need {
  readonly gpus: number;
  /** `tensor_parallel_size 8 × pipeline_parallel_size 2` */
  readonly text: string;
}

function tooFew({ gpus, text }: Need, have: number, reachesAcross: boolean, container: Container | undefined): Fault {
  const holder = reachesAcross ? 'all pods of this workload together' : `container ${container?.name ?? ''}`;
  return {
    message: `vLLM needs ${counted(gpus, 'GPU')} (${text}) and ${holder} ask${reachesAcross ? '' : 's'} for ${have}: it stops at start-up, or waits for ever for GPUs that do not come`,
    found: `${counted(gpus, 'GPU')} needed, ${have} asked for`,
    expected: `${GPU_RESOURCE} of ${gpus}, or a smaller tensor_parallel_size`,
    snippet: reachesAcross ? `tensor_parallel_size: ${have}` : resourcesText(GPU_RESOURCE, gpus),
    evidence: { needed: gpus, asked: have },
  };
}

function idle({ gpus, text }: Need, have: number, container: Container | undefined): Fault {
  return {
    message: `vLLM uses ${gpus} of the ${counted(have, 'GPU')} that container ${container?.name ?? ''} asks for (${text}): ${have - gpus === 1 ? '1 stays idle and nobody else can have it' : `${have - gpus} stay idle and nobody else can have them`}`,
    found: `${counted(gpus, 'GPU')} used, ${have} asked for`,
    expected: `--tensor-parallel-size ${have}, more data parallel ranks, or ${GPU_RESOURCE}: ${gpus}`,
    snippet: `args:\n  - --tensor-parallel-size=${have}`,
    evidence: { needed: gpus, asked: have },
    severity: 'info',
  };
}

/** GPUs of one engine on this node or in this cluster; undefined where a size is only known at run time. */
function engineGpus({ options, kind }: VllmEngine): Need | undefined {
  const names = ['tensor_parallel_size', 'pipeline_parallel_size', 'prefill_context_parallel_size'];
  if (options['data_parallel_size_local']) names.push('data_parallel_size_local');
  else if (kind === 'server' && !SPREADS_DATA_PARALLEL.some((name) => options[name])) names.push('data_parallel_size');
  const sizes = names.map((name) => ({ name, size: sizeOf(options[name]) }));
  if (sizes.some(({ size }) => size === undefined)) return undefined;
  const told = sizes.filter(({ name }) => options[name]).map(({ name, size }) => `${name} ${size ?? 0}`);
  return { gpus: sizes.reduce((product, { size }) => product * (size ?? 1), 1), text: told.length === 0 ? 'tensor_parallel_size 1, the default' : told.join(' × ') };
}

/** 1 where nothing is written. */
function sizeOf(setting: Setting | undefined): number | undefined {
  if (!setting) return 1;
  return typeof setting.value === 'number' && Number.isInteger(setting.value) && setting.value > 0 ? setting.value : undefined;
}

/** Whether the engine takes GPUs of pods that are written elsewhere. */
function isSpread({ options }: VllmEngine, { environment, commands }: Container): boolean {
  if (options['nnodes'] || options['config'] || options['distributed_executor_backend']?.value === 'ray' || environment.some(({ name }) => name === 'RAY_ADDRESS')) return true;
  return commands.some(({ words }) => words.some(({ text }) => /(^|\/)ray$|multi-node-serving\.sh$/.test(text)));
}

/** Sizes that are counted; of other ways to use more GPUs (`--omni`, `--hsdp-shard-size`) nothing is known. */
const COUNTED = /^(tensor_parallel_size|pipeline_parallel_size|data_parallel_size(_local)?|enable_expert_parallel|max_parallel_loading_workers)$/;

/** Nothing else in the container that could use the rest of its GPUs. */
function isOnly({ container, options }: VllmEngine, { engines, trainings }: ManifestWorkload): boolean {
  const isCounted = Object.keys(options).every((name) => COUNTED.test(name) || !/parallel|shard|degree|omni|^config$|additional_config/.test(name));
  return isCounted && engines.filter((engine) => engine.container === container).length === 1 && trainings.every((training) => training.container !== container);
}

/** What a training starts on each node, and altogether. */
export function* trainingFaults(workload: ManifestWorkload): Iterable<Judgement> {
  for (const training of workload.trainings) {
    const names = NAMES[training.framework];
    const perNode = names && numberAt(training.options, names.perNode);
    if (!names || perNode === undefined) continue;
    const gpus = training.container?.gpus;
    const spot = training.options[names.perNode] ?? training;
    if (gpus && perNode > gpus) yield faultAt(spot, perNodeFault(training, names.perNode, perNode, gpus));
    else yield* altogether(workload, training, names, perNode);
  }
  yield* processFaults(workload);
}

interface Names {
  readonly perNode: string;
  readonly nodes: string | undefined;
}
const TORCHRUN: Names = { perNode: 'nproc_per_node', nodes: undefined };
/** Where each framework is told how many GPUs a node has: NeMo RL's cluster section, verl's trainer section, torchrun's flag. */
const NAMES: Readonly<Partial<Record<Training['framework'], Names>>> = {
  'nemo-rl': { perNode: 'cluster.gpus_per_node', nodes: 'cluster.num_nodes' },
  verl: { perNode: 'trainer.n_gpus_per_node', nodes: 'trainer.nnodes' },
  torchrun: TORCHRUN,
};

function perNodeFault({ container }: Training, name: string, perNode: number, gpus: number): Fault {
  return {
    message: `${name} is ${perNode} and container ${container?.name ?? ''} asks for ${counted(gpus, 'GPU')}: rank ${gpus} finds no GPU ("invalid device ordinal"), or Ray waits for ever for resources`,
    found: `${name} ${perNode}, ${GPU_RESOURCE}: ${gpus}`,
    expected: `the same number: ${gpus} or ${perNode}`,
    snippet: resourcesText(GPU_RESOURCE, perNode),
    evidence: { perNode, gpus },
  };
}

function* altogether(workload: ManifestWorkload, training: Training, names: Names, perNode: number): Iterable<Judgement> {
  const nodes = names.nodes === undefined ? undefined : numberAt(training.options, names.nodes);
  const have = workloadGpus(workload.pods);
  const setting = names.nodes === undefined ? undefined : training.options[names.nodes];
  if (nodes === undefined || !setting || !have || perNode * nodes <= have) return;
  yield faultAt(setting, {
    message: `the training asks Ray for ${counted(perNode * nodes, 'GPU')} (${names.nodes ?? ''} ${nodes} × ${names.perNode} ${perNode}) and all pods of this workload together have ${have}: it waits for ever for a placement group`,
    found: `${counted(perNode * nodes, 'GPU')} wanted, ${have} there`,
    expected: `${names.nodes ?? ''} × ${names.perNode} of ${have} or less, or more replicas`,
    evidence: { wanted: perNode * nodes, have },
  });
}

function numberAt(options: SettingMap, name: string): number | undefined {
  const value = options[name]?.value;
  return typeof value === 'number' ? value : undefined;
}
