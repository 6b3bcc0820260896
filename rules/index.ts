import { efaAddressHandleErrors } from './fabric/efa-address-handle-errors.ts';
import { efaAdminQueueDead } from './fabric/efa-admin-queue-dead.ts';
import { efaCommandErrors } from './fabric/efa-command-errors.ts';
import { efaDeviceFileMissing } from './fabric/efa-device-file-missing.ts';
import { efaDriverNotBound } from './fabric/efa-driver-not-bound.ts';
import { efaFewerThanAttached } from './fabric/efa-fewer-than-attached.ts';
import { efaFewerThanInstanceType } from './fabric/efa-fewer-than-instance-type.ts';
import { efaIdleWhileGpusBusy } from './fabric/efa-idle-while-gpus-busy.ts';
import { efaImpairedPath } from './fabric/efa-impaired-path.ts';
import { efaPeerUnresponsive } from './fabric/efa-peer-unresponsive.ts';
import { efaRdmaErrors } from './fabric/efa-rdma-errors.ts';
import { efaSecondaryCidr } from './fabric/efa-secondary-cidr.ts';
import { fabricDeviceVanished } from './fabric/device-vanished.ts';
import { fabricOneWayTraffic } from './fabric/one-way-traffic.ts';
import { fabricRailImbalance } from './fabric/rail-imbalance.ts';
import { fabricReceiveDrops } from './fabric/receive-drops.ts';
import { infinibandLinkErrors } from './fabric/infiniband-link-errors.ts';
import { infinibandPortDown } from './fabric/infiniband-port-down.ts';
import { gpuLost } from './gpu/gpu-lost.ts';
import { gpuXid } from './gpu/gpu-xid.ts';
import { nvSwitchSxid } from './gpu/nvswitch-sxid.ts';
import { gpuEccUncorrected } from './gpu/gpu-ecc-uncorrected.ts';
import { gpuEccCorrectedStorm } from './gpu/gpu-ecc-corrected-storm.ts';
import { gpuRowRemapPending } from './gpu/gpu-row-remap-pending.ts';
import { gpuRowRemapFailure } from './gpu/gpu-row-remap-failure.ts';
import { gpuSramThresholdExceeded } from './gpu/gpu-sram-threshold-exceeded.ts';
import { gpuRecoveryNeeded } from './gpu/gpu-recovery-needed.ts';
import { gpuThermalSlowdown } from './gpu/gpu-thermal-slowdown.ts';
import { gpuPowerBrake } from './gpu/gpu-power-brake.ts';
import { gpuPcieWidthDegraded } from './gpu/gpu-pcie-width-degraded.ts';
import { gpuPcieGenDegraded } from './gpu/gpu-pcie-gen-degraded.ts';
import { gpuFabricNotReady } from './gpu/gpu-fabric-not-ready.ts';
import { gpuSpinning } from './gpu/gpu-spinning.ts';
import { gpuPersistenceModeOff } from './gpu/gpu-persistence-mode-off.ts';
import { nvidiaSmiUnresponsive } from './gpu/nvidia-smi-unresponsive.ts';
import { nvidiaDriverMismatch } from './gpu/nvidia-driver-mismatch.ts';
import { nvidiaDriverMissing } from './gpu/nvidia-driver-missing.ts';
import { hugepagesMissing } from './host/hugepages-missing.ts';
import { instanceInterruption } from './host/instance-interruption.ts';
import { kernelLogLost } from './host/kernel-log-lost.ts';
import { kernelOomKill } from './host/kernel-oom-kill.ts';
import { lockedMemoryLimited } from './host/locked-memory-limited.ts';
import { sharedFilesystemMissing } from './host/shared-filesystem-missing.ts';
import { agentRuleFailed } from './host/agent-rule-failed.ts';
import { manifestInvalid } from './manifest/manifest-invalid.ts';
import { efaNotRequested } from './manifest/efa-not-requested.ts';
import { efaCountMismatch } from './manifest/efa-count-mismatch.ts';
import { gpuCountMismatch } from './manifest/gpu-count-mismatch.ts';
import { infinibandHostPath } from './manifest/infiniband-host-path.ts';
import { hostNetworkMissing } from './manifest/host-network-missing.ts';
import { hostNetworkCollision } from './manifest/host-network-collision.ts';
import { sharedMemoryMissing } from './manifest/shared-memory-missing.ts';
import { sharedMemoryExceedsLimit } from './manifest/shared-memory-exceeds-limit.ts';
import { probesMissing } from './manifest/probes-missing.ts';
import { probeBudgetTooShort } from './manifest/probe-budget-too-short.ts';
import { rayProbeOverridden } from './manifest/ray-probe-overridden.ts';
import { serverRunsAsJob } from './manifest/server-runs-as-job.ts';
import { autoscalingDisabled } from './manifest/autoscaling-disabled.ts';
import { autoscalingInconsistent } from './manifest/autoscaling-inconsistent.ts';
import { gpuMemoryOverBudget } from './manifest/gpu-memory-over-budget.ts';
import { vllmArgumentsRefused } from './manifest/vllm-arguments-refused.ts';
import { gpuMemoryUtilizationUntuned } from './manifest/gpu-memory-utilization-untuned.ts';
import { weightsNotCached } from './manifest/weights-not-cached.ts';
import { checkpointsOnLocalDisk } from './manifest/checkpoints-on-local-disk.ts';
import { ncclTimeoutIneffective } from './manifest/nccl-timeout-ineffective.ts';
import { environmentOutdated } from './manifest/environment-outdated.ts';
import { socketInterfaceHardcoded } from './manifest/socket-interface-hardcoded.ts';
import { masterFileShared } from './manifest/master-file-shared.ts';
import { disruptionUnprotected } from './manifest/disruption-unprotected.ts';
import { latestImage } from './manifest/latest-image.ts';
import { privilegedWorkload } from './manifest/privileged-workload.ts';
import { loraDisabled } from './manifest/lora-disabled.ts';
import { executorBackend } from './manifest/executor-backend.ts';
import { podUnschedulable } from './workload/pod-unschedulable.ts';
import { podCrashLooping } from './workload/pod-crash-looping.ts';
import { podOomKilled } from './workload/pod-oom-killed.ts';
import { cudaOutOfMemory } from './workload/cuda-out-of-memory.ts';
import { podPreempted } from './workload/pod-preempted.ts';
import { podProbeFailing } from './workload/pod-probe-failing.ts';
import type { Rule } from './define.ts';

/** Every rule, in the order of the catalogue. A new rule is one line here; a test names the file that is missing. */
export const RULES: readonly Rule[] = [
  fabricOneWayTraffic,
  efaSecondaryCidr,
  efaIdleWhileGpusBusy,
  efaDriverNotBound,
  efaDeviceFileMissing,
  efaFewerThanAttached,
  efaFewerThanInstanceType,
  efaAdminQueueDead,
  efaCommandErrors,
  efaAddressHandleErrors,
  efaPeerUnresponsive,
  efaImpairedPath,
  efaRdmaErrors,
  fabricReceiveDrops,
  fabricRailImbalance,
  infinibandPortDown,
  infinibandLinkErrors,
  fabricDeviceVanished,
  gpuLost,
  gpuXid,
  nvSwitchSxid,
  gpuEccUncorrected,
  gpuEccCorrectedStorm,
  gpuRowRemapPending,
  gpuRowRemapFailure,
  gpuSramThresholdExceeded,
  gpuRecoveryNeeded,
  gpuThermalSlowdown,
  gpuPowerBrake,
  gpuPcieWidthDegraded,
  gpuPcieGenDegraded,
  gpuFabricNotReady,
  gpuSpinning,
  gpuPersistenceModeOff,
  nvidiaSmiUnresponsive,
  nvidiaDriverMismatch,
  nvidiaDriverMissing,
  kernelOomKill,
  lockedMemoryLimited,
  hugepagesMissing,
  instanceInterruption,
  sharedFilesystemMissing,
  kernelLogLost,
  podUnschedulable,
  podCrashLooping,
  podOomKilled,
  cudaOutOfMemory,
  podPreempted,
  podProbeFailing,
  agentRuleFailed,
  manifestInvalid,
  efaNotRequested,
  efaCountMismatch,
  gpuCountMismatch,
  infinibandHostPath,
  hostNetworkMissing,
  hostNetworkCollision,
  sharedMemoryMissing,
  sharedMemoryExceedsLimit,
  probesMissing,
  probeBudgetTooShort,
  rayProbeOverridden,
  serverRunsAsJob,
  autoscalingDisabled,
  autoscalingInconsistent,
  gpuMemoryOverBudget,
  vllmArgumentsRefused,
  gpuMemoryUtilizationUntuned,
  weightsNotCached,
  checkpointsOnLocalDisk,
  ncclTimeoutIneffective,
  environmentOutdated,
  socketInterfaceHardcoded,
  masterFileShared,
  disruptionUnprotected,
  latestImage,
  privilegedWorkload,
  loraDisabled,
  executorBackend,
];

/** The rules that judge a node, which the agent and `diagnose` ask. */
export const NODE_RULES: readonly Rule[] = RULES.filter(({ group }) => group !== 'manifest');
/** The rules that judge manifests, which `preflight` asks. */
export const MANIFEST_RULES: readonly Rule[] = RULES.filter(({ group }) => group === 'manifest');
