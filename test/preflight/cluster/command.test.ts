import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { preflight, type PreflightOptions } from '../../../agent/commands/preflight.ts';
import { FakeCluster, node, plugins } from './fake-cluster.ts';

let directory = '';
let kubeconfig = '';
let cluster: FakeCluster;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'preflight-cluster-'));
  cluster = await FakeCluster.open({ '/api/v1/nodes': [node('b1', { type: 'p6-b200.48xlarge', offered: { 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '10' } })], '/apis/apps/v1/daemonsets': plugins(1) });
  kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
});
afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

async function run(names: readonly string[], options: PreflightOptions): Promise<{ readonly status: number; readonly text: string }> {
  const printed: string[] = [];
  const terminal = { width: 100, colour: false, print: (text: string) => void printed.push(text), progress: () => {} };
  const status = await preflight(names, { cluster: true, kubeconfig, ...options }, terminal, Readable.from(['']));
  return { status, text: printed.join('').replaceAll(cluster.url, 'https://api') };
}

test('prints what was seen in the cluster, then what the rules find there', async () => {
  expect(await run([], { rules: 'EfaCountMismatch,GpuCountMismatch' })).toEqual({
    status: 1,
    text: `railmedic preflight  live, 1 object, 0 workloads                                             WARNING

cluster https://api
  ok        The EFA device plugin or DRA driver runs on the GPU nodes with EFA
            all 1 such nodes advertise vpc.amazonaws.com/efa or devices of a DRA driver; DaemonSet
            kube-system/aws-efa-k8s-device-plugin is ready on 1 of 1 nodes
  ok        The NVIDIA device plugin or DRA driver runs on the GPU nodes
            all 1 such nodes advertise nvidia.com/gpu or devices of a DRA driver; DaemonSet
            kube-system/nvdp-nvidia-device-plugin is ready on 1 of 1 nodes
  ok        Everything that makes GPU pods could be listed
            yes
  skipped   The security groups of EFA interfaces let everything out to one another
            not asked for: add --aws, with the AWS CLI and ec2:DescribeInstances, DescribeVpcs,
            DescribeSecurityGroupRules
  skipped   The security groups of EFA interfaces let everything in from one another
            not asked for: add --aws, with the AWS CLI and ec2:DescribeInstances, DescribeVpcs,
            DescribeSecurityGroupRules
  skipped   GPU nodes lie in the first block of their VPC
            only EC2 knows the blocks of a VPC: add --aws; none of 1 lies in 100.64.0.0/10
  skipped   Persistent volume claims of GPU workloads exist and are bound
            no GPU workload mounts a claim

WARNING  The EFA count does not fit the instance type                               EfaCountMismatch
  cluster  Node/default/b1
    status.allocatable["vpc.amazonaws.com/efa"]
    node b1 offers 10 vpc.amazonaws.com/efa and p6-b200.48xlarge has 8: EFA device plugins before
    0.5.10 count mlx5 devices of p6 nodes too, and a pod that is given one of these finds no EFA on
    it
    found       vpc.amazonaws.com/efa: 10
    expected    vpc.amazonaws.com/efa: 8, with aws-efa-k8s-device-plugin 0.5.10 or later
    why         railmedic explain EfaCountMismatch
                rules/manifest/efa-count-mismatch.md

2 rules looked, 1 fires at 1 place. To silence one: annotation railmedic.io/ignore.<rule>:
"<reason>".
`,
  });
});

test('JSON holds the checks', async () => {
  const { text } = await run([], { json: true });
  expect(JSON.parse(text)).toMatchObject({ cluster: { server: 'https://api', checks: expect.arrayContaining([expect.objectContaining({ name: 'node-addresses', status: 'skipped' })]) }, findings: expect.arrayContaining([expect.objectContaining({ rule: 'EfaCountMismatch' })]) });
});

test('files and their cluster: one report', async () => {
  const file = join(directory, 'pod.yaml');
  await writeFile(file, 'apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { containers: [{ name: a, image: a }] }\n');
  const { text } = await run([file], { json: true });
  expect(JSON.parse(text)).toMatchObject({ findings: expect.arrayContaining([expect.objectContaining({ rule: 'EfaCountMismatch', file: 'cluster', line: 0 }), expect.objectContaining({ rule: 'LatestImage', file, line: 4 })]) });
});

test('no cluster where none is named, an unknown context, and SARIF without files', async () => {
  await expect(run([], { sarif: true })).rejects.toThrow('preflight: --sarif points to lines of files, and objects of a cluster have none');
  await expect(run([], { context: 'nowhere' })).rejects.toThrow('got context "nowhere" names no cluster of it');
  await expect(run([], { kubeconfig: join(directory, 'missing') })).rejects.toThrow(/cannot read kubeconfig .*missing/);
});

test('a cluster that does not answer', async () => {
  const gone = join(directory, 'gone');
  await writeFile(gone, cluster.kubeconfig().replace(cluster.url, 'http://127.0.0.1:9'));
  await expect(run([], { kubeconfig: gone })).rejects.toThrow('GET /apis: no answer from http://127.0.0.1:9');
});
