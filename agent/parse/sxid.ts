import { sysfsPciAddress } from './pci-address.ts';

/** One line of an NVSwitch fault (SXid). */
export interface SxidLine {
  readonly kind: 'sxid';
  readonly sxid: number;
  readonly nvswitch: number;
  readonly pciAddress: string;
  readonly severity: 'fatal' | 'non-fatal' | 'correctable' | 'unstated';
  readonly link: number | undefined;
  readonly detail: string;
}

/** common_nvswitch.h of the driver; `Link` is left out for faults of the switch itself. */
const SXID =
  /^nvidia-nvswitch(\d{1,3}): SXid \((PCI:[0-9a-f:.]+)\): (\d{1,6}), (?:(Fatal|Non-fatal|Correctable), )?(?:Link (\d{1,3}) )?(.*)$/is;
/** Lines two and three of a fault: `20034, Severity 1 Engine instance 60 …`, `20034, Data {0x10000000, …`. */
const SEQUEL = /^(?:Severity \d+ Engine instance |Data \{)/;
const MAX_TEXT = 200;

/** Undefined for what is no SXid, and for the lines that only add registers to one. */
export function parseSxid(text: string): SxidLine | undefined {
  const [, nvswitch, address, sxid, severity, link, detail = ''] = SXID.exec(text) ?? [];
  const pciAddress = sysfsPciAddress(address ?? '');
  if (pciAddress === undefined || SEQUEL.test(detail)) return undefined;
  return {
    kind: 'sxid',
    sxid: Number(sxid),
    nvswitch: Number(nvswitch),
    pciAddress,
    severity: severityOf(severity),
    link: link === undefined ? undefined : Number(link),
    detail: detail.trim().slice(0, MAX_TEXT),
  };
}

function severityOf(word: string | undefined): SxidLine['severity'] {
  const lower = word?.toLowerCase();
  return lower === 'fatal' || lower === 'non-fatal' || lower === 'correctable' ? lower : 'unstated';
}
