import type { Collector } from '../collector.ts';
import { nvidiaDmonCollector } from './nvidia-dmon.ts';
import { nvidiaQueryCollector } from './nvidia-query.ts';
import { nvidiaSmiCollector } from './nvidia-smi.ts';
import { DEFAULT_TIMING, type Timing } from './nvidia/timing.ts';
import { NvidiaTool } from './nvidia/tool.ts';

export interface NvidiaOptions {
  /** `--nvidia-smi`; without it PATH and then the host root are looked through. */
  readonly nvidiaSmi?: string | undefined;
  /** Between two looks. Samples are taken at the same pace, at most every 15 s. */
  readonly intervalSeconds: number;
  readonly timing?: Partial<Timing>;
}

/** The three sources that nvidia-smi feeds, over one `--query-gpu` and one `dmon` process. */
export function nvidiaCollectors({ nvidiaSmi, intervalSeconds, timing }: NvidiaOptions): readonly Collector[] {
  const tool = new NvidiaTool({ nvidiaSmi, lookSeconds: intervalSeconds, timing: { ...DEFAULT_TIMING, ...timing } });
  return [nvidiaSmiCollector(tool), nvidiaQueryCollector(tool), nvidiaDmonCollector(tool)];
}
