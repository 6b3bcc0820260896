import { describe, expect, test } from 'vitest';
import { disruptionUnprotected as rule } from '../../../rules/manifest/disruption-unprotected.ts';
import { first, judgeText, said } from './manifests.ts';

interface Job {
  readonly annotations?: string;
  readonly own?: string;
  readonly command?: string;
  readonly pods?: number;
  readonly spec?: string;
  readonly type?: string;
}
const job = ({ annotations = '', own = '', command = 'python examples/run_grpo.py', pods = 2, spec = '', type = 'p5.48xlarge' }: Job = {}): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: train, annotations: { ${own} } }
spec:
  completionMode: Indexed
  completions: ${pods}
  parallelism: ${pods}
  ${spec}
  template:
    metadata: { labels: { app: train }, annotations: { ${annotations} } }
    spec:
      nodeSelector: { node.kubernetes.io/instance-type: ${type} }
      containers: [{ name: trainer, image: "a:1", command: [bash, -c, "${command}"], resources: { limits: { nvidia.com/gpu: 8 } } }]
`;
const guarded = (spec: string): string => `${job()}---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: train }\nspec: { ${spec} }\n`;
const keep = 'karpenter.sh/do-not-disrupt: "true"';
const pool = (template: string, requirement = 'key: node.kubernetes.io/instance-type, operator: In, values: [p5.48xlarge]'): string =>
  `---\napiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: { name: gpu }\nspec:\n  template:\n    spec:\n      requirements: [{ ${requirement} }]\n${template}`;

describe('silent', () => {
  test.each([keep, 'karpenter.sh/do-not-disrupt: "12h"', 'cluster-autoscaler.kubernetes.io/safe-to-evict: "false"'])('with %s on the template', (annotations) => {
    expect(said(rule, job({ annotations }))).toEqual([]);
  });

  test('where a disruption budget admits no eviction', () => {
    expect(said(rule, guarded('maxUnavailable: 0, selector: { matchLabels: { app: train } }'))).toEqual([]);
    expect(said(rule, guarded('maxUnavailable: 0, selector: { matchExpressions: [{ key: app, operator: In, values: [train, serve] }] }'))).toEqual([]);
    expect(said(rule, guarded('maxUnavailable: 0, selector: {}'))).toEqual([]);
  });

  test('for a short run, a server, and pods without GPUs', () => {
    expect(said(rule, job({ spec: 'activeDeadlineSeconds: 1800' }))).toEqual([]);
    expect(said(rule, job({ command: 'vllm serve a/b' }))).toEqual([]);
    expect(said(rule, job().replace('nvidia.com/gpu', 'cpu'))).toEqual([]);
  });

  test('for nodes that never expire, other nodes, and a pool alone', () => {
    expect(said(rule, job({ annotations: keep }) + pool('      expireAfter: Never'))).toEqual([]);
    expect(said(rule, job({ annotations: keep }) + pool('', 'key: node.kubernetes.io/instance-type, operator: In, values: [m6i.large]'))).toEqual([]);
    expect(said(rule, job({ annotations: keep }) + pool('', 'key: karpenter.sh/capacity-type, operator: In, values: [spot]'))).toEqual([]);
    expect(said(rule, pool('      expireAfter: 24h'))).toEqual([]);
  });
});

describe('reports', () => {
  test('a training over several pods', () => {
    expect(first(judgeText(rule, job()))).toMatchObject({
      message: 'nothing tells Karpenter or the Cluster Autoscaler to leave these pods alone: when a node is consolidated, its pod is evicted, the whole job stops and falls back to its last checkpoint',
      place: { line: 11, field: 'spec.template.metadata', found: 'no annotation on the pod template' },
    });
    expect(first(judgeText(rule, job())).severity).toBeUndefined();
  });

  test('with less weight for one pod, and on nodes of HyperPod', () => {
    expect(first(judgeText(rule, job({ pods: 1 })))).toMatchObject({ severity: 'info', message: expect.stringContaining('its training falls back to the last checkpoint') });
    expect(first(judgeText(rule, job({ type: 'ml.p5.48xlarge' }))).severity).toBe('info');
  });

  test("Ray's head without GPUs in a JobSet, and no other pod without GPUs", () => {
    const part = (name: string, command: string, pods: number, resources: string): string =>
      `      - { name: ${name}, template: { spec: { completions: ${pods}, parallelism: ${pods}, template: { spec: { containers: [{ name: ${name}, image: "x/nemo-rl:1", command: [bash, -c, "${command}"], resources: { limits: { ${resources} } } }] } } } } }`;
    const set = (pods: number): string =>
      ['apiVersion: jobset.x-k8s.io/v1alpha2', 'kind: JobSet', 'metadata: { name: grpo }', 'spec:', '  replicatedJobs:', part('head', 'ulimit -n 65536; ray start --head --port=6379 --block', 1, 'cpu: 4'), part('workers', 'ray start --address=head:6379 --block', pods, 'nvidia.com/gpu: 8'), part('logs', 'tail -f /x', 1, 'cpu: 1')].join('\n');
    expect(judgeText(rule, set(2)).map((judgement) => ('message' in judgement ? [judgement.message, judgement.severity] : []))).toEqual(
      ['head', 'workers'].map((name) => [`nothing tells Karpenter or the Cluster Autoscaler to leave the pods of group ${name} alone: when a node is consolidated, its pod is evicted, the whole job stops and falls back to its last checkpoint`, undefined]),
    );
    expect(judgeText(rule, set(1)).map((judgement) => ('message' in judgement ? judgement.severity : ''))).toEqual(['info', 'info']);
  });

  test('an elastic job, which goes on with fewer pods', () => {
    const elastic = `apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata: { name: t }\nspec: { elasticPolicy: { minReplicas: 1 }, pytorchReplicaSpecs: { Worker: { replicas: 2, template: { spec: { containers: [{ name: pytorch, image: "a:1", resources: { limits: { nvidia.com/gpu: 8 } } }] } } } } }`;
    expect(first(judgeText(rule, elastic)).message).toMatch(/its pod is evicted, and the whole job starts again from its last checkpoint with the pods that are left$/);
    expect(first(judgeText(rule, elastic.replace('minReplicas: 1', 'minReplicas: 2, maxReplicas: 2'))).message).toMatch(/its pod is evicted, the whole job stops and falls back to its last checkpoint$/);
  });

  test('pods that have no other name than pods', () => {
    const hyperpod = `apiVersion: sagemaker.amazonaws.com/v1\nkind: HyperPodPyTorchJob\nmetadata: { name: t }\nspec: { replicaSpecs: [{ name: pods, replicas: 2, template: { spec: { containers: [{ name: a, image: "a:1", resources: { limits: { nvidia.com/gpu: 8 } } }] } } }] }`;
    expect(first(judgeText(rule, hyperpod)).message).toContain('to leave these pods alone');
  });

  test('the annotation on the object, which does not reach the pods', () => {
    const found = first(judgeText(rule, job({ own: keep })));
    expect(found.message).toMatch(/^the annotation against disruption stands on the Job and does not reach these pods: /);
    expect(found.place?.found).toBe('annotation on the Job only');
    expect(said(rule, job({ own: keep, command: 'sleep infinity' })), 'who wrote it wants it, whatever runs').toHaveLength(1);
  });

  test('a disruption budget that admits some, or other pods', () => {
    expect(said(rule, guarded('maxUnavailable: 1, selector: { matchLabels: { app: train } }'))).toHaveLength(1);
    expect(said(rule, guarded('maxUnavailable: 0, selector: { matchLabels: { app: other } }'))).toHaveLength(1);
  });

  test('nodes that expire, by default or as written', () => {
    expect(said(rule, job({ annotations: keep }) + pool(''))).toEqual([
      '21 spec.template.spec.expireAfter: nodes of NodePool gpu expire after 720h, the default: Karpenter then drains them whatever a training there has reached; do-not-disrupt does not stop that',
    ]);
    expect(said(rule, job({ annotations: keep }) + pool('      expireAfter: 24h\n      terminationGracePeriod: 1h'))[0]).toContain('expire after 24h: Karpenter then drains them whatever a training there has reached, and kills its pods 1h later');
  });
});
