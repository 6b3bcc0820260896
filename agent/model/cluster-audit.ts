import type { FieldPath, ManifestObject } from './manifest-object.ts';
import type { ManifestWorkload } from './manifest.ts';

/** What `preflight --cluster` knows beyond manifests: pods as they run, and what was looked at in the cluster itself. */
export interface ClusterFacts {
  /** `https://10.96.0.1:443`, as the kubeconfig has it. */
  readonly server: string;
  /** Pods with GPUs or EFA that run or wait, and that an audited object made. */
  readonly pods: readonly LivePod[];
  readonly checks: readonly ClusterCheck[];
}

export interface LivePod {
  /** The pod itself, read like a workload: its effective resources. */
  readonly workload: ManifestWorkload;
  /** The audited object that made it, directly or through others. */
  readonly owner: ManifestObject;
  /**
   * The most EFA devices that a template on its way asks for (Job, JobSet, the runtime of a TrainJob), and where that
   * stands; undefined where none does.
   */
  readonly promisedEfa: { readonly count: number; readonly object: ManifestObject; readonly path: FieldPath } | undefined;
}

/** One thing that no manifest tells, looked at in the cluster or at AWS. */
export interface ClusterCheck {
  /** Stable: `efa-device-plugin`, `security-group-egress`. */
  readonly name: string;
  /** What should be so, in one short sentence. */
  readonly title: string;
  /** `skipped`: does not concern this cluster, or was not asked for. `unknown`: could not be seen. */
  readonly status: 'ok' | 'failed' | 'unknown' | 'skipped';
  /** How bad it is when it fails; without effect otherwise. */
  readonly severity: 'critical' | 'warning';
  /** What was found, with numbers; never empty. */
  readonly found: string;
  /** Details, one a line: nodes, claims, groups. */
  readonly details: readonly string[];
  /** Commands that mend it, or show more. */
  readonly fix: readonly string[];
  /** The rule whose page tells more; undefined where none does. */
  readonly rule: string | undefined;
}
