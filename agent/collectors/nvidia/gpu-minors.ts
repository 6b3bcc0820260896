import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../host.ts';
import type { Gpu, NvidiaQuery } from '../../model.ts';
import { parseDeviceMinor } from '../../parse/gpu-information.ts';

const GPUS = '/proc/driver/nvidia/gpus';
const MAX_BYTES = 4096;
/** One file takes 160 µs (driver 580). It takes locks of the driver, so that a sick card can hold it: nobody waits for that. */
const WAIT_MS = 1000;

/**
 * Minor numbers of the GPUs, which no field of `--query-gpu` tells (driver 580). Read once as long as nvidia-smi answers: the
 * driver cannot be loaded anew, nor a GPU unbound, while its process has them open.
 */
export class GpuMinors {
  /** By driver, UUID and address; undefined where the file is missing or names none. */
  #known = new Map<string, number | undefined>();
  #reading: Promise<void> | undefined;
  readonly #waitMs: number;

  constructor(waitMs = WAIT_MS) {
    this.#waitMs = waitMs;
  }

  async added(query: NvidiaQuery, host: Host): Promise<NvidiaQuery> {
    const unread = query.gpus.filter((gpu) => gpu.pciAddress !== undefined && !this.#known.has(keyOf(gpu, query)));
    if (unread.length > 0 && !this.#reading) {
      this.#reading = this.#read(unread, query, host).finally(() => {
        this.#reading = undefined;
      });
      const stop = new AbortController();
      await Promise.race([this.#reading, sleep(this.#waitMs, undefined, { ref: false, signal: stop.signal }).catch(() => undefined)]);
      stop.abort();
    }
    return { ...query, gpus: query.gpus.map((gpu) => withMinor(gpu, this.#known.get(keyOf(gpu, query)))) };
  }

  /** nvidia-smi does not answer: what comes next may be another driver. */
  forget(): void {
    this.#known = new Map();
  }

  /** One after the other, so that a sick card holds one thread of the pool and not all. */
  async #read(gpus: readonly Gpu[], query: NvidiaQuery, host: Host): Promise<void> {
    const known = this.#known;
    for (const gpu of gpus) {
      const text = await host.readText(`${GPUS}/${gpu.pciAddress ?? ''}/information`, MAX_BYTES).catch(() => '');
      known.set(keyOf(gpu, query), parseDeviceMinor(text));
    }
  }
}

function keyOf({ uuid, pciAddress }: Gpu, { driverVersion }: NvidiaQuery): string {
  return `${driverVersion} ${uuid} ${pciAddress}`;
}

function withMinor(gpu: Gpu, minor: number | undefined): Gpu {
  return minor === undefined ? gpu : { ...gpu, minor };
}
