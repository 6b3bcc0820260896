import { autoscalingDisabledPolicy, autoscalingInconsistentPolicy } from './autoscaling.ts';
import { disruptionUnprotectedPolicy } from './disruption-unprotected.ts';
import { environmentOutdatedPolicy } from './environment-outdated.ts';
import { hostNetworkCollisionPolicy } from './host-network-collision.ts';
import { infinibandHostPathPolicy } from './infiniband-host-path.ts';
import { latestImagePolicy } from './latest-image.ts';
import type { ManifestPolicy } from './policy.ts';
import { privilegedWorkloadPolicy } from './privileged-workload.ts';
import { probesMissingPolicy } from './probes-missing.ts';
import { rayProbeOverriddenPolicy } from './ray-probe-overridden.ts';
import { serverRunsAsJobPolicy } from './server-runs-as-job.ts';
import { sharedMemoryMissingPolicy } from './shared-memory-missing.ts';
import { socketInterfaceHardcodedPolicy } from './socket-interface-hardcoded.ts';

/** What CEL can say of the manifest rules, in the order of the catalogue. */
export const POLICIES: readonly ManifestPolicy[] = [
  infinibandHostPathPolicy,
  hostNetworkCollisionPolicy,
  sharedMemoryMissingPolicy,
  probesMissingPolicy,
  rayProbeOverriddenPolicy,
  serverRunsAsJobPolicy,
  autoscalingDisabledPolicy,
  autoscalingInconsistentPolicy,
  environmentOutdatedPolicy,
  socketInterfaceHardcodedPolicy,
  disruptionUnprotectedPolicy,
  latestImagePolicy,
  privilegedWorkloadPolicy,
];
