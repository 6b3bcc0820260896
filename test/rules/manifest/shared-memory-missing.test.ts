import { describe, expect, test } from 'vitest';
import { sharedMemoryMissing as rule } from '../../../rules/manifest/shared-memory-missing.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const training = 'image: a:1\ncommand: [torchrun, --nproc-per-node=8, train.py]\n';
const serving = (gpus: number): string => `image: vllm/vllm-openai:v0.11.0\nargs: [--model, a/b]\nresources: { limits: { nvidia.com/gpu: ${gpus} } }\n`;
const gpus = 'resources: { limits: { nvidia.com/gpu: 8, memory: 384Gi } }\n';
const mount = 'volumeMounts: [{ name: shm, mountPath: /dev/shm/ }]\n';
const volume = (source: string): string => `volumes: [{ name: shm, ${source} }]`;

describe('silent', () => {
  test('for memory that is large enough', () => {
    expect(said(rule, pod(training + gpus + mount, volume('emptyDir: { medium: Memory, sizeLimit: 128Gi }')))).toEqual([]);
    expect(said(rule, pod(training + gpus + mount, volume('emptyDir: { medium: Memory }'))), 'bounded by the memory limit').toEqual([]);
    expect(said(rule, pod(serving(8) + mount, volume('emptyDir: { medium: Memory, sizeLimit: 16Gi }')))).toEqual([]);
  });

  test("for the node's own", () => {
    expect(said(rule, pod(training + gpus, 'hostIPC: true'))).toEqual([]);
    expect(said(rule, pod(training + gpus + mount, volume('hostPath: { path: /dev/shm }')))).toEqual([]);
  });

  test('without GPUs, and for what neither trains nor serves', () => {
    expect(said(rule, pod(training))).toEqual([]);
    expect(said(rule, pod(`image: a:1\ncommand: [sleep, infinity]\n${gpus}`))).toEqual([]);
  });

  test('for a TrainJob, whose volumes its runtime holds', () => {
    expect(said(rule, 'apiVersion: trainer.kubeflow.org/v1alpha1\nkind: TrainJob\nmetadata: { name: t }\nspec:\n  trainer: { numNodes: 2, resourcesPerNode: { limits: { nvidia.com/gpu: 8 } } }')).toEqual([]);
  });
});

describe('reports', () => {
  test('no volume', () => {
    expect(first(judgeText(rule, pod(training + gpus)))).toMatchObject({
      message: 'container main has the runtime\'s 64 MiB at /dev/shm; training needs 128Gi: NCCL and data loaders fail there with "No space left on device" or a bus error',
      place: { field: 'spec.containers[0].volumeMounts', found: 'no volume at /dev/shm' },
    });
  });

  test('a small one, and one that is not memory', () => {
    expect(said(rule, pod(training + gpus + mount, volume('emptyDir: { medium: Memory, sizeLimit: 64Gi }')))).toEqual([
      '6 spec.volumes[0]: /dev/shm of container main holds at most 64Gi; training needs 128Gi',
    ]);
    expect(said(rule, pod(training + gpus + mount, volume('emptyDir: {}')))).toEqual([
      '6 spec.volumes[0]: /dev/shm of container main is not memory: NCCL and data loaders will write to disk',
    ]);
  });

  test('with less weight where one GPU serves alone', () => {
    expect(first(judgeText(rule, pod(serving(1)))).severity).toBe('info');
    expect(first(judgeText(rule, pod(serving(2)))).severity).toBeUndefined();
    const job = (parallelism: number): string => `apiVersion: batch/v1\nkind: Job\nmetadata: { name: j }\nspec: { parallelism: ${parallelism}, template: { spec: { containers: [{ name: main, image: "a:1", command: [torchrun, train.py], resources: { limits: { nvidia.com/gpu: 1 } } }] } } }`;
    expect(first(judgeText(rule, job(1))).severity).toBe('info');
    expect(first(judgeText(rule, job(2))).severity).toBeUndefined();
  });

  test('after the configuration', () => {
    expect(said(rule, pod(training + gpus + mount, volume('emptyDir: { medium: Memory, sizeLimit: 64Gi }')), { trainingGibibytes: 64 })).toEqual([]);
  });

  test('a Ray pod by its memory limit, from which KubeRay makes the volume', () => {
    const ray = (memory: string): string => `
apiVersion: ray.io/v1
kind: RayJob
metadata: { name: grpo }
spec:
  entrypoint: python examples/run_grpo.py
  rayClusterSpec:
    workerGroupSpecs:
      - { groupName: w, replicas: 2, template: { spec: { containers: [{ name: ray, image: "a:1", resources: { limits: { nvidia.com/gpu: 8, memory: ${memory} } } }] } } }
`;
    expect(said(rule, ray('384Gi'))).toEqual([]);
    expect(said(rule, ray('64Gi'))).toEqual([
      '9 spec.rayClusterSpec.workerGroupSpecs[0].template.spec.containers[0].volumeMounts: /dev/shm of container ray holds at most 64Gi, the container\'s memory limit, which KubeRay makes its size; training needs 128Gi',
    ]);
  });
});
