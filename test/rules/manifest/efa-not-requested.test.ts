import { describe, expect, test } from 'vitest';
import { efaNotRequested as rule } from '../../../rules/manifest/efa-not-requested.ts';
import { first, judgeText, said } from './manifests.ts';

interface Job {
  readonly pods?: number;
  readonly type?: string;
  readonly env?: string;
  readonly limits?: string;
  readonly rest?: string;
}

const job = ({ pods = 2, type = 'p4d.24xlarge', env = '{ name: FI_PROVIDER, value: efa }', limits = 'nvidia.com/gpu: 8', rest = '' }: Job): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: train, namespace: ml }
spec:
  completionMode: Indexed
  completions: ${pods}
  parallelism: ${pods}
  template:
    spec:
      nodeSelector: { node.kubernetes.io/instance-type: ${type} }
      containers:
        - name: trainer
          image: trainer:1
          env: [${env}]
          resources:
            limits: { ${limits} }
      ${rest}
`;

describe('silent', () => {
  test('when EFA is asked for', () => {
    expect(said(rule, job({ limits: 'nvidia.com/gpu: 8, vpc.amazonaws.com/efa: 4' }))).toEqual([]);
    expect(said(rule, job({ limits: 'nvidia.com/gpu: 8, vpc.amazonaws.com/efa: $EFA_PER_NODE' })), 'a count that something fills in').toEqual([]);
  });

  test('when a resource claim may be it', () => {
    const claim = job({}).replace('limits: { nvidia.com/gpu: 8 }', 'limits: { nvidia.com/gpu: 8 }\n            claims: [{ name: fabric }]').trimEnd();
    expect(said(rule, `${claim}\n      resourceClaims: [{ name: fabric, resourceClaimTemplateName: efa }]`)).toEqual([]);
    const other = `---\napiVersion: resource.k8s.io/v1\nkind: ResourceClaimTemplate\nmetadata: { name: efa }\nspec: { spec: { devices: { requests: [{ name: a, exactly: { deviceClassName: gpu.nvidia.com } }] } } }`;
    expect(said(rule, `${claim}\n      resourceClaims: [{ name: fabric, resourceClaimTemplateName: efa }]\n${other}`)).toHaveLength(1);
  });

  test('for one node, for no GPU, and for a type without EFA and without settings', () => {
    expect(said(rule, job({ pods: 1 }))).toEqual([]);
    expect(said(rule, job({ limits: 'cpu: 8' }))).toEqual([]);
    expect(said(rule, job({ type: 'g5.xlarge', env: '' }))).toEqual([]);
  });

  test('for what is set for other reasons', () => {
    expect(said(rule, job({ type: 'unknown.type', env: '{ name: FI_EFA_FORK_SAFE, value: "1" }, { name: NCCL_DEBUG, value: WARN }' }))).toEqual([]);
  });
});

describe('reports', () => {
  test('settings for EFA and no request', () => {
    expect(first(judgeText(rule, job({})))).toMatchObject({
      subject: 'Job/ml/train spec.template.spec.containers[0].resources',
      message: 'container trainer asks for 8 GPUs and no vpc.amazonaws.com/efa, though FI_PROVIDER is set for EFA: NCCL will use TCP between nodes, or hang where the network is forced',
      evidence: { container: 'trainer', settings: ['FI_PROVIDER'], gpus: 8, instanceType: 'p4d.24xlarge' },
      place: { line: 16, found: 'no vpc.amazonaws.com/efa', expected: 'vpc.amazonaws.com/efa: 4' },
    });
  });

  test('with a warning where only the instance type speaks for EFA', () => {
    const found = first(judgeText(rule, job({ type: 'ml.p5.48xlarge', env: '' })));
    expect(found.severity).toBe('warning');
    expect(found.message).toContain('though p5.48xlarge has 32 EFA interfaces');
  });

  test('a worker group that asks for none beside a head that does', () => {
    const group = (name: string, limits: string): string => `{ rayStartParams: {}, ${name} template: { spec: { containers: [{ name: ray, image: "a:1", resources: { limits: { ${limits} } } }] } } }`;
    const text = `
apiVersion: ray.io/v1
kind: RayJob
metadata: { name: grpo }
spec:
  entrypoint: python examples/run_grpo.py
  rayClusterSpec:
    headGroupSpec: ${group('', 'nvidia.com/gpu: 8, vpc.amazonaws.com/efa: 4')}
    workerGroupSpecs: [${group('groupName: w, replicas: 1,', 'nvidia.com/gpu: 8')}]
`;
    expect(said(rule, text)).toEqual([
      '9 spec.rayClusterSpec.workerGroupSpecs[0].template.spec.containers[0].resources: container ray asks for 8 GPUs and no vpc.amazonaws.com/efa, though other pods of this workload ask for EFA: NCCL will use TCP between nodes, or hang where the network is forced',
    ]);
  });

  test('the share of a pod that has part of the GPUs of its node', () => {
    expect(first(judgeText(rule, job({ type: 'p5en.48xlarge', limits: 'nvidia.com/gpu: 4' }))).place).toMatchObject({ expected: 'vpc.amazonaws.com/efa: 8', snippet: 'resources:\n  limits:\n    vpc.amazonaws.com/efa: 8\n  requests:\n    vpc.amazonaws.com/efa: 8' });
    expect(first(judgeText(rule, job({ type: 'p5en.48xlarge', limits: 'nvidia.com/gpu: 3' }))).place?.expected).toBe('vpc.amazonaws.com/efa: 8');
    expect(first(judgeText(rule, job({ type: 'p4d.24xlarge', limits: 'nvidia.com/gpu: 1' }))).place).toMatchObject({
      expected: 'all 8 GPUs of the node in one pod, with vpc.amazonaws.com/efa: 4',
      snippet: 'resources:\n  limits:\n    nvidia.com/gpu: 8\n    vpc.amazonaws.com/efa: 4\n  requests:\n    nvidia.com/gpu: 8\n    vpc.amazonaws.com/efa: 4',
    });
  });

  test('a TrainJob where it writes its resources, and what it says to write silences it', () => {
    const trainJob = (resources: string): string => `
apiVersion: trainer.kubeflow.org/v1alpha1
kind: TrainJob
metadata: { name: t }
spec:
  runtimeRef: { name: torch }
  trainer:
    numNodes: 2
    image: trainer:1
    env: [{ name: FI_EFA_USE_HUGE_PAGE, value: "0" }]
    ${resources}
`;
    const written = trainJob('resourcesPerNode: { limits: { nvidia.com/gpu: 8 } }');
    const { place } = first(judgeText(rule, written));
    expect(place).toMatchObject({ line: 11, field: 'spec.trainer.resourcesPerNode', snippet: expect.stringMatching(/^resourcesPerNode:\n  limits:\n    vpc\.amazonaws\.com\/efa: </) });
    const fixed = (place?.snippet ?? '').replaceAll(/<[^>]*>/g, '32').replaceAll('\n', '\n    ').replaceAll(/( +)(vpc.*)/g, '$1nvidia.com/gpu: 8\n$1$2');
    expect(said(rule, trainJob(fixed))).toEqual([]);
  });
});
