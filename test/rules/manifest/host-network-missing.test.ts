import { describe, expect, test } from 'vitest';
import { hostNetworkMissing as rule } from '../../../rules/manifest/host-network-missing.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const cluster = (head: string, worker: string, spec = ''): string => `apiVersion: ray.io/v1
kind: RayJob
metadata: { name: grpo }
spec:
  entrypoint: python run_grpo.py
  rayClusterSpec:
    headGroupSpec: { rayStartParams: {}, template: { spec: { ${spec} containers: [{ name: head, image: "a:1", resources: { limits: { ${head} } } }] } } }
    workerGroupSpecs:
      - { groupName: gpu, replicas: 2, minReplicas: 2, maxReplicas: 2, rayStartParams: {}, template: { spec: { ${spec} containers: [{ name: worker, image: "a:1", resources: { limits: { ${worker} } } }] } } }
`;
const all = 'nvidia.com/gpu: 8, vpc.amazonaws.com/efa: 16';
const claim = 'resourceClaims: [{ name: net, resourceClaimTemplateName: net }],';
const claiming = (deviceClass?: string): string =>
  cluster('cpu: 4', 'nvidia.com/gpu: 8', claim).replace('resources: { limits: { nvidia.com/gpu: 8 } }', 'resources: { limits: { nvidia.com/gpu: 8 }, claims: [{ name: net }] }') +
  (deviceClass === undefined ? '' : `---\napiVersion: resource.k8s.io/v1\nkind: ResourceClaimTemplate\nmetadata: { name: net }\nspec: { spec: { devices: { requests: [{ name: a, exactly: { deviceClassName: ${deviceClass} } }] } } }`);

describe('silent', () => {
  test('with the host network, or where it is filled in later', () => {
    expect(said(rule, cluster(all, all, 'hostNetwork: true,'))).toEqual([]);
    expect(said(rule, cluster(all, all, 'hostNetwork: "${HOST_NETWORK}",'))).toEqual([]);
  });

  test('without EFA', () => {
    expect(said(rule, cluster('cpu: 4', 'nvidia.com/gpu: 8'))).toEqual([]);
  });

  test('for claims of RoCE devices, and for those whose class is not in the input', () => {
    expect(said(rule, claiming('roce.networking.k8s.aws'))).toEqual([]);
    expect(said(rule, claiming('default-nic'))).toEqual([]);
    expect(said(rule, claiming())).toEqual([]);
  });

  test('for a pod alone, and for what is written elsewhere', () => {
    expect(said(rule, pod(`resources: { limits: { ${all} } }\ncommand: [torchrun, train.py]`))).toEqual([]);
    expect(said(rule, `apiVersion: trainer.kubeflow.org/v1alpha1\nkind: TrainJob\nmetadata: { name: t }\nspec: { runtimeRef: { name: torch }, trainer: { numNodes: 2, resourcesPerNode: { limits: { ${all} } } } }`)).toEqual([]);
  });
});

describe('reports', () => {
  test('only the pods with EFA, once for the workload', () => {
    expect(judgeText(rule, cluster('cpu: 4', all))).toHaveLength(1);
    expect(first(judgeText(rule, cluster('cpu: 4', all)))).toMatchObject({
      subject: 'RayJob/default/grpo spec.rayClusterSpec.workerGroupSpecs[0].template.spec.hostNetwork',
      message: "the pods of gpu use EFA without hostNetwork: some guides require it, AWS's own EFA manifests do without; if it is on purpose, nothing is wrong",
      evidence: { pods: ['gpu'] },
      place: { found: 'no hostNetwork' },
    });
    expect(said(rule, cluster(all, all))).toHaveLength(1);
    expect(said(rule, cluster(all, all))[0]).toContain('the pods of head and gpu use EFA');
  });

  test('a group that is called pods, without calling it so', () => {
    const job = 'apiVersion: sagemaker.amazonaws.com/v1\nkind: HyperPodPyTorchJob\nmetadata: { name: fsdp }\nspec: { replicaSpecs: [{ name: pods, replicas: 2, template: { spec: { containers: [{ name: pytorch, image: "a:1", command: [torchrun, train.py], resources: { limits: { nvidia.com/gpu: 8, vpc.amazonaws.com/efa: 32 } } }] } } }] }';
    expect(said(rule, job)[0]).toContain(': the pods use EFA without hostNetwork');
  });

  test('claims of EFA devices', () => {
    expect(said(rule, claiming('efa.networking.k8s.aws'))[0]).toContain('the pods of gpu use EFA without hostNetwork');
  });

  test('as information only', () => {
    expect(rule.severity).toBe('info');
  });

  test('pods that are set for EFA and ask for none, in words that do not say that they use it', () => {
    const env = 'env: [{ name: FI_PROVIDER, value: efa }], image: "a:1"';
    expect(said(rule, cluster('cpu: 4', 'nvidia.com/gpu: 8').replace('name: worker, image: "a:1"', `name: worker, ${env}`))[0]).toContain('the pods of gpu are set for EFA without hostNetwork');
  });
});
