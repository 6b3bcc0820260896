import { describe, expect, test } from 'vitest';
import { autoscalingInconsistent as rule } from '../../../rules/manifest/autoscaling-inconsistent.ts';
import { judgeText, said } from './manifests.ts';

/** A RayService with one application of ray.serve.llm, tensor parallel 2, and a worker group of 4 GPUs a pod. */
const service = (deployment: string, max = 2): string => `apiVersion: ray.io/v1
kind: RayService
metadata: { name: llm }
spec:
  serveConfigV2: |
    applications:
      - name: llm
        import_path: ray.serve.llm:build_openai_app
        args:
          llm_configs:
            - model_loading_config: { model_id: qwen }
              engine_kwargs: { tensor_parallel_size: 2 }
              deployment_config: { ${deployment} }
  rayClusterConfig:
    headGroupSpec: { rayStartParams: {}, template: { spec: { containers: [{ name: head, image: "ray:1" }] } } }
    workerGroupSpecs:
      - groupName: gpu
        minReplicas: 1
        maxReplicas: ${max}
        template: { spec: { containers: [{ name: ray, image: "ray:1", resources: { limits: { nvidia.com/gpu: 4 } } }] } }
`;
const field = 'spec.serveConfigV2.applications[0].args.llm_configs[0].deployment_config';

describe('silent', () => {
  test("for the source document's numbers", () => {
    expect(said(rule, service('max_ongoing_requests: 16, autoscaling_config: { min_replicas: 1, max_replicas: 4, target_ongoing_requests: 8 }'))).toEqual([]);
  });

  test('where ray.serve.llm admits any number of requests', () => {
    expect(said(rule, service('autoscaling_config: { max_replicas: 4, target_ongoing_requests: 64 }'))).toEqual([]);
  });

  test('for num_replicas: auto, and where the size of a replica is not known', () => {
    expect(said(rule, service('num_replicas: auto, autoscaling_config: { max_replicas: 4 }'))).toEqual([]);
    expect(said(rule, service('autoscaling_config: { max_replicas: 400 }').replace('tensor_parallel_size: 2', 'tensor_parallel_size: auto'))).toEqual([]);
  });
});

describe('reports', () => {
  test('a target above the cap, on its line inside serveConfigV2', () => {
    expect(said(rule, service('max_ongoing_requests: 4, autoscaling_config: { max_replicas: 4, target_ongoing_requests: 8 }'))).toEqual([
      `13 ${field}.autoscaling_config.target_ongoing_requests: deployment qwen aims at 8 ongoing requests a replica and admits 4: a full replica stays below its target, so it never scales up`,
    ]);
  });

  test('bounds that are the wrong way round', () => {
    expect(said(rule, service('autoscaling_config: { min_replicas: 5, max_replicas: 4, initial_replicas: 9 }'))).toEqual([
      `13 ${field}.autoscaling_config.min_replicas: deployment qwen has min_replicas 5 above max_replicas 4`,
      `13 ${field}.autoscaling_config.initial_replicas: deployment qwen has initial_replicas 9 outside of min_replicas 5 to max_replicas 4`,
    ]);
    expect(said(rule, service('num_replicas: 1', 0))[0]).toBe('18 spec.rayClusterConfig.workerGroupSpecs[0].minReplicas: worker group gpu has minReplicas 1 above maxReplicas 0: KubeRay refuses it');
  });

  test('more replicas than the workers hold, and far fewer', () => {
    expect(said(rule, service('autoscaling_config: { max_replicas: 5 }'))).toEqual([
      `13 ${field}.autoscaling_config.max_replicas: Serve may ask for 10 GPUs at most, and the worker groups hold 8 at their maxReplicas: the last replicas stay pending for ever`,
    ]);
    expect(judgeText(rule, service('autoscaling_config: { max_replicas: 4 }', 8))).toMatchObject([
      { severity: 'info', message: 'Serve may ask for 8 GPUs at most, and the worker groups hold 32 at their maxReplicas: 24 GPUs can never be used' },
    ]);
  });

  test('old names by the version of Ray', () => {
    const of = (version: string) => judgeText(rule, service('max_concurrent_queries: 9').replace('rayClusterConfig:\n', `rayClusterConfig:\n    rayVersion: '${version}'\n`));
    expect(of('2.24.0')).toMatchObject([
      { severity: 'info', message: 'deployment qwen sets max_concurrent_queries, which Ray 2.24.0 still reads and calls max_ongoing_requests since 2.10: Ray after 2.32 does not read the old name any more' },
    ]);
    expect(of('2.9.3'), 'before there was a new one').toEqual([]);
    for (const version of ['2.41.0', '2.34.0', 'nightly', '3.0.0']) expect(of(version), version).toMatchObject([{ message: 'deployment qwen sets max_concurrent_queries, which Ray Serve now calls max_ongoing_requests and no longer reads under its old name' }]);
    expect(of('2.41.0')[0]).not.toHaveProperty('severity');
    expect(of('2.32.0')[0]).toHaveProperty('severity', 'info');
    expect(of('2.10.0')[0]).toHaveProperty('severity', 'info');
  });

  test('names that Ray no longer reads, and two settings that exclude one another', () => {
    expect(said(rule, service('num_replicas: 2, max_concurrent_queries: 9, autoscaling_config: { max_replicas: 4 }'))).toEqual([
      `13 ${field}.max_concurrent_queries: deployment qwen sets max_concurrent_queries, which Ray Serve now calls max_ongoing_requests and no longer reads under its old name`,
      `13 ${field}.num_replicas: deployment qwen sets both num_replicas and autoscaling_config; Ray Serve refuses the two together`,
    ]);
  });
});
