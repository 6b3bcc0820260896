import type { DeviceFiles, Infiniband, Netdev, Pci } from './model/fabric.ts';
import type { NvidiaDmon, NvidiaQuery, NvidiaSmi } from './model/gpu.ts';
import type { PodDevice, PodName, PodResources, Pods } from './model/kubernetes.ts';
import type { Addresses, FabricProcesses, HostFacts, Imds, KernelLog, Mounts } from './model/host.ts';
import type { Place } from './model/manifest-object.ts';
import type { Manifests, SkippedDocument } from './model/manifest.ts';

export type * from './model/checklist.ts';
export type * from './model/cluster-audit.ts';
export type * from './model/fabric.ts';
export type * from './model/gpu.ts';
export type * from './model/host.ts';
export type * from './model/kubernetes.ts';
export type * from './model/manifest-object.ts';
export type * from './model/manifest.ts';

/**
 * The words that every part of railmedic shares: what a collector hands over, what a rule says, what an exporter
 * receives. Types only; those of the sources lie in model/. `rules/` and `exporters/` depend on this file and nothing else.
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
  readonly pods: Pods;
  readonly 'pod-resources': PodResources;
  /** What preflight was given to read; absent on every node. */
  readonly manifests: Manifests;
}
export type SourceName = keyof Sources;
export type Snapshot = { readonly [S in SourceName]: Reading<Sources[S]> };

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
  /** Of a manifest rule: the line and field it speaks of. */
  readonly place?: Place;
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
  /** Of a manifest rule: the line and field it speaks of. */
  readonly place?: Place;
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
  /** The pods it concerns: those that hold the device or GPU it speaks of, or the pod it speaks of itself. */
  readonly pods: readonly PodName[];
  /** Silenced by the configuration: why, and until when. Kept in the report, changes no verdict. */
  readonly suppressed: string | undefined;
  /** An event that an earlier run of the agent saw and told, and this one has not seen again. */
  readonly isRemembered?: boolean;
  /** Of a manifest rule: the line and field it speaks of. */
  readonly place?: Place;
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
  /** How often it is read; undefined where it is read once only (a slow source of a replay). */
  readonly intervalSeconds?: number | undefined;
}

export interface Report {
  readonly node: string;
  readonly instanceType: string | undefined;
  /** As the Node object's labels say; undefined without Kubernetes. IMDS has its own word of the zone. */
  readonly zone?: string | undefined;
  readonly nodeGroup?: string | undefined;
  /** RFC 3339. */
  readonly takenAt: string;
  /** How long this agent has watched, at most the longest window of its rules. */
  readonly windowSeconds: number;
  readonly sources: readonly SourceStatus[];
  /** Worst first, firing before unknown before resolved. */
  readonly findings: readonly Finding[];
  readonly rulesEvaluated: number;
  readonly snapshot: Snapshot;
  /** Which pod uses which device, as far as kubelet, the processes or the pods' requests tell. */
  readonly podDevices: readonly PodDevice[];
}

/** What `preflight` found; the same shape, with what was read in place of a node. */
export interface PreflightReport extends Report {
  readonly files: readonly string[];
  readonly skipped: readonly SkippedDocument[];
  /** Remarks for the caller that are no findings: an annotation that silences nothing. */
  readonly notes: readonly string[];
}

/** Receives every report; idempotent and isolated: when one fails, the others do not notice and a metric counts it. */
export interface Exporter {
  readonly name: string;
  publish(report: Report, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
