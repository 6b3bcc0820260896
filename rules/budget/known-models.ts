import { parseModelConfig, type ModelShape } from './model-shape.ts';

/** The fields of each model's `config.json` on Hugging Face that decide memory; read on 2026-11-23. */
const CONFIGS: Readonly<Record<string, Readonly<Record<string, number | boolean>>>> = {
  'Qwen/Qwen2.5-3B': qwen2(2048, 36, 16, 2, 11_008, 151_936, true),
  'Qwen/Qwen2.5-7B': qwen2(3584, 28, 28, 4, 18_944, 152_064, false),
  'Qwen/Qwen2.5-14B': qwen2(5120, 48, 40, 8, 13_824, 152_064, false),
  'Qwen/Qwen2.5-32B': qwen2(5120, 64, 40, 8, 27_648, 152_064, false),
  'Qwen/Qwen3-4B': { ...qwen2(2560, 36, 32, 8, 9728, 151_936, true), head_dim: 128, max_position_embeddings: 40_960 },
  'Qwen/Qwen3-8B': { ...qwen2(4096, 36, 32, 8, 12_288, 151_936, false), head_dim: 128, max_position_embeddings: 40_960 },
  'Qwen/Qwen3-14B': { ...qwen2(5120, 40, 40, 8, 17_408, 151_936, false), head_dim: 128, max_position_embeddings: 40_960 },
  'Qwen/Qwen3-32B': { ...qwen2(5120, 64, 64, 8, 25_600, 151_936, false), head_dim: 128, max_position_embeddings: 40_960 },
  'Qwen/Qwen3-30B-A3B': {
    ...qwen2(2048, 48, 32, 4, 6144, 151_936, false),
    head_dim: 128,
    max_position_embeddings: 40_960,
    num_experts: 128,
    moe_intermediate_size: 768,
  },
  'meta-llama/Llama-3.2-3B': { ...llama(3072, 28, 24, 8, 8192), head_dim: 128, tie_word_embeddings: true },
  'meta-llama/Llama-3.1-8B': llama(4096, 32, 32, 8, 14_336),
  'meta-llama/Llama-3.1-70B': llama(8192, 80, 64, 8, 28_672),
  'mistralai/Mixtral-8x7B-v0.1': {
    hidden_size: 4096,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    intermediate_size: 14_336,
    vocab_size: 32_000,
    num_local_experts: 8,
    tie_word_embeddings: false,
    max_position_embeddings: 32_768,
  },
};

export const KNOWN_MODELS = Object.keys(CONFIGS);

/** Weights that were tuned but kept their shape share it: `Qwen/Qwen2.5-7B-Instruct` is `Qwen/Qwen2.5-7B`. */
const TUNED = /-(?:instruct(?:-v?\d[\w.]*)?|chat|base|it|hf)$/i;

/** The shape of a model by its name on Hugging Face, with or without the owner; undefined if it is none of ours. */
export function knownModel(name: string): ModelShape | undefined {
  const wanted = name.replace(TUNED, '').toLowerCase();
  const found = KNOWN_MODELS.find((known) => known.toLowerCase() === wanted || known.split('/')[1]?.toLowerCase() === wanted);
  return found === undefined ? undefined : parseModelConfig(CONFIGS[found], found);
}

function qwen2(hidden: number, layers: number, heads: number, kvHeads: number, intermediate: number, vocabulary: number, tied: boolean) {
  return {
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    intermediate_size: intermediate,
    vocab_size: vocabulary,
    tie_word_embeddings: tied,
    max_position_embeddings: 131_072,
  };
}

function llama(hidden: number, layers: number, heads: number, kvHeads: number, intermediate: number) {
  return { ...qwen2(hidden, layers, heads, kvHeads, intermediate, 128_256, false) };
}
