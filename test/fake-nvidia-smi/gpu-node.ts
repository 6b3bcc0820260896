import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Absent, type Collector } from '../../agent/collector.ts';
import { nvidiaCollectors, type NvidiaOptions } from '../../agent/collectors/nvidia.ts';
import { openHost, type Host } from '../../agent/host.ts';
import type { NvidiaDmon, NvidiaQuery, NvidiaSmi, Reading } from '../../agent/model.ts';
import { directoryWith } from '../capture-directory.ts';

const FAKE = join(import.meta.dirname, 'nvidia-smi');

export interface GpuLook {
  readonly smi: Reading<NvidiaSmi>;
  readonly query: Reading<NvidiaQuery>;
  readonly dmon: Reading<NvidiaDmon>;
}

export interface GpuNode {
  readonly host: Host;
  readonly nvidiaSmi: string;
  /** What the fake does from its next sample on. */
  control(settings: object): void;
  look(): Promise<GpuLook>;
  /** Looks until it holds; fails after ten seconds. */
  lookUntil(holds: (look: GpuLook) => boolean): Promise<GpuLook>;
  close(): void;
  /** Every start of the fake so far: `<pid> <arguments>`. */
  log(): readonly string[];
}

/** Files of as many NVIDIA functions on PCI. */
export function pciTree(gpus: number, kind: { readonly class?: string; readonly vendor?: string } = {}): Record<string, string> {
  const files: Record<string, string> = { 'sys/bus/pci/devices/0000:00:00.0/vendor': '0x8086\n', 'sys/bus/pci/devices/0000:00:00.0/device': '0x1237\n' };
  for (let at = 0; at < gpus; at += 1) {
    const directory = `sys/bus/pci/devices/0000:${(0x10 + at).toString(16)}:00.0`;
    files[`${directory}/vendor`] = `${kind.vendor ?? '0x10de'}\n`;
    files[`${directory}/device`] = '0x2335\n';
    files[`${directory}/class`] = `${kind.class ?? '0x030200'}\n`;
  }
  return files;
}

/** A node with GPUs whose nvidia-smi is the fake, fifty times as fast as a real one; closed after the test. */
export async function gpuNode(settings: object = {}, options: Partial<NvidiaOptions> & { readonly gpus?: number } = {}): Promise<GpuNode> {
  const { gpus = 1, ...rest } = options;
  const directory = await directoryWith({ ...pciTree(gpus), 'log': '' });
  const [control, log, nvidiaSmi] = ['control.json', 'log', 'nvidia-smi'].map((name) => join(directory, name)) as [string, string, string];
  const write = (now: object): void => writeFileSync(control, JSON.stringify({ gpus, log, ...now }));
  write(settings);
  writeFileSync(nvidiaSmi, `#!/bin/sh\nexport FAKE_NVIDIA_SMI_CONTROL='${control}' FAKE_NVIDIA_SMI_SPEED=50\nexec '${FAKE}' "$@"\n`);
  chmodSync(nvidiaSmi, 0o755);
  const host = openHost(directory);
  const quick = { shortestPauseSeconds: 0.01, longestPauseSeconds: 0.1, ...rest.timing };
  const collectors = nvidiaCollectors({ nvidiaSmi, intervalSeconds: 1, ...rest, timing: quick });
  const close = (): void => collectors.forEach((collector) => collector.close?.());
  onTestFinished(close);
  const look = (): Promise<GpuLook> => lookWith(collectors, host);
  return {
    host,
    nvidiaSmi,
    control: write,
    look,
    lookUntil: (holds) => lookUntil(look, holds),
    close,
    log: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
  };
}

export async function lookWith(collectors: readonly Collector[], host: Host): Promise<GpuLook> {
  const [smi, query, dmon] = await Promise.all(collectors.map((collector) => read(collector, host)));
  return { smi, query, dmon } as unknown as GpuLook;
}

async function read(collector: Collector, host: Host): Promise<Reading<unknown>> {
  try {
    return { status: 'ok', atSeconds: 0, value: await collector.collect(host, AbortSignal.timeout(20_000)) };
  } catch (error) {
    if (error instanceof Absent) return { status: 'absent', why: error.message };
    return { status: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  }
}

async function lookUntil(look: () => Promise<GpuLook>, holds: (look: GpuLook) => boolean): Promise<GpuLook> {
  const end = performance.now() + 10_000;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() > end) throw new Error(`not within ten seconds: ${JSON.stringify(seen)}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 10);
    await promise;
  }
}
