import type { Collector } from '../collector.ts';
import type { NvidiaTool } from './nvidia/tool.ts';

/** How nvidia-smi itself does. Ok on every node with an NVIDIA GPU, also while nvidia-smi hangs, fails or is missing. */
export function nvidiaSmiCollector(tool: NvidiaTool): Collector<'nvidia-smi'> {
  return {
    name: 'nvidia-smi',
    timeoutSeconds: 12,
    async collect(host, signal) {
      await tool.turn(host, signal);
      await tool.query.firstAnswer(tool.gpuFunctions, signal);
      return tool.state();
    },
    close: () => tool.close(),
  };
}
