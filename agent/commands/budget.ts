import { readOwnFile } from '../host/own-files.ts';
import type { Terminal } from '../terminal.ts';
import { alternatives } from '../../rules/budget/alternatives.ts';
import { budget } from '../../rules/budget/budget.ts';
import { GPUS, gpuNamed } from '../../rules/budget/gpus.ts';
import { KNOWN_MODELS, knownModel } from '../../rules/budget/known-models.ts';
import { ModelConfigError, parseModelConfig, type ModelShape } from '../../rules/budget/model-shape.ts';
import { OVERHEAD_BYTES, SERVING_DEFAULTS, TRAINING_DEFAULTS, type Dtype, type Mode, type Optimizer, type Plan } from '../../rules/budget/plan.ts';
import { budgetJson, budgetText } from '../../exporters/terminal/budget.ts';
import { painter } from '../../exporters/terminal/paint.ts';

export interface BudgetOptions {
  readonly model: string;
  readonly gpu: string;
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  readonly dtype: Dtype;
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

const GIB = 1024 ** 3;
const STATUS_FITS = 0;
const STATUS_DOES_NOT_FIT = 2;

/** Prints what the plan needs on each GPU, whether it fits, and what would; the exit status: 0 fits, 2 does not. */
export async function runBudget(mode: Mode, options: BudgetOptions, terminal: Terminal): Promise<number> {
  const plan = planOf(mode, options, await modelOf(options.model));
  const result = budget(plan);
  const others = result.fits ? [] : alternatives(plan);
  terminal.print(options.json ? budgetJson(result, others) : budgetText(result, others, { width: terminal.width, paint: painter(terminal.colour) }));
  return result.fits ? STATUS_FITS : STATUS_DOES_NOT_FIT;
}

/** A name of ours, or the path of a `config.json`. */
async function modelOf(text: string): Promise<ModelShape> {
  const known = knownModel(text);
  if (known !== undefined) return known;
  if (!/\.json$|^\.{0,2}\//.test(text)) {
    throw new ModelConfigError(`--model ${text}: no model of ours; known are ${KNOWN_MODELS.join(', ')}. For another give the path of its config.json`);
  }
  const content = await readOwnFile(text);
  let config: unknown;
  try {
    config = JSON.parse(content);
  } catch (cause) {
    throw new ModelConfigError(`${text}: not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return parseModelConfig(config, text);
}

function planOf(mode: Mode, options: BudgetOptions, model: ModelShape): Plan {
  const gpu = gpuOf(options.gpu);
  const { tensorParallel, pipelineParallel } = options;
  if (model.heads % tensorParallel !== 0) throw new ModelConfigError(`--tensor-parallel ${tensorParallel}: ${model.name} has ${model.heads} attention heads, expected a divisor of that`);
  if (pipelineParallel > model.layers) throw new ModelConfigError(`--pipeline-parallel ${pipelineParallel}: ${model.name} has ${model.layers} layers`);
  const length = options.maxModelLen ?? Math.min(SERVING_DEFAULTS.maxModelLength, model.maxPositions ?? Infinity);
  return {
    mode,
    model,
    ...gpu,
    tensorParallel,
    pipelineParallel,
    dtype: options.dtype,
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

/** A GPU's name, an instance type that carries it, or a bare number of GiB. */
function gpuOf(text: string): { readonly gpuName: string; readonly gpuBytes: number } {
  const gpu = gpuNamed(text);
  if (gpu !== undefined) return { gpuName: gpu.name, gpuBytes: gpu.memoryMib * 1024 ** 2 };
  const gibibytes = Number(text.replace(/gib$/i, ''));
  if (!(gibibytes > 0 && gibibytes < 10_000)) throw new ModelConfigError(`--gpu ${text}: got no GPU of ours, expected one of ${GPUS.map(({ name }) => name).join(', ')}, an instance type, or its memory such as 80GiB`);
  return { gpuName: `GPU of ${gibibytes} GiB`, gpuBytes: gibibytes * GIB };
}
