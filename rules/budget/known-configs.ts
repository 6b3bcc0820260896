/** The fields of a `config.json` that decide memory and limits. */
export type KnownConfig = Readonly<Record<string, unknown>>;

/** Positions of Qwen2.5's small base models, and of all its instruct models. */
const QWEN25_SHORT = { max_position_embeddings: 32_768 };
const MATH = { max_position_embeddings: 4096 };
const QWEN3_2507 = { max_position_embeddings: 262_144 };
const FP8 = { quantization_config: { quant_method: 'fp8', fmt: 'e4m3', weight_block_size: [128, 128] } };

/**
 * Those fields by the model's name on Hugging Face: `https://huggingface.co/NAME/blob/main/config.json`, compared on
 * 2026-11-23 with copies in public repositories (litgpt's table, configurations that vLLM's and others' tests quote) and
 * with the count of weights on each card. Positions on which those disagree are left out: nothing is then said about them.
 */
export const KNOWN_CONFIGS: Readonly<Record<string, KnownConfig>> = {
  'Qwen/Qwen2.5-0.5B': { ...dense(896, 24, 14, 2, 4864, 151_936, true), ...QWEN25_SHORT },
  'Qwen/Qwen2.5-1.5B': dense(1536, 28, 12, 2, 8960, 151_936, true),
  'Qwen/Qwen2.5-3B': { ...dense(2048, 36, 16, 2, 11_008, 151_936, true), ...QWEN25_SHORT },
  'Qwen/Qwen2.5-7B': dense(3584, 28, 28, 4, 18_944, 152_064, false),
  'Qwen/Qwen2.5-14B': dense(5120, 48, 40, 8, 13_824, 152_064, false),
  'Qwen/Qwen2.5-32B': dense(5120, 64, 40, 8, 27_648, 152_064, false),
  'Qwen/Qwen2.5-72B': dense(8192, 80, 64, 8, 29_568, 152_064, false),
  'Qwen/Qwen2.5-Math-1.5B': { ...dense(1536, 28, 12, 2, 8960, 151_936, true), ...MATH },
  'Qwen/Qwen2.5-Math-7B': { ...dense(3584, 28, 28, 4, 18_944, 152_064, false), ...MATH },
  'Qwen/Qwen2.5-Coder-7B': { ...dense(3584, 28, 28, 4, 18_944, 152_064, false), ...QWEN25_SHORT },
  'Qwen/Qwen2.5-Coder-14B': { ...dense(5120, 48, 40, 8, 13_824, 152_064, false), ...QWEN25_SHORT },
  'Qwen/Qwen2.5-Coder-32B': { ...dense(5120, 64, 40, 8, 27_648, 152_064, false), ...QWEN25_SHORT },
  'Qwen/Qwen3-0.6B': qwen3(1024, 28, 16, 3072, true),
  'Qwen/Qwen3-1.7B': qwen3(2048, 28, 16, 6144, true),
  'Qwen/Qwen3-4B': qwen3(2560, 36, 32, 9728, true),
  'Qwen/Qwen3-4B-Instruct-2507': { ...qwen3(2560, 36, 32, 9728, true), ...QWEN3_2507 },
  'Qwen/Qwen3-8B': qwen3(4096, 36, 32, 12_288, false),
  'Qwen/Qwen3-14B': qwen3(5120, 40, 40, 17_408, false),
  'Qwen/Qwen3-32B': qwen3(5120, 64, 64, 25_600, false),
  'Qwen/Qwen3-30B-A3B': qwen3Experts(2048, 48, 32, 6144, 768),
  'Qwen/Qwen3-30B-A3B-Instruct-2507': { ...qwen3Experts(2048, 48, 32, 6144, 768), ...QWEN3_2507 },
  'Qwen/Qwen3-235B-A22B': qwen3Experts(4096, 94, 64, 12_288, 1536),
  'Qwen/Qwen3-235B-A22B-Instruct-2507': { ...qwen3Experts(4096, 94, 64, 12_288, 1536), ...QWEN3_2507 },
  'meta-llama/Llama-3.2-1B': { ...llama(2048, 16, 32, 8192), head_dim: 64, tie_word_embeddings: true },
  'meta-llama/Llama-3.2-3B': { ...llama(3072, 28, 24, 8192), head_dim: 128, tie_word_embeddings: true },
  'meta-llama/Llama-3.1-8B': llama(4096, 32, 32, 14_336),
  'meta-llama/Llama-3.1-70B': llama(8192, 80, 64, 28_672),
  'meta-llama/Llama-3.3-70B-Instruct': llama(8192, 80, 64, 28_672),
  'meta-llama/Llama-3.1-405B': llama(16_384, 126, 128, 53_248),
  'meta-llama/Meta-Llama-3-8B': { ...llama(4096, 32, 32, 14_336), max_position_embeddings: 8192 },
  'meta-llama/Meta-Llama-3-70B': { ...llama(8192, 80, 64, 28_672), max_position_embeddings: 8192 },
  'mistralai/Mistral-7B-Instruct-v0.2': { ...dense(4096, 32, 32, 8, 14_336, 32_000, false), max_position_embeddings: 32_768 },
  'mistralai/Mistral-7B-v0.3': { ...dense(4096, 32, 32, 8, 14_336, 32_768, false), max_position_embeddings: 32_768 },
  'mistralai/Mistral-Nemo-Base-2407': { ...dense(5120, 40, 32, 8, 14_336, 131_072, false), head_dim: 128, max_position_embeddings: undefined },
  'mistralai/Mixtral-8x7B-v0.1': { ...dense(4096, 32, 32, 8, 14_336, 32_000, false), num_local_experts: 8, num_experts_per_tok: 2, max_position_embeddings: 32_768 },
  'mistralai/Mixtral-8x22B-v0.1': { ...dense(6144, 56, 48, 8, 16_384, 32_768, false), num_local_experts: 8, num_experts_per_tok: 2, max_position_embeddings: 65_536 },
  'deepseek-ai/DeepSeek-V3': { ...deepseek(), ...FP8 },
  'deepseek-ai/DeepSeek-R1': { ...deepseek(), ...FP8 },
  'deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B': dense(1536, 28, 12, 2, 8960, 151_936, false),
  'deepseek-ai/DeepSeek-R1-Distill-Qwen-7B': dense(3584, 28, 28, 4, 18_944, 152_064, false),
  'deepseek-ai/DeepSeek-R1-Distill-Qwen-14B': dense(5120, 48, 40, 8, 13_824, 152_064, false),
  'deepseek-ai/DeepSeek-R1-Distill-Qwen-32B': dense(5120, 64, 40, 8, 27_648, 152_064, false),
  'deepseek-ai/DeepSeek-R1-Distill-Llama-8B': llama(4096, 32, 32, 14_336),
  'deepseek-ai/DeepSeek-R1-Distill-Llama-70B': llama(8192, 80, 64, 28_672),
  'openai/gpt-oss-20b': gptOss(24, 32),
  'openai/gpt-oss-120b': gptOss(36, 128),
};

/** What the instruct model's `config.json` has differently, by the base model's name. */
export const INSTRUCT_CONFIGS: Readonly<Record<string, KnownConfig>> = Object.fromEntries(
  ['1.5B', '7B', '14B', '32B', '72B'].map((size) => [`Qwen/Qwen2.5-${size}`, QWEN25_SHORT]),
);

function dense(hidden: number, layers: number, heads: number, kvHeads: number, intermediate: number, vocabulary: number, tied: boolean): KnownConfig {
  return {
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    intermediate_size: intermediate,
    vocab_size: vocabulary,
    tie_word_embeddings: tied,
    max_position_embeddings: 131_072,
    torch_dtype: 'bfloat16',
  };
}

function qwen3(hidden: number, layers: number, heads: number, intermediate: number, tied: boolean): KnownConfig {
  return { ...dense(hidden, layers, heads, 8, intermediate, 151_936, tied), head_dim: 128, max_position_embeddings: 40_960 };
}

function qwen3Experts(hidden: number, layers: number, heads: number, intermediate: number, expert: number): KnownConfig {
  return { ...qwen3(hidden, layers, heads, intermediate, false), num_key_value_heads: 4, num_experts: 128, num_experts_per_tok: 8, moe_intermediate_size: expert };
}

function llama(hidden: number, layers: number, heads: number, intermediate: number): KnownConfig {
  return dense(hidden, layers, heads, 8, intermediate, 128_256, false);
}

function deepseek(): KnownConfig {
  return {
    ...dense(7168, 61, 128, 128, 18_432, 129_280, false),
    max_position_embeddings: 163_840,
    moe_intermediate_size: 2048,
    n_routed_experts: 256,
    n_shared_experts: 1,
    num_experts_per_tok: 8,
    first_k_dense_replace: 3,
    kv_lora_rank: 512,
    q_lora_rank: 1536,
    qk_rope_head_dim: 64,
    qk_nope_head_dim: 128,
    v_head_dim: 128,
  };
}

function gptOss(layers: number, experts: number): KnownConfig {
  return {
    ...dense(2880, layers, 64, 8, 2880, 201_088, false),
    head_dim: 64,
    num_local_experts: experts,
    num_experts_per_tok: 4,
    sliding_window: 128,
    layer_types: Array.from({ length: layers }, (_, index) => (index % 2 === 0 ? 'sliding_attention' : 'full_attention')),
    quantization_config: { quant_method: 'mxfp4', modules_to_not_convert: ['model.layers.*.self_attn', 'model.layers.*.mlp.router', 'model.embed_tokens', 'lm_head'] },
  };
}
