/** What the kernel shows of the fabric: /sys/class/infiniband, the PCI bus, device files, network interfaces. */

/** Counter values by the name of their file, exact to 64 bits. A counter that could not be read is not in it. */
export type Counters = Readonly<Record<string, bigint>>;
/** Path relative to the device's directory (`ports/1/hw_counters/tx_bytes`) to errno (`EIO`). */
export type Unreadable = Readonly<Record<string, string>>;

/** /sys/class/infiniband */
export interface Infiniband {
  readonly devices: readonly InfinibandDevice[];
  /** Devices that this process has seen since it began and that are gone now. A device that comes back leaves it. */
  readonly vanished: readonly string[];
}

export interface InfinibandDevice {
  readonly name: string;
  /** PCI vendor 0x1d0f with device 0xefa*, or a driver link named `efa`. */
  readonly isEfa: boolean;
  /** Base name of `device/driver`; undefined for virtual devices (soft-RoCE, siw), which have no `device` link. */
  readonly driver: string | undefined;
  /** `0000:79:00.0`; undefined for a virtual device. */
  readonly pciAddress: string | undefined;
  readonly pciVendor: string | undefined;
  readonly pciDevice: string | undefined;
  readonly driverVersion: string | undefined;
  readonly firmwareVersion: string | undefined;
  readonly nodeGuid: string | undefined;
  readonly numaNode: number | undefined;
  /** Goes up each time the device's files had to be opened anew: its counters are not comparable across it. */
  readonly generation: number;
  /** `hw_counters/` of the device itself (EFA: admin queue and verb failures). */
  readonly counters: Counters;
  readonly ports: readonly InfinibandPort[];
  readonly unreadable: Unreadable;
  /** Set when the device did not answer at all: how long it has been asked, in words. Its counters are then empty. */
  readonly silence: string | undefined;
}

export interface InfinibandPort {
  readonly device: string;
  readonly port: number;
  /** `rdmap79s0/1` */
  readonly name: string;
  /** `4: ACTIVE`. Hard-coded by the EFA driver (efa_verbs.c:454): says nothing there. */
  readonly state: string | undefined;
  readonly physicalState: string | undefined;
  readonly linkLayer: string | undefined;
  readonly rate: string | undefined;
  /** GID slot 0 only; other slots are never walked (1024 of them, empty ones answer EINVAL). */
  readonly gid: string | undefined;
  readonly hwCounters: Counters;
  /** `counters/`: InfiniBand PMA counters where the driver has them; EFA has none. */
  readonly pmaCounters: Counters;
  /** Whether this process has ever seen the port ACTIVE, now included: rules have no memory of their own. */
  readonly wasActive: boolean;
}

/** /sys/bus/pci/devices: EFA functions (1d0f:efa*) and NVIDIA functions (10de:*), bound to a driver or not. */
export interface Pci {
  readonly functions: readonly PciFunction[];
}
export interface PciFunction {
  readonly address: string;
  readonly vendor: string;
  readonly device: string;
  /** Six hex digits, `0x030200`. */
  readonly class: string;
  readonly kind: 'efa' | 'nvidia';
  readonly driver: string | undefined;
}

/** /dev/infiniband joined to devices through /sys/class/infiniband_verbs/<uverbsN>/ibdev. */
export interface DeviceFiles {
  /** Whether the node's /dev can be seen; without it a file that is not seen may well be there. */
  readonly devVisible: boolean;
  readonly verbs: readonly VerbsFile[];
  readonly others: readonly string[];
}
export interface VerbsFile {
  /** `uverbs0` */
  readonly name: string;
  /** `rdmap79s0`; undefined when the kernel does not say. */
  readonly device: string | undefined;
  /** Whether /dev/infiniband/<name> exists. */
  readonly present: boolean;
}

/** Byte counters of network interfaces (not of the fabric). */
export interface Netdev {
  readonly interfaces: readonly NetworkInterface[];
}
export interface NetworkInterface {
  readonly name: string;
  readonly driver: string | undefined;
  readonly mac: string | undefined;
  /** False for loopback, veth, bridges and other interfaces without a device behind them. */
  readonly physical: boolean;
  readonly receiveBytes: bigint;
  readonly transmitBytes: bigint;
}
