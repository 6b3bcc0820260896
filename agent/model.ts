/**
 * The words that every part of railmedic shares: what a collector hands over, what a rule says, what an exporter
 * receives. Types only; no code and no imports, so that `rules/` and `exporters/` can depend on it and on nothing else.
 */

export type Severity = 'critical' | 'warning' | 'info';
export type State = 'firing' | 'unknown' | 'resolved';
export type Likelihood = 'confirmed' | 'likely' | 'possible';

/** One source at one look. A failed reading carries no old data; an absent one says why this node has none. */
export type Reading<T> =
  | { readonly status: 'ok'; readonly atSeconds: number; readonly value: T }
  | { readonly status: 'absent'; readonly why: string }
  | { readonly status: 'failed'; readonly error: Error };

/** Every source there is. A collector fills one; a rule names the ones it needs. */
export interface Sources {
  readonly infiniband: Infiniband;
  readonly pci: Pci;
  readonly 'device-files': DeviceFiles;
  readonly netdev: Netdev;
  readonly addresses: Addresses;
  readonly imds: Imds;
  readonly 'kernel-log': KernelLog;
  readonly host: HostFacts;
  readonly 'fabric-processes': FabricProcesses;
  readonly mounts: Mounts;
  readonly 'nvidia-smi': NvidiaSmi;
  readonly 'nvidia-query': NvidiaQuery;
  readonly 'nvidia-dmon': NvidiaDmon;
}
export type SourceName = keyof Sources;
export type Snapshot = { readonly [S in SourceName]: Reading<Sources[S]> };

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
  /** What it says of GPUs. */
  readonly gpuEvents: readonly GpuEvent[];
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

/** How nvidia-smi itself does: there whenever the node has NVIDIA functions on PCI, also while its answers are missing. */
export interface NvidiaSmi {
  /** The program that is run; undefined when none was found. */
  readonly path: string | undefined;
  /** Each place that was tried and why it did not serve, when `path` is undefined. */
  readonly tried: readonly string[];
  /** `580.159.04`, from the first answer; undefined until there was one. */
  readonly driverVersion: string | undefined;
  readonly processes: readonly NvidiaSmiProcess[];
  /** The last run that failed, until one succeeds: exit code (9: no driver, 18 in text: version mismatch) and what it said. */
  readonly failure: NvidiaSmiFailure | undefined;
}
export interface NvidiaSmiFailure {
  readonly exitCode: number | undefined;
  readonly text: string;
}
export interface NvidiaSmiProcess {
  readonly name: 'query' | 'dmon';
  readonly pid: number | undefined;
  /** `running`; `silent`: nothing came for longer than three intervals; `unkillable`: SIGKILL was sent and it is still there; `waiting`: to be started again. */
  readonly state: 'running' | 'silent' | 'unkillable' | 'waiting';
  /** Since its last line, or since its start when it has said nothing. */
  readonly silentSeconds: number;
  readonly restarts: number;
  /** Lines dropped because the buffer was full, since the last look. */
  readonly droppedLines: number;
}

/** What one field of nvidia-smi said. `unknown` is neither zero nor healthy; its reason is the token (`[N/A]`, `[GPU is lost]`). */
export type SmiValue =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** `nvidia-smi --query-gpu`, the newest row of each GPU. */
export interface NvidiaQuery {
  readonly driverVersion: string | undefined;
  readonly gpus: readonly Gpu[];
}
export interface Gpu {
  readonly index: number;
  /** `GPU-…`, as DCGM writes it. */
  readonly uuid: string;
  /** As sysfs writes it: `0000:83:00.0`. */
  readonly pciAddress: string | undefined;
  readonly name: string | undefined;
  /** Share of time a kernel ran (`utilization.gpu`), 0 to 1; undefined under MIG. */
  readonly busyRatio: number | undefined;
  /** Every queried field by its newest name (`clocks_event_reasons.active`), without units, as nvidia-smi means them (MiB, W, MHz, %). */
  readonly fields: Readonly<Record<string, SmiValue>>;
}

/** `nvidia-smi dmon`: for each GPU (and MIG instance) the mean of the samples that came since the last look. */
export interface NvidiaDmon {
  readonly gpus: readonly DmonGpu[];
}
export interface DmonGpu {
  readonly index: number;
  /** MIG instance row, `gi/ci` as printed; undefined for a whole GPU. */
  readonly instance: string | undefined;
  readonly samples: number;
  /** By column name (`sm`, `mem`, `pwr`, `rxpci`); a column that printed `-` is not in it. */
  readonly columns: Readonly<Record<string, number>>;
}

/** What the kernel log says of GPUs, parsed; equal lines of one look are one event with a count. */
export type GpuEvent = XidEvent | SxidEvent | GpuLogEvent;
interface GpuEventBase {
  /** RFC 3339 of the newest of the `count` lines. */
  readonly time: string;
  readonly count: number;
  /** The line as the kernel wrote it: attacker-controlled text (process names). */
  readonly text: string;
}
export interface XidEvent extends GpuEventBase {
  readonly kind: 'xid';
  readonly xid: number;
  /** As sysfs writes it, function 0: `0000:83:00.0`. */
  readonly pciAddress: string;
  /** From the kernel's own `GPU at PCI:…: GPU-…` line, when it was seen. */
  readonly uuid: string | undefined;
  /** MIG GPU instance and compute instance. */
  readonly gpuInstance: number | undefined;
  readonly computeInstance: number | undefined;
  readonly process: GpuProcess | undefined;
  /** What follows the number, pid and name. */
  readonly detail: string;
  /** Decoded from NVLink5 lines (Xid 144 to 150). */
  readonly nvlink: { readonly unit: string; readonly severity: string; readonly link: number } | undefined;
  /** Xid 154: the action it names (`GPU Reset Required`). */
  readonly recoveryAction: string | undefined;
}
export interface SxidEvent extends GpuEventBase {
  readonly kind: 'sxid';
  readonly sxid: number;
  readonly nvswitch: number;
  readonly pciAddress: string;
  readonly severity: 'fatal' | 'non-fatal' | 'correctable' | 'unstated';
  readonly link: number | undefined;
  readonly detail: string;
}
/** Lines without a number: a GPU that fell off the bus, an API mismatch between library and kernel module. */
export interface GpuLogEvent extends GpuEventBase {
  readonly kind: 'fallen-off-the-bus' | 'api-mismatch';
  readonly pciAddress: string | undefined;
}
/** Resolved at once: the process may be gone at the next look. */
export interface GpuProcess {
  readonly pid: number;
  /** As the kernel wrote it. */
  readonly name: string | undefined;
  readonly commandLine: string | undefined;
  readonly podUid: string | undefined;
  readonly containerId: string | undefined;
  /** What could not be found out, and why. */
  readonly missing: string | undefined;
}

/** A value of evidence. A bigint leaves as a number where it is exact, else as a decimal string. */
export type EvidenceValue = string | number | bigint | boolean | readonly string[];
export type Evidence = Readonly<Record<string, EvidenceValue>>;

/** One way the fault can have come about; ranked by the order in which they stand. */
export interface Cause {
  /** kebab-case, stable: `security-group-egress`. */
  readonly cause: string;
  readonly likelihood: Likelihood;
  /** One line for a person: what this cause is and what speaks for it. */
  readonly why: string;
  /** Read-only commands that tell whether it is this. */
  readonly check: readonly string[];
  /** Commands that mend it. */
  readonly fix: readonly string[];
}

/** What a rule's check yields: the fault as it is now. */
export interface Symptom {
  readonly subject: string;
  /** States the fact with its numbers; the page advises. */
  readonly message: string;
  readonly evidence: Evidence;
  readonly causes?: readonly Cause[];
  /** Where the rule's own title does not fit this case. */
  readonly title?: string;
  /** Where the rule's own severity does not fit this case. */
  readonly severity?: Severity;
  /** RFC 3339: when it happened, for an event that carries its own time. */
  readonly happenedAt?: string;
}

/**
 * A rule's word that it cannot judge a subject now. A finding that stands on it becomes `unknown` instead of resolved.
 * With `report`, an `unknown` finding is made even if none stood before: use it where a fault could hide there.
 */
export interface Undecided {
  readonly undecided: string;
  readonly why: string;
  readonly report: boolean;
  /** The source that would tell. Where it is absent nothing is missing, and no finding is made. */
  readonly because?: SourceName;
}
export type Judgement = Symptom | Undecided;

export interface Finding {
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly state: State;
  readonly subject: string;
  readonly message: string;
  readonly evidence: Evidence;
  readonly causes: readonly Cause[];
  /** RFC 3339, when it began to fire. */
  readonly since: string;
  /** RFC 3339, when its state last changed. */
  readonly changedAt: string;
  /** How often an event was seen; 1 for a level. */
  readonly count: number;
  /** Path of the rule's page in this repository. */
  readonly page: string;
  /** Evaluated and exported as a shadow only: never alerts, never changes the verdict. */
  readonly shadow: boolean;
  /** Firing findings of other rules that explain this one, and those that this one explains: one story, told once. */
  readonly explainedBy: readonly FindingName[];
  readonly explains: readonly FindingName[];
  /** Silenced by the configuration: why, and until when. Kept in the report, changes no verdict. */
  readonly suppressed: string | undefined;
}

export interface FindingName {
  readonly rule: string;
  readonly subject: string;
}

export interface SourceStatus {
  readonly name: SourceName;
  readonly status: 'ok' | 'absent' | 'failed';
  readonly why: string | undefined;
  readonly durationSeconds: number;
  /** Unix time of the last success; undefined if there was none. */
  readonly lastSuccessSeconds: number | undefined;
}

export interface Report {
  readonly node: string;
  readonly instanceType: string | undefined;
  /** RFC 3339. */
  readonly takenAt: string;
  /** How long this agent has watched, at most the longest window of its rules. */
  readonly windowSeconds: number;
  readonly sources: readonly SourceStatus[];
  /** Worst first, firing before unknown before resolved. */
  readonly findings: readonly Finding[];
  readonly rulesEvaluated: number;
  readonly snapshot: Snapshot;
}

/** Receives every report; idempotent and isolated: when one fails, the others do not notice and a metric counts it. */
export interface Exporter {
  readonly name: string;
  publish(report: Report, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
