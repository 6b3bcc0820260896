import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { policyName, policySpec, policyYaml } from '../../../agent/preflight/policies.ts';
import { POLICIES } from '../../../rules/manifest/policy/index.ts';
import { ALL_KINDS, type ManifestPolicy } from '../../../rules/manifest/policy/policy.ts';
import { MANIFEST_RULES } from '../../../rules/index.ts';
import { judgeText, pod } from './manifests.ts';
import { objectsOf, refusal } from './policy-agreement.ts';

function policyOf(rule: string): ManifestPolicy {
  const found = POLICIES.find((policy) => policy.rule === rule);
  if (!found) throw new Error(`no policy for ${rule}`);
  return found;
}

/** What the policy says of the first object, without the part that every message ends with. */
function said(rule: string, text: string): string | undefined {
  const [object] = objectsOf(text);
  return object && refusal(policyOf(rule), object)?.replace(/ \(railmedic explain .*\)$/, '');
}

const limits = 'resources: { limits: { nvidia.com/gpu: 8, vpc.amazonaws.com/efa: "4" } }';
const ray = (worker: string, cluster = '', kind = 'RayCluster', metadata = ''): string => {
  const spec = `${cluster}\n    headGroupSpec: { template: { spec: { containers: [{ name: head, image: "ray:1" }] } } }\n    workerGroupSpecs: [{ groupName: gpu, ${worker} }]`;
  const holder = { RayCluster: '', RayJob: 'rayClusterSpec:', RayService: 'rayClusterConfig:' }[kind] ?? '';
  return `apiVersion: ray.io/v1\nkind: ${kind}\nmetadata: { name: r${metadata} }\nspec:\n  entrypoint: python train.py\n  ${holder}\n    ${spec}\n`.replace(kind === 'RayJob' ? 'nothing' : '  entrypoint: python train.py\n', '').replace('  \n    \n', '');
};
const worker = (container: string, spec = ''): string => `template: { spec: { ${spec} containers: [{ name: worker, image: "ray:1", ${container} }] } }`;
const run = (container: string, spec = '', metadata = ''): string =>
  `apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata: { name: t${metadata} }\nspec:\n  pytorchReplicaSpecs:\n    Master: { replicas: 1, template: { spec: { ${spec} containers: [{ name: pytorch, image: "a:1", ${container} }] } } }\n    Worker: { replicas: 1, template: { spec: { ${spec} containers: [{ name: pytorch, image: "a:1", ${container} }] } } }\n`;

const CASES: readonly (readonly [rule: string, bad: string, message: string, good: string])[] = [
  [
    'InfinibandHostPath',
    pod(`${limits}\nvolumeMounts: [{ name: ib, mountPath: /dev/infiniband }]`, 'volumes: [{ name: ib, hostPath: { path: /dev/infiniband } }]'),
    'InfinibandHostPath: volume ib: hostPath /dev/infiniband lies over the device files that the EFA device plugin gives the pod; on P6 types libfabric then finds no EFA, and NCCL falls back to TCP without a word',
    pod(`${limits}\nvolumeMounts: [{ name: ib, mountPath: /x }]`, 'volumes: [{ name: ib, hostPath: { path: /dev/infinibands } }]'),
  ],
  [
    'HostNetworkCollision',
    pod(limits, 'hostNetwork: true'),
    "HostNetworkCollision: dnsPolicy ClusterFirst: on the host network: the pods ask the node's resolver, which knows no Services; write ClusterFirstWithHostNet",
    pod(limits, 'hostNetwork: true\ndnsPolicy: ClusterFirstWithHostNet'),
  ],
  [
    'SharedMemoryMissing',
    run(limits),
    `SharedMemoryMissing: container pytorch, container pytorch: has the runtime's 64 MiB at /dev/shm; NCCL and data loaders fail there with "No space left on device" or a bus error`,
    run(`${limits}, volumeMounts: [{ name: shm, mountPath: /dev/shm/ }]`),
  ],
  [
    'ProbesMissing',
    pod('command: [vllm, serve]\nargs: [Qwen/Qwen3-8B, --port, 8000]\nstartupProbe: {}'),
    'ProbesMissing: container main: a vLLM server without startupProbe, readinessProbe and livenessProbe on /health',
    pod('command: [vllm, serve]\nargs: [Qwen/Qwen3-8B, --headless]'),
  ],
  [
    'RayProbeOverridden',
    ray(worker('livenessProbe: { httpGet: { path: /health, port: 8000 } }')),
    "RayProbeOverridden: container worker: a probe of vLLM's /health on port 8000, where on a Ray pod nothing need answer; KubeRay injects the right probes where none is written",
    ray(worker('livenessProbe: { httpGet: { path: /-/healthz, port: 8000 } }')),
  ],
  [
    'ServerRunsAsJob',
    'apiVersion: batch/v1\nkind: Job\nmetadata: { name: s }\nspec: { template: { spec: { containers: [{ name: main, image: "vllm:1", command: [python3, -m, vllm.entrypoints.openai.api_server], args: [--model, m] }] } } }\n',
    'ServerRunsAsJob: container main: a vLLM server in a Job: after its last retry it stays down, and it has no rolling update; a Deployment serves',
    'apiVersion: batch/v1\nkind: Job\nmetadata: { name: s }\nspec: { template: { spec: { containers: [{ name: main, image: "vllm:1", command: [vllm, bench, serve] }] } } }\n',
  ],
  [
    'AutoscalingDisabled',
    ray(`minReplicas: 1, maxReplicas: 4, ${worker(limits)}`, '', 'RayService'),
    'AutoscalingDisabled: worker group gpu: minReplicas below maxReplicas, and enableInTreeAutoscaling is not true: KubeRay holds replicas whatever the load',
    ray(`minReplicas: 1, maxReplicas: 4, ${worker(limits)}`, 'enableInTreeAutoscaling: true', 'RayService'),
  ],
  ['AutoscalingInconsistent', ray(`minReplicas: 5, maxReplicas: 4, ${worker(limits)}`), 'AutoscalingInconsistent: worker group gpu: minReplicas above maxReplicas: KubeRay refuses it', ray(`minReplicas: 4, maxReplicas: 4, ${worker(limits)}`)],
  [
    'EnvironmentOutdated',
    pod('env: [{ name: FI_PROVIDER, value: efa }, { name: FI_EFA_USE_DEVICE_RDMA, value: "1" }, { name: RDMAV_FORK_SAFE, value: "" }]'),
    'EnvironmentOutdated: container main sets FI_PROVIDER, container main sets FI_EFA_USE_DEVICE_RDMA, container main sets RDMAV_FORK_SAFE: which today does nothing, or does harm',
    pod('env: [{ name: FI_PROVIDER, value: tcp }]'),
  ],
  [
    'SocketInterfaceHardcoded',
    run(`${limits}, env: [{ name: NCCL_SOCKET_IFNAME, value: eth0 }]`, 'hostNetwork: true,'),
    'SocketInterfaceHardcoded: container pytorch, container pytorch: NCCL_SOCKET_IFNAME names eth, an interface that nodes with predictable names (ens5, enp71s0) do not have; write an exclusion such as ^lo,docker,veth,eni,pod-id-link0',
    run(`${limits}, env: [{ name: NCCL_SOCKET_IFNAME, value: "^lo,docker,veth,eni,pod-id-link0" }]`, 'hostNetwork: true,'),
  ],
  [
    'DisruptionUnprotected',
    run(limits, '', ', annotations: { karpenter.sh/do-not-disrupt: "true" }'),
    'DisruptionUnprotected: a pod template, a pod template: lacks the annotation against disruption that stands on its object, and does not reach the pods: karpenter.sh/do-not-disrupt belongs on the pod template',
    run(limits),
  ],
  ['LatestImage', pod('image: "registry:5000/a/b"', 'initContainers: [{ name: init, image: "c:latest" }]'), 'LatestImage: container init, container main: an image without a version tag or digest; two pods of one job may run different code, and a restart may run a third', pod('image: "registry:5000/a/b:1"')],
  [
    'PrivilegedWorkload',
    ray(worker(`${limits}, securityContext: { privileged: true }`)),
    'PrivilegedWorkload: container worker: privileged, which shows it every device of its node; EFA needs no more than the capability IPC_LOCK',
    ray(worker(`${limits}, securityContext: { privileged: true, capabilities: { add: [SYS_ADMIN] } }`)),
  ],
];

describe('each policy', () => {
  test('has a case here, in the order of the catalogue, and a rule', () => {
    const catalogue = MANIFEST_RULES.map(({ name }) => name).filter((name) => POLICIES.some(({ rule }) => rule === name));
    expect(POLICIES.map(({ rule }) => rule)).toEqual(catalogue);
    expect(CASES.map(([rule]) => rule)).toEqual(catalogue);
  });

  test.each(CASES)('%s', (rule, bad, message, good) => {
    expect(said(rule, bad)).toBe(message);
    expect(said(rule, good)).toBeUndefined();
    // The rule says so too: judgeText holds the two together.
    const own = MANIFEST_RULES.find(({ name }) => name === rule);
    expect(own && judgeText(own, bad).length).toBeGreaterThan(0);
  });
});

test('what a controller made is judged where a person wrote it', () => {
  expect(said('LatestImage', pod('image: a', '', 'ownerReferences: [{ kind: Job, name: j, uid: u, controller: true }]'))).toBeUndefined();
  expect(said('LatestImage', pod('image: a', '', 'ownerReferences: [{ kind: Job, name: j, uid: u }]'))).toBeDefined();
});

test('a change is judged when it touches the spec, and refused only of kinds that people alone change', () => {
  const [object] = objectsOf(pod('image: a'));
  const [old] = objectsOf(pod('image: b'));
  if (!object || !old) throw new Error('expected two pods');
  expect(refusal(policyOf('LatestImage'), object, { ...object, metadata: {} })).toBeUndefined();
  expect(refusal(policyOf('LatestImage'), object, old)).toBeDefined();
  const operations = (deny: boolean): unknown => policySpec(policyOf('LatestImage'), deny)['matchConstraints'];
  expect(operations(true)).toMatchObject({ resourceRules: [{ apiGroups: [''], operations: ['CREATE'] }, { apiGroups: ['apps'], operations: ['CREATE', 'UPDATE'] }, ...Array.from({ length: 6 }, () => ({ operations: ['CREATE'] }))] });
  expect(operations(false)).toMatchObject({ resourceRules: [{ operations: ['CREATE', 'UPDATE'] }, ...Array.from({ length: 7 }, () => ({ operations: ['CREATE', 'UPDATE'] }))] });
});

test('the annotation with a reason silences, on the object and on a pod template', () => {
  expect(said('LatestImage', pod('image: a', '', 'annotations: { railmedic.io/ignore.LatestImage: "mirrored nightly" }'))).toBeUndefined();
  expect(said('LatestImage', pod('image: a', '', 'annotations: { railmedic.io/ignore.LatestImage: " " }'))).toBeDefined();
  const template = (annotations: string): string => `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: d }\nspec: { template: { metadata: { annotations: { ${annotations} } }, spec: { containers: [{ name: a, image: a }] } } }\n`;
  expect(said('LatestImage', template('railmedic.io/ignore.LatestImage: "pinned by a webhook"'))).toBeUndefined();
  expect(said('LatestImage', template('x: y'))).toBeDefined();
});

test('pod templates of every kind are found', () => {
  const container = '{ name: a, image: a }';
  const spec: Readonly<Record<string, string>> = {
    Pod: `{ containers: [${container}] }`,
    CronJob: `{ jobTemplate: { spec: { template: { spec: { containers: [${container}] } } } } }`,
    RayCluster: `{ headGroupSpec: { template: { spec: { containers: [${container}] } } } }`,
    RayJob: `{ rayClusterSpec: { headGroupSpec: { template: { spec: { containers: [${container}] } } } } }`,
    RayService: `{ rayClusterConfig: { headGroupSpec: { template: { spec: { containers: [${container}] } } } } }`,
    PyTorchJob: `{ pytorchReplicaSpecs: { Worker: { template: { spec: { containers: [${container}] } } } } }`,
    MPIJob: `{ mpiReplicaSpecs: { Launcher: { template: { spec: { containers: [${container}] } } } } }`,
    JobSet: `{ replicatedJobs: [{ template: { spec: { template: { spec: { containers: [${container}] } } } } }] }`,
    LeaderWorkerSet: `{ leaderWorkerTemplate: { workerTemplate: { spec: { containers: [${container}] } } } }`,
  };
  for (const { kind, group, versions } of ALL_KINDS) {
    const text = `apiVersion: ${group === '' ? '' : `${group}/`}${versions[0] ?? ''}\nkind: ${kind}\nmetadata: { name: x }\nspec: ${spec[kind] ?? `{ template: { spec: { containers: [${container}] } } }`}\n`;
    expect(said('LatestImage', text), kind).toContain('LatestImage: container a: an image');
  }
  expect(said('LatestImage', 'apiVersion: ray.io/v1\nkind: RayJob\nmetadata: { name: x }\nspec: { clusterSelector: { a: b } }\n')).toBeUndefined();
});

describe('as YAML', () => {
  test('a policy and a binding each, warning or refusing', () => {
    const objects = parseAllDocuments(policyYaml(POLICIES, { deny: false })).map((document): unknown => document.toJS());
    expect(objects).toHaveLength(2 * POLICIES.length);
    expect(objects[1]).toMatchObject({ kind: 'ValidatingAdmissionPolicyBinding', spec: { policyName: 'railmedic-infiniband-host-path', validationActions: ['Warn'] } });
    expect(policyYaml(POLICIES, { deny: true })).toContain('validationActions:\n    - Deny\n');
    expect(policyName('EfaNotRequested')).toBe('railmedic-efa-not-requested');
  });

  test("keeps the API server's limits", () => {
    for (const policy of POLICIES) {
      const { variables, validations } = policySpec(policy);
      // A message is one line; an expression may have 16 KiB and a message expression 5 KiB (KEP-3488).
      for (const { expression } of [...variables, ...validations]) expect(expression.length).toBeLessThan(16_384);
      for (const { message, messageExpression } of validations) {
        expect(message).not.toContain('\n');
        expect(messageExpression.length).toBeLessThan(5120);
      }
    }
  });
});
