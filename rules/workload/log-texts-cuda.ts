import { memoryFault, memoryWords, OUT_OF_MEMORY, outOfMemoryIn, type MemoryFault } from './cuda-memory.ts';
import type { KnownText } from './log-causes.ts';

const BUDGET = 'railmedic budget --help   # serve, train or grpo: what the plan needs on each GPU, and what would fit';
export const HOLDERS = 'nvidia-smi --query-compute-apps=gpu_uuid,pid,used_memory,name --format=csv   # on the node';

/** vLLM measures before it serves, and refuses to start where the memory would not do. */
export const VLLM_MEMORY_TEXTS: readonly KnownText[] = [
  {
    cause: 'gpu-memory-taken-by-others',
    pattern: /Free memory on device \S{1,20} \(([\d.]+)\/([\d.]+) GiB\) on startup is less than desired GPU memory utilization \(([\d.]+)/,
    why: ([, free, total, share]) =>
      `only ${free} of ${total} GiB were free when vLLM began, less than its gpu_memory_utilization of ${share}: another process holds the rest, often a VLLM::EngineCore that outlived its server`,
    check: [HOLDERS],
    fix: ['# end the process that holds the memory; or a lower --gpu-memory-utilization, where sharing is meant'],
  },
  {
    cause: 'no-memory-for-kv-cache',
    pattern: /No available memory for the cache blocks/,
    why: 'the weights leave no room for the KV cache within gpu_memory_utilization',
    fix: [BUDGET, '# --gpu-memory-utilization higher, --tensor-parallel-size higher, or smaller weights (--quantization)'],
  },
  {
    cause: 'max-model-len-too-long',
    // "models's" in some releases; the numbers follow on the same line.
    pattern: /To serve at least one request with the model.{0,300}?(?:estimated maximum model length is (\d{1,9})|$)/,
    why: ([, tokens]) => `one request of max_model_len does not fit into the KV cache${tokens === undefined ? '' : `; vLLM estimates that ${tokens} tokens do`}`,
    fix: ([, tokens]) => [`# --max-model-len ${tokens ?? 'shorter'}, or a higher --gpu-memory-utilization or --tensor-parallel-size`, BUDGET],
  },
];

/** PyTorch's allocator in its three wordings, and vLLM's checks at its start. */
export const CUDA_TEXTS: readonly KnownText[] = [
  { cause: 'cuda-out-of-memory', pattern: OUT_OF_MEMORY, why: ([text]) => outOfMemoryWords(text), check: [HOLDERS], fix: [BUDGET] },
  ...VLLM_MEMORY_TEXTS,
  {
    cause: 'gpu-memory-changed-at-start',
    pattern: /Error in memory profiling\. Initial free memory/,
    why: 'another process took or gave back memory of the GPU while vLLM measured it: two engines that start on one GPU, or one that is still ending',
    check: [HOLDERS],
  },
  {
    cause: 'gpu-without-bfloat16',
    pattern: /Bfloat16 is only supported on GPUs with compute capability of at least/,
    why: 'this GPU is too old for bfloat16 (compute capability below 8.0)',
    fix: ['# --dtype half, or a node with A10G, A100 or newer'],
  },
];

/** Share of the GPU from which memory that is unused, or somebody else's, is to blame: CudaOutOfMemory's default. */
export const LARGE_RATIO = 0.03;

function outOfMemoryWords(text: string): string {
  const found = outOfMemoryIn(text);
  if (!found) return 'a GPU had no memory left';
  const words: Readonly<Record<MemoryFault, string>> = {
    shared: ': other processes on it hold memory as well',
    fragmented: `, while PyTorch held ${memoryWords(found.unallocated ?? 0)} that it could not use: fragmentation (PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True)`,
    capped: ': the program caps itself (torch.cuda.set_per_process_memory_fraction)',
    full: ': the plan is larger than the GPU',
  };
  return `a GPU had no memory left for another ${memoryWords(found.tried)}${words[memoryFault(found, LARGE_RATIO)]}`;
}
