import { readStoredWeights, type StoredWeights } from './stored-weights.ts';

/** What of a model's architecture decides its memory; the fields of a Hugging Face `config.json`. Counts, not bytes. */
export interface ModelShape {
  readonly name: string;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Of the dense feed-forward block; with experts only of the layers that have none. */
  readonly intermediate: number;
  readonly vocabulary: number;
  readonly tiedEmbeddings: boolean;
  /** Rope scaling included, as vLLM derives it; undefined where the configuration names none. */
  readonly maxPositions: number | undefined;
  /** Tokens that attention looks back; undefined: all. */
  readonly slidingWindow: number | undefined;
  /** Layers that look back no further than the window; the others see all. */
  readonly windowLayers: number;
  readonly experts: Experts | undefined;
  readonly latent: LatentAttention | undefined;
  readonly stored: StoredWeights;
}

export interface Experts {
  readonly count: number;
  /** That one token passes; eight, as in the large public models, where the configuration does not say. */
  readonly active: number;
  readonly intermediate: number;
  /** Width of the experts that every token passes; 0 without. */
  readonly sharedIntermediate: number;
  /** First layers that have a dense block instead. */
  readonly denseLayers: number;
}

/** Multi-head latent attention (DeepSeek-V2 and later): the cache holds one compressed vector a token, not keys and values. */
export interface LatentAttention {
  readonly kvRank: number;
  readonly queryRank: number | undefined;
  readonly ropeDim: number;
  readonly keyDim: number;
  readonly valueDim: number;
}

export class ModelConfigError extends Error {
  override readonly name = 'ModelConfigError';
}

type Json = Readonly<Record<string, unknown>>;

/** Reads a parsed `config.json`; throws ModelConfigError that names the key, what was found and what was expected. */
export function parseModelConfig(config: unknown, name: string): ModelShape {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) throw new ModelConfigError(`${name}: got ${kindOf(config)}, expected the object of a config.json`);
  const outer = config as Json;
  // Models that also see or hear keep the language model's shape one level down.
  const inner = typeof outer['text_config'] === 'object' && outer['text_config'] !== null ? { ...outer, ...(outer['text_config'] as Json) } : outer;
  const read = reader(inner, name);
  const heads = read('num_attention_heads');
  const hidden = read('hidden_size');
  const experts = readExperts(inner, read);
  const layers = read('num_hidden_layers');
  const slidingWindow = inner['use_sliding_window'] === false ? undefined : optional(inner, 'sliding_window');
  return {
    name,
    layers,
    hidden,
    heads,
    kvHeads: read('num_key_value_heads', heads),
    headDim: read('head_dim', Math.ceil(hidden / heads)),
    // gpt_neox and its like leave it out where it is four times the width.
    intermediate: read('intermediate_size', experts === undefined ? 4 * hidden : experts.intermediate),
    vocabulary: read('vocab_size'),
    tiedEmbeddings: inner['tie_word_embeddings'] === true,
    maxPositions: readPositions(inner),
    slidingWindow,
    windowLayers: slidingWindow === undefined ? 0 : readWindowLayers(inner, layers),
    experts,
    latent: readLatent(inner, read),
    stored: readStoredWeights(inner, name, layers),
  };
}

type Read = (key: string, standard?: number) => number;

function reader(config: Json, name: string): Read {
  return (key, standard) => {
    const value = config[key] ?? standard;
    if (value === undefined) throw new ModelConfigError(`${name}: ${key} is missing, expected a whole number of 1 or more; is this the config.json of a transformer?`);
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > LIMIT) {
      throw new ModelConfigError(`${name}: ${key} is ${JSON.stringify(value)}, expected a whole number from 1 to ${LIMIT}`);
    }
    return value;
  };
}

/** Above every vocabulary and width there is: past it a figure is a slip of the pen. */
const LIMIT = 100_000_000;

function optional(config: Json, key: string): number | undefined {
  const value = config[key];
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
}

/** Scalings that stretch positions within max_position_embeddings instead of beyond it; vllm/config/model.py. */
const WITHIN = ['su', 'longrope', 'llama3', 'default', 'mrope'];

/** As vLLM derives the longest model length (`_get_and_verify_max_len`): yarn counts from the original length, others from the present one. */
function readPositions(config: Json): number | undefined {
  const own = optional(config, 'max_position_embeddings');
  const scaling = [config['rope_scaling'], config['rope_parameters']].find((value): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value));
  if (own === undefined || scaling === undefined) return own;
  const kind = scaling['rope_type'] ?? scaling['type'];
  const factor = scaling['factor'];
  if (typeof kind !== 'string' || WITHIN.includes(kind) || typeof factor !== 'number' || !(factor > 0 && factor < LIMIT)) return own;
  return Math.floor((kind === 'yarn' ? (optional(scaling, 'original_max_position_embeddings') ?? own) : own) * factor);
}

/** Models that alternate say so layer by layer (gpt-oss, Gemma 3), or that each nth layer sees all (Gemma 2). */
function readWindowLayers(config: Json, layers: number): number {
  const types = config['layer_types'];
  if (Array.isArray(types)) return Math.min(layers, types.filter((type) => type === 'sliding_attention').length);
  const pattern = optional(config, 'sliding_window_pattern');
  return pattern === undefined ? layers : layers - Math.floor(layers / pattern);
}

function readExperts(config: Json, read: Read): Experts | undefined {
  const key = ['num_local_experts', 'num_experts', 'n_routed_experts'].find((candidate) => optional(config, candidate) !== undefined);
  if (key === undefined) return undefined;
  const intermediate = optional(config, 'moe_intermediate_size') ?? read('intermediate_size');
  const shared = optional(config, 'shared_expert_intermediate_size') ?? (optional(config, 'n_shared_experts') ?? 0) * intermediate;
  const active = optional(config, 'num_experts_per_tok') ?? optional(config, 'experts_per_token') ?? 8;
  return { count: read(key), active, intermediate, sharedIntermediate: shared, denseLayers: optional(config, 'first_k_dense_replace') ?? 0 };
}

function readLatent(config: Json, read: Read): LatentAttention | undefined {
  if (optional(config, 'kv_lora_rank') === undefined) return undefined;
  return {
    kvRank: read('kv_lora_rank'),
    queryRank: optional(config, 'q_lora_rank'),
    ropeDim: read('qk_rope_head_dim'),
    keyDim: read('qk_nope_head_dim'),
    valueDim: read('v_head_dim'),
  };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}
