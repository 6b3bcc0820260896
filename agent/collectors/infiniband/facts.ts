import type { Host } from '../../host.ts';
import { optionalText } from '../optional-text.ts';
import type { InfinibandDevice, InfinibandPort } from '../../model.ts';
import { pciId, pciKind } from '../../parse/pci.ts';
import { baseName, firstLine, pciAddress, ueventField, wholeNumber } from '../../parse/sysfs.ts';

/** What does not change while a device lives. */
export type DeviceFacts = Pick<
  InfinibandDevice,
  | 'isEfa'
  | 'driver'
  | 'pciAddress'
  | 'pciVendor'
  | 'pciDevice'
  | 'driverVersion'
  | 'firmwareVersion'
  | 'nodeGuid'
  | 'numaNode'
>;
export type PortFacts = Pick<InfinibandPort, 'linkLayer' | 'rate' | 'gid'>;

export const NO_FACTS: DeviceFacts = {
  isEfa: false,
  driver: undefined,
  pciAddress: undefined,
  pciVendor: undefined,
  pciDevice: undefined,
  driverVersion: undefined,
  firmwareVersion: undefined,
  nodeGuid: undefined,
  numaNode: undefined,
};
export const NO_PORT_FACTS: PortFacts = { linkLayer: undefined, rate: undefined, gid: undefined };

/** Larger than any of these files; a file that is not what it should be is cut, and then not accepted. */
const MAX_BYTES = 4096;

/** What PCI says of it: answered by the kernel, never by the card. */
export async function readDeviceFacts(host: Host, directory: string): Promise<DeviceFacts> {
  const parent = `${directory}/device`;
  const uevent = await optionalText(host, `${parent}/uevent`, MAX_BYTES);
  const vendor = pciId(await optionalText(host, `${parent}/vendor`, MAX_BYTES));
  const device = pciId(await optionalText(host, `${parent}/device`, MAX_BYTES));
  const driver = baseName(await optionalLink(host, `${parent}/driver`)) ?? ueventField(uevent, 'DRIVER');
  const numaNode = wholeNumber(await optionalText(host, `${parent}/numa_node`, MAX_BYTES));
  return {
    isEfa: pciKind(vendor, device) === 'efa' || driver === 'efa',
    driver,
    // In a tree of plain directories `device` is no link; the parent then names its slot itself.
    pciAddress: pciAddress(baseName(await optionalLink(host, parent))) ?? pciAddress(ueventField(uevent, 'PCI_SLOT_NAME')),
    pciVendor: vendor,
    pciDevice: device,
    driverVersion: firstLine(await optionalText(host, `${parent}/driver/module/version`, MAX_BYTES)),
    // An EFA device's fw_ver is an empty line: its driver has no get_dev_fw_str.
    firmwareVersion: firstLine(await optionalText(host, `${directory}/fw_ver`, MAX_BYTES)),
    nodeGuid: firstLine(await optionalText(host, `${directory}/node_guid`, MAX_BYTES)),
    // -1: the platform does not say.
    numaNode: numaNode === undefined || numaNode < 0 ? undefined : numaNode,
  };
}

/** `rate` may ask the card (ib_query_port). */
export async function readPortFacts(host: Host, directory: string): Promise<PortFacts> {
  return {
    linkLayer: firstLine(await optionalText(host, `${directory}/link_layer`, MAX_BYTES)),
    rate: firstLine(await optionalText(host, `${directory}/rate`, MAX_BYTES)),
    // An empty slot answers EINVAL.
    gid: firstLine(await optionalText(host, `${directory}/gids/0`, MAX_BYTES)),
  };
}

async function optionalLink(host: Host, path: string): Promise<string | undefined> {
  return host.link(path).catch(() => undefined);
}
