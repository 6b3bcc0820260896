import type { Host } from '../host.ts';
import type { GpuEvent, KernelLog, XidTotal } from '../model.ts';
import { GpuMessages, isGpuText, type GpuLine } from '../parse/gpu-message.ts';
import type { KmsgRecord } from '../parse/kmsg.ts';
import { parseGpuUuid } from '../parse/xid.ts';
import { GpuProcesses, type ProcessSought } from './gpu-process.ts';
import { XidHistory, type XidSeen } from './xid-history.ts';

/** A text of this look: how often it came, and when last. */
interface Slot {
  readonly line: GpuLine;
  readonly text: string;
  readonly seen: XidSeen | undefined;
  count: number;
  microseconds: number;
}
export type GpuPart = Pick<KernelLog, 'gpuEvents' | 'gpuUuids' | 'xidTotals'>;

/** Of one fault of one device as many texts are told apart in one look (a storm counts channels or sequence numbers up). */
const TEXTS_PER_FAULT = 32;
/** A node has at most some dozen GPUs and switches; more faults than this in one look are no node's. */
const MAX_FAULTS = 1024;
const MAX_UUIDS = 1024;
const MAX_TEXT = 400;

/**
 * What the kernel log says of GPUs. A text is parsed once in a look, however often it comes: 800 000 equal lines cost as
 * many look-ups in a map. Memory is bounded whatever the log holds.
 */
export class KernelLogGpu {
  readonly #messages = new GpuMessages();
  readonly #processes = new GpuProcesses();
  #history = new XidHistory();
  #uuids = new Map<string, string>();
  #slots = new Map<string, Slot>();
  #faults = new Map<string, Slot[]>();
  #passedOver = 0;
  /** When the newest line of the driver came. */
  #newest = 0;

  /** Of every record, also of those that are too old to be told: the kernel names a GPU once. */
  note(text: string): void {
    if (!text.startsWith('NVRM: GPU at ') || this.#uuids.size >= MAX_UUIDS) return;
    const found = parseGpuUuid(text);
    if (found) this.#uuids.set(found.pciAddress, found.uuid);
  }

  take({ text, microseconds }: KmsgRecord): void {
    if (!isGpuText(text)) return;
    this.#newest = microseconds;
    const known = this.#slots.get(text);
    if (known) {
      count(known, microseconds);
      if (known.seen && known.line.kind === 'xid') this.#history.add(known.seen, known.line.pid, microseconds);
      return;
    }
    for (const line of this.#messages.take(text)) this.#add(line, text, microseconds);
  }

  /** Looks up the processes that the lines of this look name. */
  async resolve(host: Host): Promise<void> {
    const sought = new Map<number, ProcessSought>();
    for (const { line, microseconds } of this.#all()) {
      if (line.kind !== 'xid' || line.pid === undefined) continue;
      sought.set(line.pid, { pid: line.pid, name: line.processName, uptimeSeconds: microseconds / 1e6 });
    }
    await this.#processes.resolve(host, [...sought.values()]);
  }

  /** What came since the last time, and how many lines were beyond the bounds. */
  handOver(timeOf: (microseconds: number) => string): { readonly part: GpuPart; readonly passedOver: number } {
    for (const line of this.#messages.end()) this.#add(line, '', this.#newest);
    const gpuEvents = this.#all().map((slot) => this.#event(slot, timeOf));
    const passedOver = this.#passedOver;
    this.#slots = new Map();
    this.#faults = new Map();
    this.#passedOver = 0;
    const xidTotals = this.#history.all().map((seen) => this.#total(seen, timeOf));
    const part: GpuPart = {
      gpuEvents,
      ...(this.#uuids.size > 0 && { gpuUuids: Object.fromEntries(this.#uuids) }),
      ...(xidTotals.length > 0 && { xidTotals }),
    };
    return { part, passedOver };
  }

  /** Another boot: its GPUs, processes and counts are its own. */
  forget(): void {
    this.#history = new XidHistory();
    this.#uuids = new Map();
    this.#slots = new Map();
    this.#faults = new Map();
    this.#processes.forget();
  }

  #all(): readonly Slot[] {
    return [...this.#faults.values()].flat();
  }

  #add(line: GpuLine, text: string, microseconds: number): void {
    const key = faultOf(line);
    const slots = this.#faults.get(key) ?? [];
    if (slots.length === 0 && this.#faults.size >= MAX_FAULTS) {
      this.#passedOver += 1;
      return;
    }
    this.#faults.set(key, slots);
    const seen = line.kind === 'xid' ? this.#history.seen(line.pciAddress, line.xid) : undefined;
    if (seen && line.kind === 'xid') this.#history.add(seen, line.pid, microseconds);
    const whole = 'text' in line ? line.text : text;
    const same = slots.find((slot) => slot.text === whole) ?? (slots.length >= TEXTS_PER_FAULT ? slots.at(-1) : undefined);
    if (same) return count(same, microseconds);
    const slot: Slot = { line, text: whole, seen, count: 1, microseconds };
    slots.push(slot);
    // A line of a longer message is no event by itself and may be part of another message.
    if (!('text' in line)) this.#slots.set(text, slot);
  }

  #event({ line, text, seen, count, microseconds }: Slot, timeOf: (microseconds: number) => string): GpuEvent {
    const all = { time: timeOf(microseconds), count, text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text };
    if (line.kind === 'sxid') return { ...line, ...all };
    const uuid = this.#uuids.get(line.pciAddress ?? '');
    if (line.kind !== 'xid') return { ...line, ...all, uuid };
    const { pid, processName, ...told } = line;
    const { total, distinctProcesses } = this.#history.counts(seen);
    return { ...told, ...all, uuid, process: this.#processOf(pid, processName), total, distinctProcesses };
  }

  #processOf(pid: number | undefined, name: string | undefined) {
    return pid === undefined ? undefined : this.#processes.found({ pid, name });
  }

  #total({ pciAddress, xid, total, lastMicroseconds }: XidSeen, timeOf: (microseconds: number) => string): XidTotal {
    return { pciAddress, uuid: this.#uuids.get(pciAddress), xid, total, lastTime: timeOf(lastMicroseconds) };
  }
}

function count(slot: Slot, microseconds: number): void {
  slot.count += 1;
  slot.microseconds = Math.max(slot.microseconds, microseconds);
}

/** What went wrong where: a storm of one fault takes no room from another. */
function faultOf(line: GpuLine): string {
  if (line.kind === 'xid') return `xid ${line.pciAddress} ${line.xid}`;
  return line.kind === 'sxid' ? `sxid ${line.nvswitch} ${line.sxid} ${line.link ?? ''}` : `${line.kind} ${line.pciAddress ?? ''}`;
}
