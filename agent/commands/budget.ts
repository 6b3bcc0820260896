import { readOwnFile } from '../host/own-files.ts';
import type { Terminal } from '../terminal.ts';
import { alternatives } from '../../rules/budget/alternatives.ts';
import { assumptions } from '../../rules/budget/assumptions.ts';
import { budget } from '../../rules/budget/budget.ts';
import { GPUS, gpuNamed, gpusLike, memoryBytes } from '../../rules/budget/gpus.ts';
import { KNOWN_MODELS, knownConfig, nearestModels } from '../../rules/budget/known-models.ts';
import { ModelConfigError, parseModelConfig, type ModelShape } from '../../rules/budget/model-shape.ts';
import { serveLimits } from '../../rules/budget/serve-limits.ts';
import { OVERHEAD_BYTES, SERVING_DEFAULTS, TRAINING_DEFAULTS, type Dtype, type Mode, type Optimizer, type Plan } from '../../rules/budget/plan.ts';
import { budgetJson, budgetText } from '../../exporters/terminal/budget.ts';
import { painter } from '../../exporters/terminal/paint.ts';

export interface BudgetOptions {
  readonly model: string;
  readonly gpu: string;
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  readonly dtype?: Dtype;
  readonly hfOverrides?: Readonly<Record<string, unknown>>;
  readonly gpuMemoryUtilization: number;
  readonly kvCacheDtype?: Dtype;
  readonly maxModelLen?: number;
  readonly concurrency: number;
  readonly maxNumBatchedTokens: number;
  readonly enforceEager?: true;
  readonly lora: number;
  readonly optimizer: Optimizer;
  readonly microBatch: number;
  readonly sequenceLength?: number;
  readonly activationCheckpointing: boolean;
  readonly logitsTokens?: number;
  readonly shards: number;
  readonly sleep: boolean;
  readonly offload?: true;
  readonly sharedWeights?: true;
  readonly json?: true;
}

const STATUS_FITS = 0;
const STATUS_DOES_NOT_FIT = 2;
const MOST_NEAREST = 5;

/** Prints what the plan needs on each GPU, whether it fits, and what would; the exit status: 0 fits, 2 does not, or vLLM refuses it. */
export async function runBudget(mode: Mode, options: BudgetOptions, terminal: Terminal): Promise<number> {
  const plan = planOf(mode, options, await modelOf(options.model, options.hfOverrides ?? {}));
  const result = budget(plan);
  // A trainer has no positions to compare with; longer sequences are its own affair.
  const limits = serveLimits(plan.model, { maxModelLen: mode === 'train' ? undefined : plan.serving.maxModelLength, tensorParallel: plan.tensorParallel });
  const isFine = result.fits && limits.length === 0;
  const answer = { result, limits, assumptions: assumptions(plan), alternatives: isFine ? [] : alternatives(plan) };
  terminal.print(options.json ? budgetJson(answer) : budgetText(answer, { width: terminal.width, paint: painter(terminal.colour) }));
  return isFine ? STATUS_FITS : STATUS_DOES_NOT_FIT;
}

/** A name of ours, or the path of a `config.json`. */
async function modelOf(text: string, overrides: Readonly<Record<string, unknown>>): Promise<ModelShape> {
  const known = knownConfig(text);
  if (known !== undefined) return parseModelConfig({ ...known.config, ...overrides }, known.name);
  if (!/\.json$|^\.{0,2}\//.test(text)) throw new ModelConfigError(unknownModel(text));
  const content = await readOwnFile(text);
  let config: unknown;
  try {
    config = JSON.parse(content);
  } catch (cause) {
    throw new ModelConfigError(`${text}: not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return parseModelConfig(typeof config === 'object' && config !== null && !Array.isArray(config) ? { ...config, ...overrides } : config, text);
}

function unknownModel(text: string): string {
  const nearest = nearestModels(text, MOST_NEAREST);
  const names = nearest.length === 0 ? `, such as ${KNOWN_MODELS.slice(0, 2).join(', ')}` : `; nearest are ${nearest.join(', ')}`;
  return `--model ${text}: got a name that is none of ours, expected one of the ${KNOWN_MODELS.length} in docs/budget.md${names}. For any other give the path of its config.json`;
}

/** As asked, else as the checkpoint stores it. */
function weightsOf({ dtype }: BudgetOptions, { stored }: ModelShape): Pick<Plan, 'dtype' | 'dtypeFrom' | 'quantization'> {
  if (dtype !== undefined) return { dtype, dtypeFrom: 'as --dtype says', quantization: undefined };
  if (stored.unreadable !== undefined) throw new ModelConfigError(stored.unreadable);
  return { dtype: stored.dtype, dtypeFrom: stored.dtypeFrom, quantization: stored.quantization };
}

function planOf(mode: Mode, options: BudgetOptions, model: ModelShape): Plan {
  const gpu = gpuOf(options.gpu);
  const { tensorParallel, pipelineParallel } = options;
  if (pipelineParallel > model.layers) throw new ModelConfigError(`--pipeline-parallel ${pipelineParallel}: ${model.name} has ${model.layers} layers, expected that many or fewer`);
  const length = options.maxModelLen ?? Math.min(SERVING_DEFAULTS.maxModelLength, model.maxPositions ?? Infinity);
  return {
    mode,
    model,
    ...gpu,
    tensorParallel,
    pipelineParallel,
    ...weightsOf(options, model),
    overheadBytes: OVERHEAD_BYTES,
    serving: {
      memoryUtilization: options.gpuMemoryUtilization,
      kvDtype: options.kvCacheDtype ?? 'bf16',
      maxModelLength: length,
      concurrency: options.concurrency,
      batchedTokens: options.maxNumBatchedTokens,
      enforceEager: options.enforceEager ?? false,
    },
    training: {
      loraRank: options.lora,
      optimizer: options.optimizer,
      microBatch: options.microBatch,
      sequenceLength: options.sequenceLength ?? (mode === 'grpo' ? length : TRAINING_DEFAULTS.sequenceLength),
      activationCheckpointing: options.activationCheckpointing,
      logitsTokens: options.logitsTokens ?? Infinity,
      shards: options.shards,
      sleep: options.sleep,
      offload: options.offload ?? false,
      sharedWeights: options.sharedWeights ?? false,
    },
  };
}

/** A GPU's name, an instance type or family that carries it, or its memory. */
function gpuOf(text: string): { readonly gpuName: string; readonly gpuBytes: number } {
  const gpu = gpuNamed(text);
  if (gpu !== undefined) return { gpuName: gpu.name, gpuBytes: gpu.memoryMib * 2 ** 20 };
  const bytes = memoryBytes(text);
  if (bytes !== undefined) return { gpuName: `GPU of ${(bytes / 2 ** 30).toFixed(1)} GiB`, gpuBytes: bytes };
  const like = gpusLike(text);
  if (like.length > 1) throw new ModelConfigError(`--gpu ${text}: got a name that ${like.length} GPUs have, expected one of them: ${like.map(({ name }) => name).join(', ')}`);
  throw new ModelConfigError(`--gpu ${text}: got no GPU of ours, expected ${GPUS.map(({ name }) => name).join(', ')}, an instance type or family (p5.48xlarge, g6e), or its memory (80GiB, 24GB)`);
}
