import type { KnownText } from './log-causes.ts';

const BUDGET = 'railmedic budget --help   # serve, train or grpo: what the plan needs on each GPU, and what would fit';
const HOLDERS = 'nvidia-smi --query-compute-apps=gpu_uuid,pid,used_memory,name --format=csv   # on the node';

/** PyTorch's allocator (c10/cuda/CUDACachingAllocator.cpp) in its three wordings, and vLLM's checks at its start. */
export const CUDA_TEXTS: readonly KnownText[] = [
  {
    cause: 'cuda-out-of-memory',
    pattern: /CUDA out of memory\. Tried to allocate ([\d.]+ [KMGT]?i?B)(.{0,700})/,
    why: (match) => outOfMemory(match[1] ?? '', match[2] ?? ''),
    check: [HOLDERS],
    fix: [BUDGET],
  },
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

function outOfMemory(tried: string, rest: string): string {
  const head = `a GPU had no memory left for another ${tried}`;
  const reserved = /([\d.]+ [KMGT]?i?B) is reserved by PyTorch but unallocated/.exec(rest)?.[1];
  // Without the host's process ids PyTorch takes itself for another process: one such line is its own.
  const others = rest.match(/Process \d+ has [\d.]+ [KMGT]?i?B memory in use/g)?.length ?? 0;
  if (others > (rest.includes('this process has') ? 0 : 1)) return `${head}: other processes on it hold memory as well`;
  if (reserved !== undefined && bytes(reserved) >= bytes(tried)) {
    return `${head}, while PyTorch held ${reserved} that it could not use: fragmentation (PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True)`;
  }
  return `${head}: the plan is larger than the GPU`;
}

function bytes(amount: string): number {
  const [number, unit = ''] = amount.split(' ');
  return Number(number) * 1024 ** Math.max(0, ['', 'K', 'M', 'G', 'T'].indexOf(unit.replace(/i?B$/, '')));
}
