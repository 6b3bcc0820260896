import type { GpuEvent, XidTotal } from './gpu.ts';

export interface Addresses {
  /** The node's primary IPv4 address and how it was found. */
  readonly nodeIp: { readonly address: string; readonly from: string } | undefined;
  readonly interfaces: readonly { readonly name: string; readonly address: string; readonly mac: string | undefined }[];
}

/** What the instance metadata service says of this EC2 instance. */
export interface Imds {
  readonly instanceId: string | undefined;
  readonly instanceType: string | undefined;
  readonly availabilityZone: string | undefined;
  readonly availabilityZoneId: string | undefined;
  readonly placementGroup: string | undefined;
  /** MAC of the primary interface. */
  readonly mac: string | undefined;
  readonly interfaces: readonly ImdsInterface[];
  readonly interruptions: readonly Interruption[];
}
export interface ImdsInterface {
  readonly mac: string;
  readonly interfaceId: string | undefined;
  readonly deviceNumber: number | undefined;
  readonly networkCard: number | undefined;
  readonly subnetId: string | undefined;
  readonly subnetCidrBlock: string | undefined;
  readonly vpcId: string | undefined;
  /** All IPv4 CIDR blocks of the VPC; the first is its primary block. */
  readonly vpcCidrBlocks: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** Empty for an EFA-only interface, which IMDS lists without `local-ipv4s`. */
  readonly localIpv4s: readonly string[];
}
export interface Interruption {
  readonly kind: 'spot-interruption' | 'rebalance-recommendation' | 'scheduled-event';
  /** `terminate`, `stop`, `system-reboot`, … */
  readonly action: string | undefined;
  /** RFC 3339, when it is announced for. */
  readonly when: string | undefined;
  readonly detail: string | undefined;
}

export interface KernelLog {
  /** Lines that came since the last look, oldest first. */
  readonly lines: readonly KernelLine[];
  /** Lines that the kernel overwrote before they were read (EPIPE or a gap in the sequence), since the last look. */
  readonly lostLines: number;
  /** Lines that were read but dropped because the buffer's bound was reached, since the last look. */
  readonly droppedLines: number;
  /** Records that are not in the kernel's format, since the last look; left out where there were none. */
  readonly unparsableLines?: number;
  /** What it says of GPUs, also in the lines that were dropped above. */
  readonly gpuEvents: readonly GpuEvent[];
  /** PCI address, as sysfs writes it, to the UUID that the kernel named for it in this boot. */
  readonly gpuUuids?: Readonly<Record<string, string>>;
  /** Every (GPU, Xid) seen in this boot since the agent began. */
  readonly xidTotals?: readonly XidTotal[];
  /** How far back the first look went, in words for the report; undefined on later looks. */
  readonly lookedBack: string | undefined;
}
export interface KernelLine {
  readonly sequence: number;
  /** Seconds since boot. */
  readonly uptimeSeconds: number;
  /** RFC 3339, computed from the boot time; drifts with suspend and NTP steps. */
  readonly time: string;
  /** 0 emergency … 7 debug. */
  readonly priority: number;
  /** Attacker-controlled text: escape it wherever it goes. */
  readonly text: string;
  /** Continuation lines (`SUBSYSTEM=pci`, `DEVICE=+pci:0000:79:00.0`). */
  readonly fields: Readonly<Record<string, string>>;
}

export interface HostFacts {
  readonly bootId: string | undefined;
  readonly uptimeSeconds: number | undefined;
  readonly kernelRelease: string | undefined;
  readonly memoryTotalBytes: number | undefined;
  readonly memoryAvailableBytes: number | undefined;
  readonly hugepages2MiTotal: number | undefined;
  readonly hugepages2MiFree: number | undefined;
}

/** Processes that hold /dev/infiniband/uverbs* open. */
export interface FabricProcesses {
  readonly processes: readonly FabricProcess[];
  /** Processes whose open files or limits this agent may not see (EACCES), so that they may be missing above. */
  readonly hiddenCount: number;
}
export interface FabricProcess {
  readonly pid: number;
  /** Attacker-controlled text: escape it wherever it goes. */
  readonly command: string;
  readonly devices: readonly string[];
  /** Soft limit of `Max locked memory`; Infinity for `unlimited`; undefined when it could not be read. */
  readonly maxLockedMemoryBytes: number | undefined;
  readonly cgroup: string | undefined;
  readonly podUid: string | undefined;
  readonly containerId: string | undefined;
}

/** The mounts that the configuration requires, probed. */
export interface Mounts {
  readonly required: readonly RequiredMount[];
}
export interface RequiredMount {
  readonly path: string;
  readonly wantedType: string | undefined;
  readonly foundType: string | undefined;
  /** `answered`, or what happened: `no answer within 5 s`, an errno. */
  readonly answer: 'answered' | 'silent' | 'error' | 'not-mounted';
  readonly detail: string | undefined;
}
