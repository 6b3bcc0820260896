/** What nvidia-smi and the kernel log say of the GPUs. */

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
  /** UUIDs that this process has seen since it began and that the newest answer does not list; left out where there are none. */
  readonly vanished?: readonly string[];
}
export interface Gpu {
  readonly index: number;
  /** `GPU-…`, as DCGM writes it. */
  readonly uuid: string;
  /** As sysfs writes it: `0000:83:00.0`. */
  readonly pciAddress: string | undefined;
  /** Of its device file `/dev/nvidia3`; not the index, which changes when a GPU goes away. Left out where it is not known. */
  readonly minor?: number;
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
  /**
   * The line as the kernel wrote it, cut at 400 characters; lines of one message are joined by a space. Attacker-controlled
   * text (process names): escape it wherever it goes.
   */
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
  /** Lines of this Xid on this GPU since the agent began to read this boot's log, the `count` of this event among them. */
  readonly total: number;
  /** How many processes this Xid named on this GPU within the last hour; 0 when its lines name none. */
  readonly distinctProcesses: number;
}
/** Lines of one Xid on one GPU since the agent began to read this boot's log. */
export interface XidTotal {
  readonly pciAddress: string;
  readonly uuid: string | undefined;
  readonly xid: number;
  readonly total: number;
  /** RFC 3339 of the newest. */
  readonly lastTime: string;
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
  readonly uuid: string | undefined;
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
