import type { Host } from '../../host.ts';
import { HeldText } from '../held-text.ts';
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

/** A `rate` that is not what it should be is cut here, and then not accepted. */
const MAX_BYTES = 4096;

/** What PCI says of it: answered by the kernel, never by the card. */
export async function readDeviceFacts(host: Host, directory: string): Promise<DeviceFacts> {
  const parent = `${directory}/device`;
  const uevent = textNow(host, `${parent}/uevent`);
  const vendor = pciId(textNow(host, `${parent}/vendor`));
  const device = pciId(textNow(host, `${parent}/device`));
  const driver = baseName(await optionalLink(host, `${parent}/driver`)) ?? ueventField(uevent, 'DRIVER');
  const numaNode = wholeNumber(textNow(host, `${parent}/numa_node`));
  return {
    isEfa: pciKind(vendor, device) === 'efa' || driver === 'efa',
    driver,
    // In a tree of plain directories `device` is no link; the parent then names its slot itself.
    pciAddress: pciAddress(baseName(await optionalLink(host, parent))) ?? pciAddress(ueventField(uevent, 'PCI_SLOT_NAME')),
    pciVendor: vendor,
    pciDevice: device,
    driverVersion: firstLine(textNow(host, `${parent}/driver/module/version`)),
    // An EFA device's fw_ver is an empty line: its driver has no get_dev_fw_str.
    firmwareVersion: firstLine(textNow(host, `${directory}/fw_ver`)),
    nodeGuid: firstLine(textNow(host, `${directory}/node_guid`)),
    // -1: the platform does not say.
    numaNode: numaNode === undefined || numaNode < 0 ? undefined : numaNode,
  };
}

/** `rate` may ask the card (ib_query_port); the others are answered from memory. */
export async function readPortFacts(host: Host, directory: string): Promise<PortFacts> {
  return {
    linkLayer: firstLine(textNow(host, `${directory}/link_layer`)),
    rate: firstLine(await optionalText(host, `${directory}/rate`, MAX_BYTES)),
    // An empty slot answers EINVAL.
    gid: firstLine(textNow(host, `${directory}/gids/0`)),
  };
}

/** Ten microseconds, where the four turns through the thread pool (open, read, read the end, close) take two hundred. */
function textNow(host: Host, path: string): string | undefined {
  const file = new HeldText(path);
  const text = file.read(host);
  file.close();
  return text;
}

async function optionalLink(host: Host, path: string): Promise<string | undefined> {
  return host.link(path).catch(() => undefined);
}
