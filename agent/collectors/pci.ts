import { Absent, type Collector } from '../collector.ts';
import { errnoOf, type Host } from '../host.ts';
import type { Pci, PciFunction } from '../model.ts';
import { pciClass, pciId, pciKind } from '../parse/pci.ts';
import { baseName, ueventField } from '../parse/sysfs.ts';

const DEVICES = '/sys/bus/pci/devices';
/** Functions that do not concern us are looked at again so seldom: only another card in the same slot changes them. */
const LOOKS_BETWEEN_CHECKS = 64;

/** One PCI function as it was read, and by what it is seen that it must be read again. */
interface Known {
  readonly inode: bigint | undefined;
  readonly modifiedMs: number | undefined;
  /** Of the driver's own directory: sysfs does not change the function's time when a driver lets go of it. */
  readonly driverInode: bigint | undefined;
  /** Undefined for a function that is neither EFA nor NVIDIA. */
  readonly found: PciFunction | undefined;
}

/** EFA and NVIDIA functions, bound to a driver or not. */
export function pciCollector(): Collector<'pci'> {
  let known = new Map<string, Known>();
  let looks = 0;

  async function collect(host: Host): Promise<Pci> {
    const addresses = await listFunctions(host);
    const checkAll = looks % LOOKS_BETWEEN_CHECKS === 0;
    looks += 1;
    const now = new Map<string, Known>();
    for (const address of addresses) {
      const last = known.get(address);
      const keep = last !== undefined && (last.found === undefined ? !checkAll : isUnchanged(host, address, last));
      now.set(address, keep ? last : await readFunction(host, address));
    }
    known = now;
    return { functions: [...now.values()].flatMap(({ found }) => found ?? []) };
  }

  // Hundreds of functions that change when a driver is bound; a device that goes away is seen in its driver's class at once.
  return { name: 'pci', timeoutSeconds: 5, schedule: '* * * * *', collect };
}

async function listFunctions(host: Host): Promise<readonly string[]> {
  try {
    return await host.list(DEVICES);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new Absent(`${DEVICES} does not exist: this machine has no PCI bus`);
    throw error;
  }
}

function marks(host: Host, address: string): Omit<Known, 'found'> {
  const identity = host.identity(`${DEVICES}/${address}`);
  const driver = host.identity(`${DEVICES}/${address}/driver`);
  return { inode: identity?.inode, modifiedMs: identity?.modifiedMs, driverInode: driver?.inode };
}

function isUnchanged(host: Host, address: string, last: Known): boolean {
  const now = marks(host, address);
  return now.inode === last.inode && now.modifiedMs === last.modifiedMs && now.driverInode === last.driverInode;
}

async function readFunction(host: Host, address: string): Promise<Known> {
  const directory = `${DEVICES}/${address}`;
  const before = marks(host, address);
  const text = async (name: string): Promise<string | undefined> => host.readText(`${directory}/${name}`, 4096).catch(() => undefined);
  const vendor = pciId(await text('vendor'));
  const device = pciId(await text('device'));
  const kind = pciKind(vendor, device);
  if (vendor === undefined || device === undefined || kind === undefined) return { ...before, found: undefined };
  const link = await host.link(`${directory}/driver`).catch(() => undefined);
  const driver = baseName(link) ?? ueventField(await text('uevent'), 'DRIVER');
  return { ...before, found: { address, vendor, device, class: pciClass(await text('class')) ?? '', kind, driver } };
}
