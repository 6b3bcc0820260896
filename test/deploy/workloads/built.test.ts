import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../agent/config.ts';
import { audit } from '../../../agent/preflight/audit.ts';
import { readManifests } from '../../../agent/preflight/read-manifests.ts';
import { validator } from '../../../agent/preflight/schema.ts';
import schemas from '../../../agent/preflight/schemas.json' with { type: 'json' };
import { MANIFEST_RULES } from '../../../rules/index.ts';
import { stringify } from 'yaml';
import { buildOverlay, readObjects, WORKLOADS, type KubernetesObject } from './kustomize.ts';
import { podTemplates } from './overlays.ts';

const run = promisify(execFile);
const files = readdirSync(WORKLOADS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml')).toSorted();
const isComponent = (file: string): boolean => readFileSync(join(WORKLOADS, file), 'utf8').includes('kind: Component');
const directories = files.filter((file) => file.endsWith('/kustomization.yaml') && !isComponent(file)).map((file) => file.replace(/\/kustomization\.yaml$/, ''));
const kustomize = whyNoKustomize();
const validate = validator(schemas);

/** What `railmedic preflight` finds in these texts at warning or worse, or could not judge. */
function findingsOf(texts: Readonly<Record<string, string>>): readonly string[] {
  const manifests = readManifests(Object.entries(texts).map(([file, text]) => ({ file, text, why: undefined, isNamed: true })), validate, 'workloads');
  const { findings } = audit(manifests, DEFAULT_CONFIG, MANIFEST_RULES, new Date());
  return findings
    .filter(({ severity, suppressed, state }) => suppressed === undefined && (severity !== 'info' || state === 'unknown'))
    .map(({ rule, state, place, message }) => `${place?.file}:${place?.line} ${rule} ${state}: ${message}`);
}

/** By kind and name, as the order of kustomize is its own. */
function byName(objects: readonly KubernetesObject[]): Readonly<Record<string, KubernetesObject>> {
  return Object.fromEntries(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]));
}

test('there are the overlays of four instance types for four workloads and the node pools, and two of DRA', () => {
  expect(directories.filter((directory) => directory.includes('/overlays/'))).toHaveLength(22);
});

test.each(files)('%s is YAML, and each list of Kubernetes objects in it has kind and name', (file) => {
  const objects = readObjects(readFileSync(join(WORKLOADS, file), 'utf8'));
  if (file.endsWith('kustomization.yaml') || file.endsWith('values.yaml')) return expect(objects).toHaveLength(1);
  expect(objects.every(({ kind, metadata }) => kind !== '' && metadata.name !== '')).toBe(true);
});

describe.each(directories)('%s', (directory) => {
  test('builds', () => {
    expect(buildOverlay(join(WORKLOADS, directory)).length).toBeGreaterThan(0);
  });

  test.skipIf(kustomize !== undefined)(`is what kubectl kustomize makes of it ${kustomize ?? ''}`, async () => {
    const { stdout } = await run('kubectl', ['kustomize', join(WORKLOADS, directory)], { maxBuffer: 2 ** 24 });
    expect(byName(readObjects(stdout))).toEqual(byName(buildOverlay(join(WORKLOADS, directory))));
  });

  test('passes preflight with no warning', () => {
    const text = buildOverlay(join(WORKLOADS, directory)).map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');
    expect(findingsOf({ [`${directory}.yaml`]: text })).toEqual([]);
  });

  test('names an image with a tag that is not latest for every container', () => {
    for (const template of buildOverlay(join(WORKLOADS, directory)).flatMap(podTemplates)) {
      const { containers, initContainers } = template['spec'] as unknown as { containers: readonly { image: string }[]; initContainers?: readonly { image: string }[] };
      for (const { image } of [...containers, ...(initContainers ?? [])]) expect(image).toMatch(/:v?\d+\.\d+\.\d+[\w.-]*$/);
    }
  });
});

test('the files as they lie there pass preflight with no warning', () => {
  expect(findingsOf(Object.fromEntries(files.map((file) => [file, readFileSync(join(WORKLOADS, file), 'utf8')])))).toEqual([]);
});

// Silence would also come of not understanding the manifests: each of these changes must be seen.
test.each([
  { rule: 'LatestImage', file: 'grpo-rayjob/base/rayjob.yaml', from: 'nemo-rl:v0.7.0', to: 'nemo-rl:latest' },
  { rule: 'ManifestInvalid', file: 'grpo-rayjob/base/rayjob.yaml', from: 'preRunningDeadlineSeconds', to: 'preRunningDeadline' },
  { rule: 'EfaNotRequested', file: 'grpo-rayjob/base/rayjob.yaml', from: ", vpc.amazonaws.com/efa: '4'", to: '' },
  { rule: 'EfaCountMismatch', file: 'grpo-rayjob/base/rayjob.yaml', from: "vpc.amazonaws.com/efa: '4'", to: "vpc.amazonaws.com/efa: '32'" },
  { rule: 'HostNetworkCollision', file: 'grpo-rayjob/base/rayjob.yaml', from: 'dnsPolicy: ClusterFirstWithHostNet', to: 'dnsPolicy: ClusterFirst' },
  { rule: 'SharedMemoryExceedsLimit', file: 'grpo-rayjob/base/rayjob.yaml', from: 'sizeLimit: 128Gi', to: 'sizeLimit: 700Gi' },
  { rule: 'CheckpointsOnLocalDisk', file: 'grpo-rayjob/base/rayjob.yaml', from: 'checkpoint_dir=/shared', to: 'checkpoint_dir=/tmp' },
  { rule: 'WeightsNotCached', file: 'grpo-indexed-job/base/job.yaml', from: 'value: /shared/hf}', to: 'value: /home/trainer/hf}' },
  { rule: 'DisruptionUnprotected', file: 'grpo-rayjob/base/rayjob.yaml', from: 'karpenter.sh/do-not-disrupt', to: 'karpenter.sh/do-disrupt' },
  { rule: 'NcclTimeoutIneffective', file: 'grpo-indexed-job/base/job.yaml', from: 'TORCH_NCCL_HEARTBEAT_TIMEOUT_SEC', to: 'NCCL_TIMEOUT' },
  { rule: 'EnvironmentOutdated', file: 'grpo-indexed-job/base/job.yaml', from: 'FI_EFA_USE_HUGE_PAGE', to: 'RDMAV_FORK_SAFE' },
  { rule: 'SocketInterfaceHardcoded', file: 'grpo-rayjob/base/rayjob.yaml', from: ',pod-id-link', to: '' },
  { rule: 'GpuMemoryUtilizationUntuned', file: 'grpo-rayjob/base/rayjob.yaml', from: 'gpu_memory_utilization=0.6', to: 'gpu_memory_utilization=0.85' },
  { rule: 'GpuMemoryOverBudget', file: 'grpo-indexed-job/base/job.yaml', from: 'gpu_memory_utilization=0.6', to: 'gpu_memory_utilization=0.3' },
  { rule: 'GpuMemoryOverBudget', file: 'vllm-rayservice/base/rayservice.yaml', from: 'gpu_memory_utilization: 0.85', to: 'gpu_memory_utilization: 0.2' },
  { rule: 'PrivilegedWorkload', file: 'grpo-rayjob/base/rayjob.yaml', from: 'capabilities: {add: [IPC_LOCK]}', to: 'privileged: true' },
  { rule: 'AutoscalingDisabled', file: 'vllm-rayservice/base/rayservice.yaml', from: 'enableInTreeAutoscaling: true', to: 'enableInTreeAutoscaling: false' },
  { rule: 'AutoscalingInconsistent', file: 'vllm-rayservice/base/rayservice.yaml', from: 'max_replicas: 4', to: 'max_replicas: 9' },
  { rule: 'GpuCountMismatch', file: 'vllm-rayservice/base/rayservice.yaml', from: 'tensor_parallel_size: 2', to: 'tensor_parallel_size: 16' },
  { rule: 'ProbeBudgetTooShort', file: 'vllm-deployment/base/deployment.yaml', from: 'failureThreshold: 120', to: 'failureThreshold: 3' },
  { rule: 'ProbesMissing', file: 'vllm-deployment/base/deployment.yaml', from: 'startupProbe:', to: 'lateProbe:' },
  { rule: 'SharedMemoryMissing', file: 'vllm-deployment/base/deployment.yaml', from: 'sizeLimit: 32Gi', to: 'sizeLimit: 1Gi' },
])('$rule speaks when $from becomes "$to" in $file', ({ rule, file, from, to }) => {
  const text = readFileSync(join(WORKLOADS, file), 'utf8');
  expect(text).toContain(from);
  expect(findingsOf({ [file]: text.replaceAll(from, to) }).map((found) => found.split(' ')[1])).toContain(rule);
});

function whyNoKustomize(): string | undefined {
  const needed = 'kubectl 1.21 or later, with kustomize 4, is needed (https://kubernetes.io/docs/tasks/tools/)';
  try {
    const { clientVersion } = JSON.parse(execFileSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' })) as { clientVersion: { minor: string; gitVersion: string } };
    return Number.parseInt(clientVersion.minor, 10) >= 21 ? undefined : `${needed}; found ${clientVersion.gitVersion}`;
  } catch (error) {
    return `${needed}: ${String(error).split('\n', 1).join('')}`;
  }
}
