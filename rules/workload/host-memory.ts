import type { Pod, PodContainer } from '../../agent/model.ts';
import { DTYPE_BYTES } from '../budget/plan.ts';
import { STATE_BYTES } from '../budget/training-memory.ts';

/**
 * What fits into a container's limit of host memory, in parameters. vLLM that sleeps (level 1) keeps its bf16 weights there;
 * a trainer that offloads, its weights and AdamW's state. Empty without a limit.
 */
export function hostMemoryWords({ memoryLimitBytes }: PodContainer): string {
  if (memoryLimitBytes === undefined) return '';
  const weights = DTYPE_BYTES.bf16;
  const trained = weights + STATE_BYTES.adamw;
  const most = (bytes: number): string => `${(memoryLimitBytes / bytes / 1e9).toFixed(memoryLimitBytes / bytes < 1e10 ? 1 : 0)} G`;
  return `. At most ${most(weights)} parameters of sleeping vLLM's weights (${weights} bytes each), or ${most(trained)} of an offloaded AdamW trainer (${trained}), fit into the limit, /dev/shm and data loaders not counted`;
}

/** The budget says what lies on one GPU; what is offloaded of it lies here once for each GPU of the pod. */
export function budgetCommand({ requests }: Pod): string {
  const gpus = requests['nvidia.com/gpu'];
  const times = gpus === undefined ? 'once for each GPU of this pod' : `${gpus} times, once for each GPU of this pod`;
  return `railmedic budget train --model MODEL --gpu GPU   # its lines "trainer's weights" and "optimizer state" are what offloading moves to host memory, ${times}`;
}
