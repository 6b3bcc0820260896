import type { Collector } from '../collector.ts';
import type { NvidiaTool } from './nvidia/tool.ts';

/** The newest row of each GPU from the one long-lived `nvidia-smi --query-gpu`. Only the first look waits for it. */
export function nvidiaQueryCollector(tool: NvidiaTool): Collector<'nvidia-query'> {
  return {
    name: 'nvidia-query',
    timeoutSeconds: 12,
    async collect(host, signal) {
      await tool.turn(host, signal);
      tool.mustBeFound();
      await tool.query.firstAnswer(tool.gpuFunctions, signal);
      return tool.query.look();
    },
    close: () => tool.close(),
  };
}
