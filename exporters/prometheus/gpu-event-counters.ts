import type { Reading, KernelLog, NvidiaQuery, SxidEvent, XidTotal } from '../../agent/model.ts';
import { familyOf, type Family } from './exposition.ts';
import { gpuLabels } from './gpu-families.ts';

interface Known {
  readonly index: string;
  readonly uuid: string | undefined;
}

/** More than a node has GPUs, and more than its switches have kinds of errors. */
const MOST_GPUS = 1024;
const MOST_SXIDS = 1024;

/**
 * Xids and SXids of the kernel log, by GPU. Index and UUID are those that nvidia-smi last gave for the PCI address, so that
 * the series of a GPU that is lost goes on. Where nobody knows them `gpu` is empty and `uuid` holds the PCI address.
 */
export class GpuEventCounters {
  readonly #known = new Map<string, Known>();
  readonly #sxids = new Map<string, number>();
  /** Of the last reading that was had: what was counted stays counted while the log cannot be read. */
  #log: KernelLog | undefined;
  #countedAt: number | undefined;

  families(query: NvidiaQuery | undefined, reading: Reading<KernelLog>): readonly Family[] {
    this.#remember(query);
    if (reading.status === 'ok') this.#count(reading.value, reading.atSeconds);
    const counts = new Map<string, number>();
    const times = new Map<string, number>();
    for (const total of this.#log?.xidTotals ?? []) {
      const labels = `${this.#labels(total)},xid="${total.xid}"`;
      counts.set(labels, (counts.get(labels) ?? 0) + total.total);
      const seconds = Date.parse(total.lastTime) / 1000;
      if (Number.isFinite(seconds)) times.set(labels, Math.max(seconds, times.get(labels) ?? seconds));
    }
    const since = 'since the agent began to read the log of this boot';
    return [
      familyOf('railmedic_gpu_xid_total', 'counter', `Lines of this Xid in the kernel log ${since}.`, [...counts]),
      familyOf('railmedic_gpu_xid_last_timestamp_seconds', 'gauge', 'When the newest line of this Xid was written, in Unix time.', [...times]),
      familyOf('railmedic_nvswitch_sxid_total', 'counter', `Lines of this SXid in the kernel log ${since}.`, [...this.#sxids]),
    ];
  }

  #remember(query: NvidiaQuery | undefined): void {
    for (const { pciAddress, index, uuid } of query?.gpus ?? []) {
      if (pciAddress === undefined || (this.#known.size >= MOST_GPUS && !this.#known.has(pciAddress))) continue;
      // A GPU that is lost can have a token or its PCI address in place of its UUID.
      const named = uuid.startsWith('GPU-') ? uuid : this.#known.get(pciAddress)?.uuid;
      this.#known.set(pciAddress, { index: String(index), uuid: named });
    }
  }

  #count(log: KernelLog, atSeconds: number): void {
    this.#log = log;
    if (atSeconds === this.#countedAt) return;
    this.#countedAt = atSeconds;
    for (const event of log.gpuEvents) if (event.kind === 'sxid') this.#countSxid(event);
  }

  #countSxid({ nvswitch, sxid, count }: SxidEvent): void {
    const labels = `nvswitch="${nvswitch}",sxid="${sxid}"`;
    const known = this.#sxids.get(labels);
    if (known === undefined && this.#sxids.size >= MOST_SXIDS) return;
    this.#sxids.set(labels, (known ?? 0) + count);
  }

  #labels({ pciAddress, uuid }: XidTotal): string {
    const known = this.#known.get(pciAddress);
    return gpuLabels(known?.index ?? '', known?.uuid ?? uuid ?? this.#log?.gpuUuids?.[pciAddress] ?? pciAddress);
  }
}
