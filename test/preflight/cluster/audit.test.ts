import { afterEach, describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../agent/config.ts';
import type { ClusterCheck, Finding, Manifests, PreflightReport } from '../../../agent/model.ts';
import { audit } from '../../../agent/preflight/audit.ts';
import { auditCluster } from '../../../agent/preflight/cluster/audit-cluster.ts';
import { readManifests } from '../../../agent/preflight/read-manifests.ts';
import { MANIFEST_RULES } from '../../../rules/index.ts';
import { container, daemonSet, FakeCluster, metadata, node, plugins } from './fake-cluster.ts';

let cluster: FakeCluster | undefined;
afterEach(async () => cluster?.close());

const signal = new AbortController().signal;

async function look(objects: Readonly<Record<string, readonly object[]>>, given?: string, namespace?: string): Promise<Manifests> {
  cluster = await FakeCluster.open(objects);
  const manifests = given === undefined ? undefined : readManifests([{ file: 'job.yaml', text: given, why: undefined, isNamed: true }], () => [], 'job.yaml');
  return auditCluster({ api: cluster.client(), server: 'https://api', namespace, awsHost: undefined }, manifests, signal);
}

function check(manifests: Manifests, name: string): ClusterCheck {
  const found = manifests.cluster?.checks.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no check ${name}`);
  return found;
}

function report(manifests: Manifests): PreflightReport {
  return audit(manifests, DEFAULT_CONFIG, MANIFEST_RULES, new Date('2026-11-23T20:00:00Z'));
}

function firing(manifests: Manifests, rule: string): readonly Finding[] {
  return report(manifests).findings.filter((finding) => finding.rule === rule && finding.state === 'firing');
}

const healthy = { '/api/v1/nodes': [node('a1'), node('a2'), node('a3')], '/apis/apps/v1/daemonsets': plugins(3) };
const job = (name: string, limits?: Readonly<Record<string, string>>, more: object = {}): object => ({
  metadata: { ...metadata(name), uid: `uid-Job-${name}` },
  spec: { completionMode: 'Indexed', parallelism: 2, completions: 2, template: { spec: { containers: [container(limits, more)] } } },
});
const podOf = (name: string, owner: { readonly kind: string; readonly name: string }, limits?: Readonly<Record<string, string>>, more: object = {}): object => ({
  metadata: metadata(name, { owner }),
  spec: { containers: [container(limits, more)] },
  status: { phase: 'Running' },
});

describe('device plugins', () => {
  test('healthy: every node that has devices advertises them', async () => {
    const manifests = await look(healthy);
    expect(check(manifests, 'efa-device-plugin')).toMatchObject({ status: 'ok', found: 'all 3 such nodes advertise vpc.amazonaws.com/efa or devices of a DRA driver; DaemonSet kube-system/aws-efa-k8s-device-plugin is ready on 3 of 3 nodes' });
    expect(check(manifests, 'nvidia-device-plugin').status).toBe('ok');
    expect(Object.keys(check(manifests, 'efa-device-plugin')).toSorted()).toEqual(['details', 'fix', 'found', 'name', 'rule', 'severity', 'status', 'title']);
  });

  test('a node that is not Ready and advertises nothing is not called healthy', async () => {
    const [sick, well] = [node('a1', { offered: { 'nvidia.com/gpu': '8' }, ready: false }), node('a2', { offered: { 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '32' } })];
    expect(check(await look({ ...healthy, '/api/v1/nodes': [sick] }), 'efa-device-plugin')).toMatchObject({ status: 'unknown', found: 'a1 is not Ready and cannot be judged' });
    const both = check(await look({ ...healthy, '/api/v1/nodes': [sick, well] }), 'efa-device-plugin');
    expect(both).toMatchObject({ status: 'ok', found: expect.stringMatching(/^1 of 2 such nodes advertise .*; a1 is not Ready and cannot be judged$/) });
  });

  test('missing: no DaemonSet, and nodes without what their type has', async () => {
    const offered = { 'nvidia.com/gpu': '8' };
    const manifests = await look({ '/api/v1/nodes': [node('a1', { offered }), node('a2', { offered })], '/apis/apps/v1/daemonsets': plugins(2).slice(1) });
    expect(check(manifests, 'efa-device-plugin')).toMatchObject({
      status: 'failed',
      severity: 'critical',
      found: '2 of 2 such nodes advertise no vpc.amazonaws.com/efa; no DaemonSet of the EFA device plugin or a DRA driver was found',
      details: ['a1 (p5.48xlarge)', 'a2 (p5.48xlarge)'],
    });
  });

  test('an old chart that does not know the type runs nowhere', async () => {
    const manifests = await look({ '/api/v1/nodes': [node('a1', { type: 'p6-b200.48xlarge', offered: { 'nvidia.com/gpu': '8' } })], '/apis/apps/v1/daemonsets': [daemonSet('aws-efa-k8s-device-plugin', 'x', 0)] });
    expect(check(manifests, 'efa-device-plugin')).toMatchObject({ status: 'failed', severity: 'warning', found: expect.stringContaining('an old chart lists instance types in its node affinity); DaemonSet kube-system/aws-efa-k8s-device-plugin is ready on 0 of 0 nodes') });
  });

  test('DaemonSet behind: some pods are not ready', async () => {
    const manifests = await look({ ...healthy, '/apis/apps/v1/daemonsets': [daemonSet('nvdp-nvidia-device-plugin', 'x', 2, 3)] });
    expect(check(manifests, 'nvidia-device-plugin')).toMatchObject({ status: 'failed', severity: 'warning', found: 'DaemonSet kube-system/nvdp-nvidia-device-plugin is ready on 2 of 3 nodes' });
  });

  test('without a DaemonSet but with devices: part of the node', async () => {
    const manifests = await look({ ...healthy, '/apis/apps/v1/daemonsets': [] });
    expect(check(manifests, 'nvidia-device-plugin')).toMatchObject({ status: 'ok', found: expect.stringContaining('Bottlerocket, EKS Auto Mode') });
  });

  test('DRA: devices of a ResourceSlice count', async () => {
    const slice = { metadata: { name: 's' }, spec: { nodeName: 'a1', driver: 'dra.net', devices: [{ name: 'rdmap79s0' }] } };
    const manifests = await look({ '/api/v1/nodes': [node('a1', { offered: { 'nvidia.com/gpu': '8' } })], '/apis/apps/v1/daemonsets': [], '/apis/resource.k8s.io/v1/resourceslices': [slice] });
    expect(check(manifests, 'efa-device-plugin').status).toBe('ok');
  });

  test('a cluster without such nodes is not concerned, and one whose nodes may not be listed is not called healthy', async () => {
    expect(check(await look({ '/api/v1/nodes': [node('a1', { type: 'm7i.large', offered: {} })] }), 'efa-device-plugin')).toMatchObject({ status: 'skipped', found: 'no node has such devices (1 listed)' });
    await cluster?.close();
    cluster = await FakeCluster.open(healthy);
    cluster.refused.add('/api/v1/nodes');
    const manifests = await auditCluster({ api: cluster.client(), server: 'https://api', namespace: undefined, awsHost: undefined }, undefined, signal);
    expect(check(manifests, 'efa-device-plugin')).toMatchObject({ status: 'unknown', found: 'needs list on nodes' });
  });
});

describe('what nodes offer', () => {
  test('ten EFA devices on a p6-b200 come of an old plugin', async () => {
    const manifests = await look({ '/api/v1/nodes': [node('b1', { type: 'p6-b200.48xlarge', offered: { 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '10' } })] });
    expect(firing(manifests, 'EfaCountMismatch')).toMatchObject([{ subject: expect.stringContaining('Node/default/b1'), message: expect.stringContaining('node b1 offers 10 vpc.amazonaws.com/efa and p6-b200.48xlarge has 8: EFA device plugins before 0.5.10'), place: { file: 'cluster', line: 0 } }]);
    expect(firing(manifests, 'GpuCountMismatch')).toEqual([]);
  });

  test('fewer EFA devices than the type could have are launched so on purpose', async () => {
    expect(firing(await look({ '/api/v1/nodes': [node('b1', { offered: { 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '4' } })] }), 'EfaCountMismatch')).toEqual([]);
  });

  test('a GPU less, and one that its plugin calls unhealthy', async () => {
    const manifests = await look({ '/api/v1/nodes': [node('c1', { offered: { 'nvidia.com/gpu': '7' } }), node('c2', { offered: { 'nvidia.com/gpu': '6' }, held: { 'nvidia.com/gpu': '8' } })] });
    expect(firing(manifests, 'GpuCountMismatch').map(({ message }) => message)).toEqual([
      'node c1 offers 7 nvidia.com/gpu and p5.48xlarge has 8: 1 GPU is lost to its driver; pods that ask for 8 never fit',
      'node c2 offers 6 of its 8 nvidia.com/gpu: its device plugin calls 2 of them unhealthy',
    ]);
  });

  test('shared GPUs and MIG are counted otherwise', async () => {
    const nodes = [
      node('d1', { offered: { 'nvidia.com/gpu': '4', 'nvidia.com/mig-1g.10gb': '28' } }),
      node('d2', { offered: { 'nvidia.com/gpu': '4' }, labels: { 'nvidia.com/gpu.sharing-strategy': 'time-slicing' } }),
      node('d3', { offered: { 'vpc.amazonaws.com/efa': '32' } }),
    ];
    expect(firing(await look({ '/api/v1/nodes': nodes }), 'GpuCountMismatch')).toEqual([]);
  });
});

describe('workloads', () => {
  test('each owner once: a Job and its pods, what a RayJob made, a Deployment by its ReplicaSet', async () => {
    const deployment = { metadata: metadata('vllm'), spec: { template: { spec: { containers: [container({ 'nvidia.com/gpu': '1' })] } } } };
    const manifests = await look({
      ...healthy,
      '/apis/batch/v1/jobs': [job('grpo')],
      '/apis/apps/v1/deployments': [deployment, { metadata: metadata('web'), spec: { template: { spec: { containers: [{ name: 'web', image: 'web' }] } } } }],
      '/api/v1/pods': [
        ...[0, 1].map((index) => podOf(`grpo-${index}`, { kind: 'Job', name: 'grpo' })),
        podOf('vllm-6f-x', { kind: 'ReplicaSet', name: 'vllm-6f' }),
        // A maker that nobody here knows: one of its pods speaks for all.
        ...[0, 1].map((index) => podOf(`other-${index}`, { kind: 'Workflow', name: 'other' })),
      ],
    });
    expect(manifests.workloads.map(({ object }) => object.id)).toEqual(['Deployment/ml/vllm', 'Job/ml/grpo', 'Pod/ml/other-0']);
    expect(manifests.skipped).toEqual([{ file: 'cluster', line: 0, what: '1 workload', why: 'without GPU, EFA, engine or training' }]);
  });

  test('what has ended is left aside, and pods that are over too', async () => {
    const ended = { ...job('old'), status: { conditions: [{ type: 'Complete', status: 'True' }] } };
    const manifests = await look({ ...healthy, '/apis/batch/v1/jobs': [ended], '/api/v1/pods': [{ ...podOf('old-0', { kind: 'Workflow', name: 'w' }), status: { phase: 'Failed' } }] });
    expect(manifests.workloads).toEqual([]);
    expect(manifests.skipped).toEqual([{ file: 'cluster', line: 0, what: '1 job', why: 'ended' }]);
  });

  test('a kind that may not be listed costs no other', async () => {
    cluster = await FakeCluster.open({ ...healthy, '/apis/batch/v1/jobs': [job('grpo')] });
    cluster.refused.add('/apis/apps/v1/deployments');
    const manifests = await auditCluster({ api: cluster.client(), server: 'https://api', namespace: undefined, awsHost: undefined }, undefined, signal);
    expect(manifests.workloads).toHaveLength(1);
    expect(check(manifests, 'objects-listed')).toMatchObject({ status: 'unknown', found: 'needs list on deployments.apps' });
  });

  test('only a namespace, but device plugins of all', async () => {
    await look({}, undefined, 'ml');
    expect(cluster?.requests).toContain('GET /apis/batch/v1/namespaces/ml/jobs');
    expect(cluster?.requests).toContain('GET /apis/apps/v1/daemonsets');
    expect(cluster?.requests.every((request) => request.startsWith('GET '))).toBe(true);
  });
});

describe('resources as they came out', () => {
  const jobSet = (limits: Readonly<Record<string, string>>): object => ({
    metadata: { ...metadata('llama', { owner: { kind: 'TrainJob', name: 'llama' } }), uid: 'uid-JobSet-llama' },
    spec: { replicatedJobs: [{ name: 'node', template: { spec: { parallelism: 2, template: { spec: { containers: [container(limits)] } } } } }] },
  });
  const trainJob = { metadata: { ...metadata('llama'), uid: 'uid-TrainJob-llama' }, spec: { runtimeRef: { name: 'torch-efa' } } };
  const runtime = { metadata: { name: 'torch-efa', uid: 'r' }, spec: { template: { spec: { replicatedJobs: [{ name: 'node', template: { spec: { template: { spec: { containers: [container()] } } } } }] } } } };
  const objects = (limits: Readonly<Record<string, string>>): Readonly<Record<string, readonly object[]>> => ({
    ...healthy,
    '/apis/jobset.x-k8s.io/v1alpha2/jobsets': [jobSet(limits)],
    '/apis/trainer.kubeflow.org/v1alpha1/trainjobs': [trainJob],
    '/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes': [runtime],
    '/api/v1/pods': [0, 1].map((index) => podOf(`llama-node-0-${index}`, { kind: 'JobSet', name: 'llama' }, limits)),
  });

  test("a TrainJob's resourcesPerNode that took the EFA of its runtime away", async () => {
    const found = firing(await look(objects({ 'nvidia.com/gpu': '8' })), 'EfaNotRequested');
    expect(found).toMatchObject([
      {
        severity: 'critical',
        message:
          "pod ml/llama-node-0-0 and 1 more of JobSet/ml/llama runs with 8 GPUs and no vpc.amazonaws.com/efa, though ClusterTrainingRuntime/default/torch-efa asks for 32: something between them replaced its resources (a TrainJob's resourcesPerNode replaces all of them); NCCL will use TCP between nodes, or hang where the network is forced",
        place: { file: 'cluster', line: 0, object: 'Pod/ml/llama-node-0-0', found: 'no vpc.amazonaws.com/efa', expected: 'vpc.amazonaws.com/efa: 32' },
      },
    ]);
  });

  test('silent where they have what was promised', async () => {
    expect(firing(await look(objects({ 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '32' })), 'EfaNotRequested')).toEqual([]);
  });
});

describe('claims', () => {
  const volumes = [{ name: 'fsx', persistentVolumeClaim: { claimName: 'fsx' } }];
  const withClaim = { metadata: metadata('grpo'), spec: { template: { spec: { volumes, containers: [container()] } } } };
  const claim = (phase: string): object => ({ metadata: metadata('fsx'), spec: { storageClassName: 'fsx-sc' }, status: { phase } });
  const pod = { metadata: metadata('grpo-0', { owner: { kind: 'Workflow', name: 'w' } }), spec: { volumes, containers: [container()] }, status: { phase: 'Pending' } };

  test.each([
    ['bound', [claim('Bound')], [], 'ok', '1 of 1 claims are bound', []],
    ['pending without a pod', [claim('Pending')], [], 'ok', '0 of 1 claims are bound; ml/fsx waits for a first pod', []],
    ['pending under a pod', [claim('Pending')], [pod], 'failed', '1 of 1 claims cannot be mounted', ['claim ml/fsx is Pending (storage class fsx-sc); mounted by Job/ml/grpo, Pod/ml/grpo-0']],
    ['lost', [claim('Lost')], [], 'failed', '1 of 1 claims cannot be mounted', ['claim ml/fsx is Lost (storage class fsx-sc); mounted by Job/ml/grpo']],
    ['missing', [], [], 'failed', '1 of 1 claims cannot be mounted', ['claim ml/fsx does not exist; mounted by Job/ml/grpo']],
  ])('%s', async (_, claims, pods, status, found, details) => {
    const manifests = await look({ ...healthy, '/apis/batch/v1/jobs': [withClaim], '/api/v1/persistentvolumeclaims': claims, '/api/v1/pods': pods });
    expect(check(manifests, 'claims-bound')).toMatchObject({ status, found, details });
  });
});

describe('addresses', () => {
  test('an address alone tells only of the shared space', async () => {
    expect(check(await look(healthy), 'node-addresses')).toMatchObject({ status: 'skipped', found: 'only EC2 knows the blocks of a VPC: add --aws; none of 3 lies in 100.64.0.0/10' });
    await cluster?.close();
    expect(check(await look({ '/api/v1/nodes': [node('a1', { address: '100.64.3.7' }), node('a2')] }), 'node-addresses')).toMatchObject({
      status: 'failed',
      found: '1 of 2 lie elsewhere; reported from production to stop EFA; AWS documents neither confirm nor exclude it',
      details: ['a1 100.64.3.7, in 100.64.0.0/10, often a second block'],
    });
  });

  test('security groups are not asked about without --aws', async () => {
    expect(check(await look(healthy), 'security-group-egress')).toMatchObject({ status: 'skipped', found: expect.stringContaining('not asked for: add --aws') });
  });
});

describe('files and the cluster they are meant for', () => {
  const text = (kinds: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec:\n  containers: [{ name: a, image: a:1, resources: { limits: { nvidia.com/gpu: 8 } } }]\n  volumes: [{ name: fsx, persistentVolumeClaim: { claimName: fsx } }]\n${kinds}`;

  test('judges the files, and looks for their claims where they will be applied', async () => {
    const manifests = await look({ ...healthy, '/apis/batch/v1/jobs': [job('grpo')], '/api/v1/namespaces/ml/persistentvolumeclaims': [] }, text(''), 'ml');
    expect(manifests.workloads.map(({ object }) => object.id)).toEqual(['Pod/default/p']);
    expect(check(manifests, 'claims-bound')).toMatchObject({ status: 'failed', details: ['claim ml/fsx does not exist; mounted by Pod/default/p'] });
  });

  test('a claim that is applied with them is not missing', async () => {
    const manifests = await look(healthy, text('---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: fsx }\nspec: {}\n'));
    expect(check(manifests, 'claims-bound')).toMatchObject({ status: 'skipped', found: 'no GPU workload mounts a claim' });
    await cluster?.close();
    expect(check(await look(healthy, text('')), 'claims-bound')).toMatchObject({ status: 'failed', details: ['claim default/fsx does not exist; mounted by Pod/default/p'] });
  });
});
