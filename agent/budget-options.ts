import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { SERVING_DEFAULTS, TRAINING_DEFAULTS, type Mode } from '../rules/budget/plan.ts';

const DTYPES = ['fp32', 'bf16', 'fp16', 'fp8', 'int4'];
const MOST = 100_000_000;

function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < least || value > MOST) throw new InvalidArgumentError(`expected a whole number from ${least} to ${MOST}`);
    return value;
  };
}

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('expected a share above 0 and at most 1, such as 0.9');
  return value;
}

const number = (flags: string, description: string, least: number, standard?: number): Option => {
  const option = new Option(flags, description).argParser(whole(least));
  return standard === undefined ? option : option.default(standard);
};

/** vLLM's --hf-overrides: fields that replace those of config.json. */
function overrides(text: string): Readonly<Record<string, unknown>> {
  const expected = `expected a JSON object of config.json fields, such as '{"rope_scaling":{"rope_type":"yarn","factor":4,"original_max_position_embeddings":32768}}'`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InvalidArgumentError(`${expected}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidArgumentError(expected);
  return Object.fromEntries(Object.entries(value));
}

/** The options that do not concern every mode, by commander's names, and the modes that they do concern. */
const MODES_OF: Readonly<Record<string, readonly Mode[]>> = {
  ...Object.fromEntries(['gpuMemoryUtilization', 'kvCacheDtype', 'maxModelLen', 'concurrency', 'maxNumBatchedTokens', 'enforceEager'].map((name) => [name, ['serve', 'grpo'] as const])),
  ...Object.fromEntries(['lora', 'optimizer', 'microBatch', 'sequenceLength', 'activationCheckpointing', 'logitsTokens', 'shards'].map((name) => [name, ['train', 'grpo'] as const])),
  ...Object.fromEntries(['sleep', 'offload', 'sharedWeights'].map((name) => [name, ['grpo'] as const])),
};

/** An option that the mode would ignore is a mistake: the answer would look as if it had counted. */
function refuseForeignOptions(command: Command): void {
  const [mode] = command.processedArgs as readonly string[];
  const foreign = command.options.filter((option) => {
    const modes = MODES_OF[option.attributeName()];
    return modes !== undefined && !modes.some((one) => one === mode) && command.getOptionValueSource(option.attributeName()) === 'cli';
  });
  if (foreign.length === 0) return;
  const words = foreign.map((option) => `${option.long ?? option.flags} (of ${(MODES_OF[option.attributeName()] ?? []).join(' and ')})`);
  command.error(`error: mode ${mode ?? ''} takes no ${words.join(', no ')}`);
}

/** What `railmedic budget` takes; named as vLLM and the trainers name it where they do. */
export function withBudgetOptions(command: Command): Command {
  return command
    .addArgument(new Argument('<mode>', 'serve: vLLM; train: fine-tuning; grpo: trainer and vLLM on the same GPUs').choices(['serve', 'train', 'grpo']))
    .requiredOption('--model <name|config.json>', 'a model by its name on Hugging Face, or the path of its config.json')
    .requiredOption('--gpu <name>', 'the GPU, an instance type that carries it, or its memory: a100-40gb, p5.48xlarge, p4d, 80GiB, 24GB')
    .addOption(number('--tensor-parallel <n>', 'GPUs over which each layer is split', 1, 1))
    .addOption(number('--pipeline-parallel <n>', 'GPUs over which the layers are spread', 1, 1))
    .addOption(new Option('--dtype <dtype>', "of the weights (default: as the model's config.json says)").choices(DTYPES))
    .addOption(new Option('--hf-overrides <json>', 'fields that replace those of config.json, as vLLM takes them').argParser(overrides))
    .addOption(new Option('--gpu-memory-utilization <share>', 'the share of the GPU that vLLM takes').argParser(share).default(SERVING_DEFAULTS.memoryUtilization))
    .addOption(new Option('--kv-cache-dtype <dtype>', 'of the KV cache').choices(['bf16', 'fp16', 'fp8']).default('bf16'))
    .addOption(number('--max-model-len <tokens>', 'prompt and answer together (default: 4096, or what the model can)', 1))
    .addOption(number('--concurrency <n>', 'requests of that length at a time', 1, SERVING_DEFAULTS.concurrency))
    .addOption(number('--max-num-batched-tokens <n>', 'tokens in one step of vLLM', 1, SERVING_DEFAULTS.batchedTokens))
    .option('--enforce-eager', 'no CUDA graphs')
    .addOption(number('--lora <rank>', 'train an adapter of this rank; 0 trains all weights', 0, TRAINING_DEFAULTS.loraRank))
    .addOption(new Option('--optimizer <name>', 'and the precision of its state').choices(['adamw', 'adamw-bf16', 'adamw-8bit']).default(TRAINING_DEFAULTS.optimizer))
    .addOption(number('--micro-batch <n>', 'sequences in one step of the trainer', 1, TRAINING_DEFAULTS.microBatch))
    .addOption(number('--sequence-length <tokens>', 'that the trainer sees (default: 4096; grpo: --max-model-len)', 1))
    .option('--no-activation-checkpointing', 'keep all activations instead of computing them again')
    .addOption(number('--logits-tokens <n>', "tokens whose logits are held at a time (default: the whole micro-batch)", 1))
    .addOption(number('--shards <n>', 'GPUs over which the trainer is sharded (FSDP, ZeRO-3)', 1, TRAINING_DEFAULTS.shards))
    .option('--no-sleep', 'vLLM keeps its memory while the trainer works')
    .option('--offload', "the trainer's state is in host memory while vLLM generates")
    .option('--shared-weights', 'trainer and vLLM share one copy of the weights')
    .option('--json', 'print the budget as JSON')
    .hook('preAction', refuseForeignOptions);
}
