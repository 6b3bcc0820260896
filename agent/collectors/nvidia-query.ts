import type { Collector } from '../collector.ts';
import type { NvidiaQuery } from '../model.ts';
import { GpuMinors } from './nvidia/gpu-minors.ts';
import type { NvidiaTool } from './nvidia/tool.ts';

/** The newest row of each GPU from the one long-lived `nvidia-smi --query-gpu`. Only the first look waits for it. */
export function nvidiaQueryCollector(tool: NvidiaTool): Collector<'nvidia-query'> {
  const minors = new GpuMinors();
  const seen = new Set<string>();
  return {
    name: 'nvidia-query',
    timeoutSeconds: 12,
    async collect(host, signal) {
      await tool.turn(host, signal);
      tool.mustBeFound();
      await tool.query.firstAnswer(tool.gpuFunctions, signal);
      try {
        return withVanished(await minors.added(tool.query.look(), host), seen);
      } catch (error) {
        minors.forget();
        throw error;
      }
    },
    close: () => tool.close(),
  };
}

/** What stood on a GPU that is no longer listed has not healed: rules must be told of it. */
function withVanished(query: NvidiaQuery, seen: Set<string>): NvidiaQuery {
  const listed = new Set(query.gpus.map(({ uuid }) => uuid));
  for (const uuid of listed) seen.add(uuid);
  const vanished = [...seen].filter((uuid) => !listed.has(uuid)).toSorted();
  return vanished.length === 0 ? query : { ...query, vanished };
}
