import type { Collector } from '../collector.ts';
import type { NvidiaTool } from './nvidia/tool.ts';

/** Mean of what the one long-lived `nvidia-smi dmon` sampled since the last look. Only the first look waits for it. */
export function nvidiaDmonCollector(tool: NvidiaTool): Collector<'nvidia-dmon'> {
  return {
    name: 'nvidia-dmon',
    timeoutSeconds: 12,
    async collect(host, signal) {
      await tool.turn(host, signal);
      tool.mustBeFound();
      await tool.query.firstAnswer(tool.gpuFunctions, signal);
      tool.turnDmon(host);
      await tool.dmon.firstAnswer(tool.gpuFunctions, signal);
      return tool.dmon.look();
    },
    close: () => tool.close(),
  };
}
