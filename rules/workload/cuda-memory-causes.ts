import type { Cause, Likelihood, Pod, PodContainer } from '../../agent/model.ts';
import { memoryFault, memoryWords, type MemoryFault, type OutOfMemory } from './cuda-memory.ts';
import { HOLDERS } from './log-texts-cuda.ts';
import { containerFlag, kubectl } from './pod-words.ts';

/** The text, and the log around it. */
interface Told {
  readonly found: OutOfMemory;
  readonly line: string;
  readonly lines: readonly string[];
}
type Advice = Omit<Cause, 'likelihood'>;

/** The fault that the numbers speak for first; then the others that they leave possible. */
export function outOfMemoryCauses(pod: Pod, container: PodContainer, told: Told, largeRatio: number): readonly Cause[] {
  const { found } = told;
  const likely = memoryFault(found, largeRatio);
  const isLarge = (bytes = 0): boolean => bytes > 0 && bytes >= largeRatio * (found.total ?? 0);
  const isPossible: Readonly<Record<MemoryFault, boolean>> = {
    shared: isLarge(found.others),
    fragmented: isLarge(found.unallocated) || (found.unallocated ?? 0) >= found.tried,
    capped: found.allowed !== undefined,
    full: true,
  };
  const advice: Readonly<Record<MemoryFault, () => Advice>> = {
    shared: () => heldByOthers(pod, container, found),
    fragmented: () => fragmentation(pod, container, told),
    capped: () => capped(pod, container, found),
    full: () => tooLarge(pod, container, told),
  };
  const others = (['shared', 'fragmented', 'capped', 'full'] as const).filter((fault) => fault !== likely && isPossible[fault]);
  return [likely, ...others].map((fault) => ({ ...advice[fault](), likelihood: (fault === likely ? 'likely' : 'possible') satisfies Likelihood }));
}

function logs(pod: Pod, container: PodContainer): string {
  return kubectl('logs --previous --tail=200', pod, containerFlag(container));
}

function heldByOthers(pod: Pod, container: PodContainer, { others = 0, tried }: OutOfMemory): Advice {
  return {
    cause: 'gpu-memory-held-by-others',
    why: `${memoryWords(others)} of the GPU was neither free nor this process's, for want of ${memoryWords(tried)}: a VLLM::EngineCore that outlived its server, vLLM beside the trainer, a second rank on the same GPU, or another pod that shares it`,
    check: [HOLDERS, logs(pod, container)],
    fix: ['# end a process whose pod is gone; a rank of its own GPU (LOCAL_RANK); where sharing is meant: a lower --gpu-memory-utilization, and vLLM asleep while the trainer works'],
  };
}

function fragmentation(pod: Pod, container: PodContainer, { found, line }: Told): Advice {
  // Newer releases name PYTORCH_ALLOC_CONF; the text says which one its own release reads.
  const variable = /PYTORCH_(?:CUDA_)?ALLOC_CONF/.exec(line)?.[0] ?? 'PYTORCH_CUDA_ALLOC_CONF';
  const older = line.includes('max_split_size_mb') ? ' (a PyTorch that does not know it: max_split_size_mb:128)' : '';
  return {
    cause: 'fragmentation',
    why: `PyTorch held ${memoryWords(found.unallocated ?? 0)} that it did not use when it asked for ${memoryWords(found.tried)}: in pieces that are too small`,
    check: [logs(pod, container), kubectl('get pod', pod, " -o yaml | grep -A1 -E 'PYTORCH_(CUDA_)?ALLOC_CONF'")],
    fix: [
      `# env of the container, in its template: ${variable}=expandable_segments:True${older}`,
      "# vLLM's sleep mode refuses to start with it: there rather fewer different batch shapes, or torch.cuda.empty_cache() between phases",
    ],
  };
}

function capped(pod: Pod, container: PodContainer, { allowed = 0, free = 0 }: OutOfMemory): Advice {
  return {
    cause: 'memory-fraction',
    why: `the program allows itself ${memoryWords(allowed)} (torch.cuda.set_per_process_memory_fraction); ${memoryWords(free)} of the GPU was free`,
    check: [logs(pod, container)],
    fix: ['# a larger fraction in the program, where nobody else needs the rest'],
  };
}

function tooLarge(pod: Pod, container: PodContainer, { found, lines }: Told): Advice {
  const { allocated, total } = found;
  const used = allocated === undefined || total === undefined ? '' : ` (${memoryWords(allocated)} of ${memoryWords(total)} in use by its PyTorch)`;
  return {
    cause: 'plan-larger-than-gpu',
    why: `weights, optimizer state, KV cache, activations and logits are more than the GPU holds${used}`,
    check: [logs(pod, container)],
    fix: [
      budgetCommand(lines, total),
      '# training: a smaller micro-batch or sequence, activation checkpointing, LoRA, more shards',
      '# vLLM: a shorter --max-model-len, fewer --max-num-seqs, a higher --tensor-parallel-size; beside a trainer a lower --gpu-memory-utilization',
    ],
  };
}

/** For the GPU as PyTorch sees it, and the mode that the log speaks of. */
function budgetCommand(lines: readonly string[], total: number | undefined): string {
  const serves = lines.some((line) => /EngineCore|\bvllm[./: ]/i.test(line));
  const trains = lines.some((line) => /\b(?:backward|deepspeed|fsdp|megatron|nemo_rl|verl|trl|optimizer|trainer)\b/i.test(line));
  const gpu = total === undefined ? 'GPU' : `${(total / 2 ** 30).toFixed(2)}GiB`;
  const mode = serves ? (trains ? 'grpo' : 'serve') : 'train';
  return `railmedic budget ${mode} --model MODEL --gpu ${gpu}   # what the plan needs on each GPU, and what would fit; modes: serve, train, grpo (vLLM and trainer on one GPU)`;
}
