import { gpuOf } from '../../rules/manifest/gpu-of.ts';
import { loraOf } from '../../rules/manifest/lora.ts';
import type { ChecklistItem, ManifestWorkload, VllmEngine } from '../model.ts';

/** A line of the checklist before it is judged. */
export interface ChecklistEntry extends Pick<ChecklistItem, 'section' | 'text' | 'rules' | 'checks' | 'nodeRules'> {
  /** Workloads that the rules can decide it for; of others they say nothing. */
  concerns(workload: ManifestWorkload): boolean;
  /** `training over several pods`: what is missing where no workload is concerned. */
  readonly concern: string;
  /** What it means that no rule fires. */
  readonly passed: string;
  /** Who can tell what files cannot. Undefined: the rules decide it. */
  readonly elsewhere?: string;
}

const hasGpus = ({ pods }: ManifestWorkload): boolean => pods.some(({ containers }) => containers.some(({ gpus }) => gpus !== 0));
const serves = (workload: ManifestWorkload): boolean => workload.purpose === 'serving' && hasGpus(workload);
const trains = (workload: ManifestWorkload): boolean => workload.purpose === 'training' && hasGpus(workload);
const spans = (workload: ManifestWorkload): boolean => hasGpus(workload) && workload.isMultiNode === true;
const reinforces = (workload: ManifestWorkload): boolean => workload.trainings.some(({ isReinforcement, isColocated }) => isReinforcement && isColocated === true);
/** LoRA is on, or its settings and the GPU are known. */
const tellsLora = (workload: ManifestWorkload): boolean =>
  reinforces(workload) && workload.trainings.every((training) => typeof loraOf(training) === 'number' || (loraOf(training) === undefined && training.pod !== undefined && gpuOf(training.pod) !== undefined));
const hasEngine = (kinds: readonly VllmEngine['kind'][]) => (workload: ManifestWorkload): boolean => workload.engines.some(({ kind }) => kinds.includes(kind));
const never = (): boolean => false;

const NO_RULES = { rules: [], checks: [], nodeRules: [], concerns: never, concern: '', passed: '' } as const;

/**
 * The checklist that ends the production guide, in its order, with the rule that decides each line. Where today's knowledge
 * departs from a line, the rule's page says so. A test holds the names against the index.
 */
export const CHECKLIST: readonly ChecklistEntry[] = [
  { ...NO_RULES, section: 'Infrastructure', text: 'GPU nodes have the EFA device plugin', checks: ['efa-device-plugin'], nodeRules: ['PodUnschedulable'], elsewhere: 'railmedic preflight --cluster looks for it' },
  { ...NO_RULES, section: 'Infrastructure', text: 'Security groups let everything out to and in from themselves', checks: ['security-group-egress', 'security-group-ingress'], nodeRules: ['FabricOneWayTraffic'], elsewhere: 'railmedic preflight --cluster --aws asks EC2; the agent sees it by one-way traffic' },
  { ...NO_RULES, section: 'Infrastructure', text: 'Nodes lie in the primary CIDR block of their VPC', checks: ['node-addresses'], nodeRules: ['EfaSecondaryCidr'], elsewhere: 'railmedic preflight --cluster looks at the addresses' },
  { ...NO_RULES, section: 'Infrastructure', text: 'The shared volume (FSx for Lustre) is provisioned and reachable from all nodes', checks: ['claims-bound'], nodeRules: ['SharedFilesystemMissing'], elsewhere: 'railmedic preflight --cluster looks whether the claims are bound; the agent whether the mount answers' },
  { section: 'Infrastructure', text: 'hostNetwork: true for workloads over several nodes', rules: ['HostNetworkMissing', 'HostNetworkCollision'], checks: [], nodeRules: [], concerns: spans, concern: 'workload over several nodes', passed: 'hostNetwork is set where EFA is used, and collides with nothing' },
  { section: 'Infrastructure', text: '/dev/shm is memory, 128 GiB or more for training', rules: ['SharedMemoryMissing', 'SharedMemoryExceedsLimit'], checks: [], nodeRules: [], concerns: (workload) => serves(workload) || trains(workload), concern: 'serving or training with GPUs', passed: 'large enough everywhere, and within the memory limits' },

  { section: 'Model serving', text: 'gpu_memory_utilization is tuned for the model and its load', rules: ['GpuMemoryUtilizationUntuned', 'GpuMemoryOverBudget'], checks: [], nodeRules: [], concerns: (workload) => serves(workload) && hasEngine(['server', 'serve-llm', 'handwritten'])(workload), concern: 'vLLM that serves', passed: 'every engine has a share of its own; whether it suits the load, only the load tells' },
  { section: 'Model serving', text: 'Startup, readiness and liveness probes', rules: ['ProbesMissing', 'ProbeBudgetTooShort', 'RayProbeOverridden', 'ServerRunsAsJob'], checks: [], nodeRules: ['PodProbeFailing'], concerns: serves, concern: 'serving with GPUs', passed: "there, and patient enough (Ray pods keep KubeRay's)" },
  { section: 'Model serving', text: 'Model weights are cached on the shared volume', rules: ['WeightsNotCached'], checks: [], nodeRules: [], concerns: (workload) => serves(workload) && hasEngine(['server', 'serve-llm', 'handwritten'])(workload), concern: 'vLLM that serves', passed: 'no engine downloads into its pod; whether the cache is filled, only the volume tells' },
  { section: 'Model serving', text: 'Autoscaling bounds match the traffic', rules: ['AutoscalingDisabled', 'AutoscalingInconsistent'], checks: [], nodeRules: [], concerns: (workload) => serves(workload) && workload.ray !== undefined, concern: 'Ray that serves', passed: 'the bounds agree with one another; whether they match the traffic, only the traffic tells' },
  { section: 'Model serving', text: 'distributed_executor_backend "mp" for tensor parallelism in Ray Serve', rules: ['ExecutorBackend'], checks: [], nodeRules: [], concerns: hasEngine(['handwritten', 'serve-llm']), concern: 'vLLM inside of Ray Serve', passed: 'nothing that needs it goes without (ray.serve.llm and vLLM from 0.20 on do not)' },

  { section: 'GRPO training', text: 'NCCL timeouts of 7200 s', rules: ['NcclTimeoutIneffective'], checks: [], nodeRules: [], concerns: (workload) => trains(workload) && spans(workload), concern: 'training over several pods', passed: 'no timeout is set in vain; NeMo RL has none to set (see the page)' },
  { section: 'GRPO training', text: 'The master file is unique to the job, or cleaned between runs', rules: ['MasterFileShared'], checks: [], nodeRules: [], concerns: (workload) => trains(workload) && spans(workload), concern: 'training over several pods', passed: 'no rendezvous file that runs share' },
  { section: 'GRPO training', text: 'Checkpoints lie on the shared volume', rules: ['CheckpointsOnLocalDisk'], checks: [], nodeRules: [], concerns: (workload) => workload.trainings.length > 0, concern: 'training whose framework is known', passed: 'no checkpoint directory that is known to end with its pod or node' },
  { section: 'GRPO training', text: 'gpu_memory_utilization of 0.5 to 0.7 where vLLM and trainer share GPUs', rules: ['GpuMemoryUtilizationUntuned', 'GpuMemoryOverBudget'], checks: [], nodeRules: [], concerns: reinforces, concern: 'GRPO that shares GPUs with vLLM', passed: 'not above 0.7, as far as it is written' },
  { section: 'GRPO training', text: 'LoRA on smaller GPUs', rules: ['LoraDisabled'], checks: [], nodeRules: [], concerns: tellsLora, concern: 'GRPO that shares GPUs with vLLM and tells its GPU or its LoRA settings', passed: 'on, or the GPUs are large enough' },

  { ...NO_RULES, section: 'Monitoring', text: 'The Ray dashboard can be reached', elsewhere: 'kubectl port-forward service/CLUSTER-head-svc 8265, or an ingress' },
  { ...NO_RULES, section: 'Monitoring', text: 'GPU use and memory are watched', nodeRules: ['GpuXid', 'GpuSpinning'], elsewhere: 'the railmedic agent measures both on every node; so does the DCGM exporter' },
  { ...NO_RULES, section: 'Monitoring', text: 'Training metrics are logged (W&B, TensorBoard, MLflow)', elsewhere: "the trainer's own configuration says (NeMo RL: logger.*, verl: trainer.logger, TRL: --report_to)" },
  { ...NO_RULES, section: 'Monitoring', text: 'Alerts for restarts, OOM kills and GPU errors', nodeRules: ['PodCrashLooping', 'PodOomKilled', 'KernelOomKill', 'GpuXid'], elsewhere: 'deploy/prometheus has them; whether they are loaded, Prometheus tells' },
];
