import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { preflight, type PreflightOptions } from '../../agent/commands/preflight.ts';
import { POLICIES } from '../../rules/manifest/policy/index.ts';
import { container, daemonSet, FakeCluster, metadata, node } from '../preflight/cluster/fake-cluster.ts';
import { excerptsOf, firstMissing } from './excerpts.ts';

const page = await readFile(join(import.meta.dirname, '../../docs/preflight.md'), 'utf8');
const [manifest = ''] = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
const [, annotation = ''] = /^ {4}(railmedic\.io\/ignore\.LatestImage: .*)$/m.exec(page) ?? [];

let directory = '';
let cluster: FakeCluster;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'docs-preflight-'));
  await writeFile(join(directory, 'serve.yaml'), manifest);
  await writeFile(join(directory, 'pinned.yaml'), manifest.replace('  name: chat\n', `  name: chat\n  annotations:\n    ${annotation}\n`));
  cluster = await FakeCluster.open(sickCluster());
  await writeFile(join(directory, 'kubeconfig'), cluster.kubeconfig());
});
afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

/** A node without EFA, one of an old device plugin, and a TrainJob that lost its EFA. */
function sickCluster(): Readonly<Record<string, readonly object[]>> {
  const limits = { 'nvidia.com/gpu': '8', memory: '1000Gi' };
  const template = { spec: { containers: [container(limits, { volumeMounts: [{ name: 'shm', mountPath: '/dev/shm' }] })], volumes: [{ name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '256Gi' } }] } };
  const annotated = { ...template, metadata: { annotations: { 'karpenter.sh/do-not-disrupt': 'true' } } };
  const pod = (index: number): object => ({ metadata: metadata(`llama-node-0-${index}`, { owner: { kind: 'JobSet', name: 'llama' } }), ...template, status: { phase: 'Running' } });
  return {
    '/api/v1/nodes': [
      node('ip-10-0-3-7'),
      node('ip-10-0-3-8', { type: 'p6-b200.48xlarge', offered: { 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '10' } }),
      node('ip-10-0-3-9', { offered: { 'nvidia.com/gpu': '8' } }),
    ],
    '/apis/apps/v1/daemonsets': [daemonSet('aws-efa-k8s-device-plugin', 'x', 2), daemonSet('nvdp-nvidia-device-plugin', 'x', 3)],
    '/apis/jobset.x-k8s.io/v1alpha2/jobsets': [{ metadata: { ...metadata('llama', { owner: { kind: 'TrainJob', name: 'llama' } }), uid: 'uid-JobSet-llama' }, spec: { replicatedJobs: [{ name: 'node', template: { spec: { parallelism: 2, template: annotated } } }] } }],
    '/apis/trainer.kubeflow.org/v1alpha1/trainjobs': [{ metadata: { ...metadata('llama'), uid: 'uid-TrainJob-llama' }, spec: { runtimeRef: { name: 'torch-efa' } } }],
    '/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes': [{ metadata: { name: 'torch-efa', uid: 'r' }, spec: { template: { spec: { replicatedJobs: [{ name: 'node', template: { spec: { template: { spec: { containers: [container()] } } } } }] } } } }],
    '/api/v1/pods': [pod(0), pod(1)],
  };
}

/** What a command of the page prints, on a terminal as wide as the page. */
async function outputOf(command: string): Promise<string> {
  const [, , ...words] = command.split(' ');
  const rules = words.indexOf('--rules');
  const options: PreflightOptions = {
    ...(words.includes('--checklist') && { checklist: true }),
    ...(words.includes('--cluster') && { cluster: true, kubeconfig: join(directory, 'kubeconfig') }),
    ...(rules !== -1 && { rules: words[rules + 1] ?? '' }),
  };
  const printed: string[] = [];
  const terminal = { width: 100, colour: false, print: (text: string) => void printed.push(text), progress: () => {} };
  const names = words.filter((word) => word.endsWith('.yaml')).map((name) => join(directory, name));
  await preflight(names, options, terminal, Readable.from(['']));
  return printed.join('').replaceAll(`${directory}/`, '').replaceAll(cluster.url, 'https://api.example.com');
}

describe('docs/preflight.md shows what the program prints', () => {
  test.each(excerptsOf(page))('$command', async ({ command, lines }) => {
    const output = await outputOf(command);
    expect(firstMissing(lines, output), output).toBeUndefined();
  });
});

test('docs/preflight.md: each policy, and what only preflight sees of its rule', () => {
  const rows = [...page.matchAll(/^\| (\w+) \| ([^|]+) \|$/gm)].map(([, rule, misses]) => ({ rule, misses })).filter(({ rule }) => /^[A-Z]\w+$/.test(rule ?? ''));
  expect(rows).toEqual(POLICIES.map(({ rule, misses }) => ({ rule, misses: misses ?? 'nothing' })));
});
