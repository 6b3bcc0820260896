import { sysfsPciAddress } from './pci-address.ts';
import { parseSxid, type SxidLine } from './sxid.ts';
import { parseXid, type XidLine } from './xid.ts';

/** A message of the GPU driver without a number of its own. */
export interface GpuMessage {
  readonly kind: 'fallen-off-the-bus' | 'api-mismatch';
  readonly pciAddress: string | undefined;
  /** The whole message, its lines joined by a space and each without its `NVRM: `. */
  readonly text: string;
}
export type GpuLine = XidLine | SxidLine | GpuMessage;

/** A message that begins so goes on in further lines. */
const OPENS = /^NVRM: (?:The NVIDIA GPU (?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]|API mismatch: the client )/i;
/** osdevice.c and rmapi of the open kernel modules, in the wordings of twenty years of drivers. */
const GOES_ON =
  /^NVRM: (?:\(PCI ID|installed in this|fallen off the bus|has the version|(?:but )?this kernel module|the version|make sure|components have)/;
const CLOSES = /fallen off the bus and is not responding|components have the same version/;
const LOST = /^(?:The NVIDIA )?GPU ((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(?:: GPU has| .*) fallen off the bus/i;
const MAX_LINES = 8;

/** Whether a line can be of interest at all: a storm of others must cost next to nothing. */
export function isGpuText(text: string): boolean {
  return text.startsWith('NVRM: ') || text.startsWith('nvidia-nvswitch');
}

/** Joins the lines of one message: the kernel hands them over as one record, as several, or with its escape for a line break. */
export class GpuMessages {
  #open: string[] = [];

  /** What this record completes. Records of others may come in between. */
  take(text: string): readonly GpuLine[] {
    const lines = text.includes('\\x0a') || text.includes('\n') ? text.split(/\\x0a|\n/).map((line) => line.trim()) : [text];
    const found = lines.flatMap((line) => this.#line(line));
    return lines.length > 1 && this.#open.length > 0 ? [...found, ...this.end()] : found;
  }

  /** What is complete enough though its last lines did not come. */
  end(): readonly GpuLine[] {
    const open = this.#open;
    const message = open[0]?.startsWith('NVRM: API mismatch') === true ? joined(open) : undefined;
    if (message) this.#open = [];
    return message ? [message] : [];
  }

  #line(line: string): readonly GpuLine[] {
    const single = line.startsWith('NVRM: Xid') ? parseXid(line) : parseSxid(line);
    if (single) return [single];
    if (!line.startsWith('NVRM: ')) return [];
    if (OPENS.test(line)) {
      const before = this.end();
      this.#open = [line];
      return [...before, ...this.#close(line)];
    }
    if (this.#open.length === 0 || !GOES_ON.test(line)) return message(line.slice('NVRM: '.length));
    this.#open.push(line);
    return this.#close(line);
  }

  #close(line: string): readonly GpuLine[] {
    if (!CLOSES.test(line) && this.#open.length < MAX_LINES) return [];
    const found = joined(this.#open);
    this.#open = [];
    return found ? [found] : [];
  }
}

function joined(lines: readonly string[]): GpuMessage | undefined {
  return message(lines.map((line) => line.slice('NVRM: '.length).trim()).join(' '))[0];
}

function message(text: string): readonly GpuMessage[] {
  const pciAddress = sysfsPciAddress(LOST.exec(text)?.[1] ?? '');
  if (pciAddress !== undefined) return [{ kind: 'fallen-off-the-bus', pciAddress, text }];
  return text.startsWith('API mismatch: the client ') ? [{ kind: 'api-mismatch', pciAddress: undefined, text }] : [];
}
