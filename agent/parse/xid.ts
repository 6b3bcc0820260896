import { parseNvlinkFault, type NvlinkFault } from './nvlink.ts';
import { sysfsPciAddress } from './pci-address.ts';

/** One Xid line, as every driver generation writes it. */
export interface XidLine {
  readonly kind: 'xid';
  readonly xid: number;
  readonly pciAddress: string;
  readonly gpuInstance: number | undefined;
  readonly computeInstance: number | undefined;
  readonly pid: number | undefined;
  /** Attacker-controlled text, cut at 200 characters; undefined for `<unknown>`. */
  readonly processName: string | undefined;
  readonly detail: string;
  readonly nvlink: NvlinkFault | undefined;
  readonly recoveryAction: string | undefined;
}

/**
 * krcReportXid_IMPL, src/nvidia/src/kernel/gpu/rc/kernel_rc.c of the open kernel modules; older ones quote the pid or leave
 * out `PCI:`, those with MIG add the instances. Anchored: a program may write a line that only tells of an Xid.
 */
const XID =
  /^NVRM: Xid \(((?:PCI:)?[0-9a-f:.]+)(?: GPU-I:(\d+))?(?: GPU-CI:(\d+))?\): (\d{1,5})(?:, pid=(?:'([^']*)'|([^,]*)))?(?:, name=([^,]*))?(?:, (.*))?$/is;
/** gpuRecoveryAction names have changed between 565 and 610 (`Node Reboot Required`, `OS Reboot`). */
const RECOVERY = /^GPU recovery action changed from 0x[0-9a-f]+ \([^()]*\) to 0x[0-9a-f]+ \(([^()]*)\)$/i;
/** `NVRM: GPU at PCI:0000:3b:00: GPU-<uuid>`, once for each GPU before its first Xid. */
const UUID = /^NVRM: GPU at (PCI:[0-9a-f:.]+): (GPU-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s*$/i;
const MAX_TEXT = 200;

export function parseXid(text: string): XidLine | undefined {
  const match = XID.exec(text);
  const pciAddress = sysfsPciAddress(match?.[1] ?? '');
  if (!match || pciAddress === undefined) return undefined;
  const [, , gpuInstance, computeInstance, number, quotedPid, plainPid, name, rest = ''] = match;
  const xid = Number(number);
  const detail = rest.trim();
  return {
    kind: 'xid',
    xid,
    pciAddress,
    gpuInstance: integer(gpuInstance),
    computeInstance: integer(computeInstance),
    pid: integer(quotedPid ?? plainPid),
    processName: name === undefined || name === '' || name === '<unknown>' ? undefined : name.slice(0, MAX_TEXT),
    detail: detail.slice(0, MAX_TEXT),
    nvlink: xid >= 144 && xid <= 150 ? parseNvlinkFault(detail) : undefined,
    recoveryAction: xid === 154 ? RECOVERY.exec(detail)?.[1] : undefined,
  };
}

export function parseGpuUuid(text: string): { readonly pciAddress: string; readonly uuid: string } | undefined {
  const [, address, uuid] = UUID.exec(text) ?? [];
  const pciAddress = sysfsPciAddress(address ?? '');
  return pciAddress === undefined || uuid === undefined ? undefined : { pciAddress, uuid };
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
