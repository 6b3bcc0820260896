/** One fault of NVLink 5 as Xid 144 to 150 describe it. */
export interface NvlinkFault {
  /** `NETIR_LINK_EVT`, `RLW_REMAP/TLW_RX`. */
  readonly unit: string;
  /** As it is written: `Fatal`, `Nonfatal`, `Link Fatal`. */
  readonly severity: string;
  /** -1: no link in particular. */
  readonly link: number;
}

/** `NETIR_LINK_EVT  Fatal   XC0 i0 Link 08 (0x004505c6 0x00000000 …)` (gpud, components/accelerator/nvidia/xid/kmsg.go). */
const FAULT = /^([A-Z][A-Z0-9_]*(?:\/[A-Z0-9_]+)*)\s+((?:Link )?(?:Non-?fatal|Fatal))\s+XC\d\s+i\d+\s+Link\s+(-?\d+)(?!\d)/i;

export function parseNvlinkFault(detail: string): NvlinkFault | undefined {
  const [, unit, severity, link] = FAULT.exec(detail) ?? [];
  if (unit === undefined || severity === undefined) return undefined;
  return { unit, severity, link: Number(link) };
}
