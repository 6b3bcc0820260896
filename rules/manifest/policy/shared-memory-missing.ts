import { containersWhere, GPUS } from './cel.ts';
import { RUN_KINDS, type ManifestPolicy } from './policy.ts';

const MOUNTED = "c.?volumeMounts.orValue([]).exists(m, m.mountPath.matches('^/dev/shm/*$'))";
/** Measures the fabric and trains nothing. */
const BENCHMARK = "dyn(object).metadata.name.matches('bench|nccl|perf') || variables.templates.exists(o, o.spec.containers.exists(b, (b.?command.orValue([]) + b.?args.orValue([])).exists(w, string(w).matches('_perf|nccl-test|fi_pingpong|fi_info|ib_(send|write|read)_(bw|lat)|test_(internode|intranode|low_latency)|[Dd]eep_?(ep|EP)/(tests|bench)|uccl/'))))";

export const sharedMemoryMissingPolicy: ManifestPolicy = {
  rule: 'SharedMemoryMissing',
  page: 'rules/manifest/shared-memory-missing.md',
  // Kinds that train whatever they run.
  kinds: RUN_KINDS.filter(({ kind }) => kind === 'PyTorchJob' || kind === 'MPIJob'),
  faults: containersWhere(`${GPUS} && !(${MOUNTED}) && !t.spec.?hostIPC.orValue(false) && !(${BENCHMARK})`),
  message: "has the runtime's 64 MiB at /dev/shm; NCCL and data loaders fail there with \"No space left on device\" or a bus error",
  misses: 'volumes that are too small or not of memory, and kinds that do not tell what they are for',
};
