import { describe, expect, test } from 'vitest';
import { sharedMemoryExceedsLimit } from '../../../rules/manifest/shared-memory-exceeds-limit.ts';
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

  /** A RayJob that trains on 2 pods with these resources. */
  const ray = (resources: string): string => `
apiVersion: ray.io/v1
kind: RayJob
metadata: { name: grpo }
spec:
  entrypoint: python examples/run_grpo.py
  rayClusterSpec:
    workerGroupSpecs:
      - { groupName: w, replicas: 2, template: { spec: { containers: [{ name: ray, image: "a:1", resources: { ${resources} } }] } } }
`;
  const limits = (memory: string): string => ray(`limits: { nvidia.com/gpu: 8, memory: ${memory} }`);

  test('a Ray pod by its memory limit, from which KubeRay makes the volume', () => {
    expect(said(rule, limits('384Gi'))).toEqual([]);
    expect(first(judgeText(rule, limits('64Gi')))).toMatchObject({
      message: "/dev/shm of container ray holds at most 64Gi, the container's memory limit, which KubeRay makes its size; training needs 128Gi",
      place: {
        field: 'spec.rayClusterSpec.workerGroupSpecs[0].template.spec.containers[0].resources.limits.memory',
        expected: 'a memory limit of 192Gi or more, of which KubeRay makes the size of /dev/shm',
        snippet: 'resources:\n  limits:\n    memory: 192Gi',
      },
    });
  });

  test('a Ray pod by its memory request where it has no limit', () => {
    expect(said(rule, ray('limits: { nvidia.com/gpu: 8 }, requests: { memory: 128Gi }'))).toEqual([]);
    expect(said(rule, ray('limits: { nvidia.com/gpu: 8, memory: 384Gi }, requests: { memory: 64Gi }'))).toEqual([]);
    expect(said(rule, ray('limits: { nvidia.com/gpu: 8 }')), 'bounded by nothing').toEqual([]);
    expect(first(judgeText(rule, ray('limits: { nvidia.com/gpu: 8 }, requests: { memory: 64Gi }')))).toMatchObject({
      message: "/dev/shm of container ray holds at most 64Gi, the container's memory request, which KubeRay makes its size where there is no limit; training needs 128Gi",
      place: { field: 'spec.rayClusterSpec.workerGroupSpecs[0].template.spec.containers[0].resources.requests.memory', expected: 'emptyDir with medium: Memory and sizeLimit 128Gi or more at /dev/shm' },
    });
  });
});

describe('what a pod needs', () => {
  const sized = (size: string): string => volume(`emptyDir: { medium: Memory, sizeLimit: ${size} }`);

  test('follows its GPUs, and is not meant to the last byte', () => {
    expect(said(rule, pod(serving(8) + mount, sized('15Gi')))).toEqual([]);
    expect(said(rule, pod(serving(1) + mount, sized('2Gi'))), "what vLLM's own manifests have").toEqual([]);
    expect(said(rule, pod(serving(8) + mount, sized('8Gi')))).toEqual(['6 spec.volumes[0]: /dev/shm of container main holds at most 8Gi; serving needs 16Gi']);
    expect(said(rule, pod(serving(4) + mount, sized('4Gi')))).toEqual(['6 spec.volumes[0]: /dev/shm of container main holds at most 4Gi; serving on 4 GPUs needs 8Gi']);
    expect(said(rule, pod(training + gpus.replace('gpu: 8', 'gpu: 2') + mount, sized('32Gi')))).toEqual([]);
    expect(said(rule, pod(training + gpus.replace('gpu: 8', '"gpu": "$GPUS"').replace('nvidia.com/"gpu"', 'nvidia.com/gpu') + mount, sized('64Gi')))[0], 'unknown: a whole node').toContain('training needs 128Gi');
    expect(said(rule, pod(serving(8) + mount, sized('15Gi')), { tolerancePercent: 0 })).toHaveLength(1);
  });

  test('is a remark where one GPU has some, even of several pods', () => {
    const job = (spec: string): string => `apiVersion: batch/v1\nkind: Job\nmetadata: { name: j }\nspec: { parallelism: 2, template: { spec: { volumes: [{ name: shm, emptyDir: { medium: Memory, sizeLimit: 8Gi } }], containers: [{ name: main, image: "a:1", command: [torchrun, train.py], ${spec}resources: { limits: { nvidia.com/gpu: 1 } } }] } } }`;
    expect(first(judgeText(rule, job('volumeMounts: [{ name: shm, mountPath: /dev/shm }], ')))).toMatchObject({ severity: 'info', message: '/dev/shm of container main holds at most 8Gi; training on 1 GPU needs 16Gi' });
  });
});

describe('what it says to write bears the memory limit', () => {
  const container = (memory: string): string => `${training}resources: { limits: { nvidia.com/gpu: 8, memory: ${memory} } }\n`;
  const advice = (memory: string) => first(judgeText(rule, pod(container(memory)))).place;
  /** The pod with the advice of its own finding written into it. */
  const written = (memory: string): string => {
    const snippet = advice(memory)?.snippet ?? '';
    const limit = /memory: (\S+)/.exec(snippet)?.[1] ?? memory;
    return pod(container(limit) + mount, volume(`emptyDir: { medium: Memory, sizeLimit: ${/sizeLimit: (\S+)/.exec(snippet)?.[1] ?? ''} }`));
  };

  test.each(['192Gi', '180Gi', '173Gi', '172Gi', '78Gi', '7500Mi'])('of %s', (memory) => {
    expect(said(rule, written(memory))).toEqual([]);
    expect(said(sharedMemoryExceedsLimit, written(memory))).toEqual([]);
  });

  test('with a size that fits, or a limit that has to grow', () => {
    expect(advice('180Gi')).toMatchObject({ expected: 'emptyDir with medium: Memory and sizeLimit 120Gi at /dev/shm: the memory limit of 180Gi bears no more', snippet: expect.not.stringContaining('limits:') });
    expect(advice('78Gi')).toMatchObject({
      expected: 'emptyDir with medium: Memory and sizeLimit 128Gi or more at /dev/shm, and a memory limit of 192Gi or more, against which it counts',
      snippet: expect.stringMatching(/^resources: {3}# of the container\n {2}limits:\n {4}memory: 192Gi\nvolumeMounts:/),
    });
  });

  test('together with other memory volumes', () => {
    const two = pod(`${container('192Gi')}volumeMounts: [{ name: ram, mountPath: /ram }]`, 'volumes: [{ name: ram, emptyDir: { medium: Memory, sizeLimit: 64Gi } }]');
    expect(first(judgeText(rule, two)).place?.expected).toContain('a memory limit of 288Gi or more');
  });

  test('where a volume without a size ends at it', () => {
    expect(said(rule, pod(container('64Gi') + mount, volume('emptyDir: { medium: Memory }')))).toEqual(["6 spec.volumes[0]: /dev/shm of container main holds at most 64Gi, the container's memory limit, as its volume has no sizeLimit; training needs 128Gi"]);
  });
});
