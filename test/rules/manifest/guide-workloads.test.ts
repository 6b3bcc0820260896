import { expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../agent/config.ts';
import { audit } from '../../../agent/preflight/audit.ts';
import { checkpointsOnLocalDisk } from '../../../rules/manifest/checkpoints-on-local-disk.ts';
import { disruptionUnprotected } from '../../../rules/manifest/disruption-unprotected.ts';
import { environmentOutdated } from '../../../rules/manifest/environment-outdated.ts';
import { executorBackend } from '../../../rules/manifest/executor-backend.ts';
import { gpuMemoryOverBudget } from '../../../rules/manifest/gpu-memory-over-budget.ts';
import { gpuMemoryUtilizationUntuned } from '../../../rules/manifest/gpu-memory-utilization-untuned.ts';
import { loraDisabled } from '../../../rules/manifest/lora-disabled.ts';
import { masterFileShared } from '../../../rules/manifest/master-file-shared.ts';
import { ncclTimeoutIneffective } from '../../../rules/manifest/nccl-timeout-ineffective.ts';
import { socketInterfaceHardcoded } from '../../../rules/manifest/socket-interface-hardcoded.ts';
import { weightsNotCached } from '../../../rules/manifest/weights-not-cached.ts';
import { GUIDE_CLUSTER, GUIDE_SERVER, GUIDE_TRAINING } from './guide-workloads.ts';
import { manifests } from './manifests.ts';

const RULES = [gpuMemoryOverBudget, gpuMemoryUtilizationUntuned, weightsNotCached, checkpointsOnLocalDisk, ncclTimeoutIneffective, environmentOutdated, socketInterfaceHardcoded, masterFileShared, disruptionUnprotected, loraDisabled, executorBackend];

function found(text: string): readonly string[] {
  return audit(manifests(text), DEFAULT_CONFIG, RULES, new Date(0)).findings.map(({ rule, severity, place }) => `${severity} ${rule} ${place?.line ?? 0}`);
}

test("the guide's training: what it sets in vain, and what it leaves open", () => {
  expect(found(GUIDE_TRAINING)).toEqual([
    'warning DisruptionUnprotected 11',
    'warning MasterFileShared 23',
    'warning NcclTimeoutIneffective 37',
    'warning EnvironmentOutdated 43',
    'warning SocketInterfaceHardcoded 44',
    'info EnvironmentOutdated 40',
    'info EnvironmentOutdated 41',
    'info EnvironmentOutdated 42',
  ]);
});

test("the guide's server and cluster", () => {
  expect(found(GUIDE_SERVER)).toEqual([]);
  expect(found(GUIDE_CLUSTER)).toEqual(['info EnvironmentOutdated 21', 'info EnvironmentOutdated 21']);
});
