import type { ClusterFacts } from './cluster-audit.ts';
import type { FieldPath, ManifestObject, Place, Position, Setting, SettingMap, Spot, YamlMap } from './manifest-object.ts';

/**
 * What `preflight` has read: objects with the place of every field in its file, and of the workloads among them what
 * rules ask about. Everything that could be settled without a cluster is settled here; what could not is undefined.
 */

/** Something that cannot be read or cannot be meant, found before any rule looked. ManifestInvalid tells it. */
export interface ManifestProblem {
  readonly place: Place;
  /** Of the finding; unlike the place's object unique in the input. Undefined where no object can be named. */
  readonly subject?: string;
  readonly message: string;
  /** The line with a caret below, where the text itself is broken. */
  readonly excerpt?: string;
  /** `hidden`: nothing is known to be wrong, but this part could not be judged. */
  readonly kind: 'syntax' | 'schema' | 'hidden';
}

/** A document that was read and left aside. */
export interface SkippedDocument {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly why: string;
}

export interface Manifests {
  /** Files (or `-`) that hold at least one document. */
  readonly files: readonly string[];
  readonly objects: readonly ManifestObject[];
  readonly workloads: readonly ManifestWorkload[];
  readonly problems: readonly ManifestProblem[];
  readonly skipped: readonly SkippedDocument[];
  /** Only of `preflight --cluster`. Its nodes are among the objects. */
  readonly cluster?: ClusterFacts;
}

/** An object that makes pods. */
export interface ManifestWorkload {
  readonly object: ManifestObject;
  readonly pods: readonly PodGroup[];
  /** `other`: neither could be told, or a benchmark such as nccl-tests. */
  readonly purpose: 'serving' | 'training' | 'other';
  /** Whether GPUs of different pods form one communicator; undefined where the manifest does not tell. */
  readonly isMultiNode: boolean | undefined;
  /** Every vLLM engine that is configured here, whoever starts it. */
  readonly engines: readonly VllmEngine[];
  readonly trainings: readonly Training[];
  readonly ray: RayCluster | undefined;
  readonly serve: readonly ServeDeployment[];
  /** Commands that a RayJob or a TrainJob runs in its pods; also among the commands of the container that runs them. */
  readonly entrypoint: readonly Command[];
}

/** Pods made from one template. */
export interface PodGroup {
  readonly object: ManifestObject;
  /** Of the template, which holds `metadata` and `spec`; the object's root for a Pod. */
  readonly path: FieldPath;
  /** Of the pod spec. */
  readonly specPath: FieldPath;
  /** `gpu-workers` of a Ray worker group, `Worker` of a PyTorchJob; empty where there is only one. */
  readonly name: string;
  readonly role: 'head' | 'worker' | 'launcher' | 'submitter' | 'pod';
  /** How many pods at least and at most; undefined where it is not written or a cluster decides (DaemonSet). */
  readonly count: { readonly min: number; readonly max: number } | undefined;
  /** The rest of the pod is written elsewhere (the runtime of a TrainJob): what is missing here says nothing. */
  readonly isPartial: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
  readonly dnsPolicy: string | undefined;
  readonly restartPolicy: string | undefined;
  /** Instance types that the node selector or the required affinity admits; empty: any. */
  readonly instanceTypes: readonly string[];
  /** Terms of required pod anti-affinity, as written. */
  readonly antiAffinity: readonly YamlMap[];
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Device classes of resourceClaims whose template is in the input; `?` for one that is not. */
  readonly deviceClasses: readonly string[];
  readonly volumes: readonly Volume[];
  /** Without init containers. */
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
}

export interface Volume extends Spot {
  readonly name: string;
  /** `emptyDir`, `persistentVolumeClaim`, `hostPath`, …; `unknown` where none is written. */
  readonly type: string;
  /** `Memory` of an emptyDir. */
  readonly medium: string | undefined;
  readonly sizeLimitBytes: number | undefined;
  readonly claim: string | undefined;
  readonly hostPath: string | undefined;
  /** Name of the ConfigMap or Secret. */
  readonly source: string | undefined;
}

export interface Mount extends Spot {
  readonly mountPath: string;
  /** Undefined where no volume of that name is written. */
  readonly volume: Volume | undefined;
  readonly subPath: string | undefined;
  readonly readOnly: boolean;
}

export interface Container extends Spot {
  readonly name: string;
  readonly image: string | undefined;
  /** In bytes and units; undefined for a quantity that cannot be read. */
  readonly limits: Readonly<Record<string, number | undefined>>;
  readonly requests: Readonly<Record<string, number | undefined>>;
  /**
   * `nvidia.com/gpu`, the limit or else the request. 0: none is asked for. Undefined: some are, and how many cannot be read
   * (`$GPUS_PER_NODE` of a template). MIG slices do not count.
   */
  readonly gpus: number | undefined;
  /** `vpc.amazonaws.com/efa`, likewise. */
  readonly efa: number | undefined;
  readonly memoryLimitBytes: number | undefined;
  /** Names of resource claims that the container uses. */
  readonly claims: readonly string[];
  /** Environment of the manifest, of ConfigMaps in the input, of scripts (export, prefix) and of Ray's runtime_env. */
  readonly environment: readonly Variable[];
  readonly mounts: readonly Mount[];
  readonly ports: readonly number[];
  readonly probes: Readonly<Partial<Record<'startup' | 'readiness' | 'liveness', Probe>>>;
  readonly privileged: Setting<boolean> | undefined;
  readonly capabilities: readonly string[];
  /** Whether `command` is written: without it the image's entrypoint runs. */
  readonly hasCommand: boolean;
  /** What it runs, as far as it can be read: command and args, and what is inside `bash -c` and scripts of ConfigMaps. */
  readonly commands: readonly Command[];
}

export interface Variable extends Spot {
  readonly name: string;
  /** Undefined where it comes from elsewhere (valueFrom) or is computed. */
  readonly value: string | undefined;
  readonly from: 'manifest' | 'config-map' | 'script' | 'runtime-env';
}

export interface Probe extends Spot {
  readonly httpPath: string | undefined;
  readonly port: number | string | undefined;
  readonly command: readonly string[];
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

export interface Word {
  /** Quotes and escapes resolved, variables replaced where their value is written in the manifest. */
  readonly text: string;
  /** Something in it is only known when it runs; it stands in the text as written. */
  readonly isDynamic: boolean;
  readonly position: Position;
}

export interface Command extends Spot {
  /** The program and its arguments; never empty. */
  readonly words: readonly Word[];
  readonly heredoc: string | undefined;
}

/** One vLLM engine. Options by their long name in snake case: `tensor_parallel_size`, `gpu_memory_utilization`. */
export interface VllmEngine extends Spot {
  /**
   * `server`: vLLM's own API server. `serve-llm`: ray.serve.llm. `handwritten`: Python of the user's own around an engine.
   * `rollout`: the generation side of a training.
   */
  readonly kind: 'server' | 'serve-llm' | 'handwritten' | 'rollout';
  readonly model: Setting<string> | undefined;
  readonly options: SettingMap;
  /** Where it runs; undefined where that is decided at run time. */
  readonly pod: PodGroup | undefined;
  readonly container: Container | undefined;
}

/** One training run. */
export interface Training extends Spot {
  readonly framework: 'nemo-rl' | 'verl' | 'trl' | 'accelerate' | 'torchrun' | 'deepspeed' | 'other';
  /** Hydra overrides by their dotted name (`grpo.max_num_steps`), flags by their long name in snake case. */
  readonly options: SettingMap;
  readonly isReinforcement: boolean;
  /** Training and generation share the same GPUs; undefined where neither the settings nor the framework's default tell. */
  readonly isColocated: boolean | undefined;
  readonly pod: PodGroup | undefined;
  readonly container: Container | undefined;
}

export interface RayCluster extends Spot {
  readonly version: string | undefined;
  readonly enableInTreeAutoscaling: Setting<boolean> | undefined;
  readonly groups: readonly RayGroup[];
}

export interface RayGroup extends Spot {
  readonly name: string;
  readonly role: 'head' | 'worker';
  readonly replicas: Setting<number> | undefined;
  readonly minReplicas: Setting<number> | undefined;
  readonly maxReplicas: Setting<number> | undefined;
  readonly numOfHosts: number;
  readonly rayStartParams: SettingMap;
  readonly pod: PodGroup | undefined;
}

/** A deployment of Ray Serve as serveConfigV2 or Python text configures it. */
export interface ServeDeployment extends Spot {
  readonly application: string;
  readonly name: string;
  /** `max_ongoing_requests`, `num_replicas`, … as written; old names too. */
  readonly options: SettingMap;
  /** Of `autoscaling_config`; empty where there is none. */
  readonly autoscaling: SettingMap;
  /** What one replica occupies; undefined where it is not written. */
  readonly gpusPerReplica: number | undefined;
  readonly engine: VllmEngine | undefined;
}
