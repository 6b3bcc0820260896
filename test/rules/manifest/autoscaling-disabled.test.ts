import { describe, expect, test } from 'vitest';
import { autoscalingDisabled as rule } from '../../../rules/manifest/autoscaling-disabled.ts';
import { first, judgeText, said } from './manifests.ts';

interface Cluster {
  readonly top?: string;
  readonly bounds?: string;
  readonly limits?: string;
  readonly serve?: string;
}

const service = ({ top = '', bounds = 'replicas: 1, minReplicas: 1, maxReplicas: 4', limits = 'nvidia.com/gpu: 8', serve = '' }: Cluster): string => `apiVersion: ray.io/v1
kind: RayService
metadata: { name: llm }
spec:
  serveConfigV2: |
    applications: [{ name: app, import_path: a:b, deployments: [{ name: VLLM${serve} }] }]
  rayClusterConfig:
    ${top}
    headGroupSpec: { rayStartParams: {}, template: { spec: { containers: [{ name: head, image: "ray:1" }] } } }
    workerGroupSpecs:
      - { groupName: gpu-workers, ${bounds}, rayStartParams: {}, template: { spec: { containers: [{ name: worker, image: "ray:1", resources: { limits: { ${limits} } } }] } } }
`;

describe('silent', () => {
  test('with the autoscaler, or where the switch is filled in later', () => {
    expect(said(rule, service({ top: 'enableInTreeAutoscaling: true' }))).toEqual([]);
    expect(said(rule, service({ top: 'enableInTreeAutoscaling: "${AUTOSCALING}"' }))).toEqual([]);
  });

  test('for equal bounds, and for bounds that are not written', () => {
    expect(said(rule, service({ bounds: 'replicas: 2, minReplicas: 2, maxReplicas: 2' }))).toEqual([]);
    expect(said(rule, service({ bounds: 'replicas: 2' }))).toEqual([]);
    expect(said(rule, service({ bounds: 'replicas: 2, minReplicas: $MIN, maxReplicas: $MAX' }))).toEqual([]);
  });

  test('for bounds that are the wrong way round, of which AutoscalingInconsistent speaks', () => {
    expect(said(rule, service({ bounds: 'minReplicas: 4, maxReplicas: 1' }))).toEqual([]);
  });
});

describe('reports', () => {
  test("the source document's bounds without the switch", () => {
    expect(first(judgeText(rule, service({})))).toMatchObject({
      subject: 'RayService/default/llm spec.rayClusterConfig.workerGroupSpecs[0].maxReplicas',
      message: 'worker group gpu-workers has minReplicas 1 and maxReplicas 4, and enableInTreeAutoscaling is not true: KubeRay holds 1 worker whatever the load',
      place: { found: 'spec.rayClusterConfig.enableInTreeAutoscaling: not written', expected: 'spec.rayClusterConfig.enableInTreeAutoscaling: true, or minReplicas and maxReplicas equal' },
    });
    expect(first(judgeText(rule, service({ top: 'enableInTreeAutoscaling: false' }))).place).toMatchObject({ found: 'spec.rayClusterConfig.enableInTreeAutoscaling: false' });
  });

  test('replicas of Serve that find no worker', () => {
    expect(said(rule, service({ bounds: 'minReplicas: 0, maxReplicas: 4', serve: ', autoscaling_config: { min_replicas: 1, max_replicas: 4 }' }))[0]).toContain(
      'KubeRay holds 0 workers whatever the load, and replicas that Serve adds for VLLM stay pending once these are full',
    );
  });

  test('a number of workers that is filled in later', () => {
    expect(said(rule, service({ bounds: 'replicas: $NUM_NODES, minReplicas: 1, maxReplicas: 10' }))[0]).toContain('KubeRay holds as many workers as replicas says whatever the load');
  });

  test('groups without GPUs as a hint', () => {
    expect(judgeText(rule, service({ limits: 'cpu: 4' }))).toMatchObject([{ severity: 'info' }]);
    expect(judgeText(rule, service({}))[0]).not.toHaveProperty('severity');
  });
});
