import { describe, expect, test } from 'vitest';
import { weightsNotCached as rule } from '../../../rules/manifest/weights-not-cached.ts';
import { first, judgeText, pod, said } from './manifests.ts';

interface Server {
  readonly model?: string;
  readonly rest?: string;
  readonly env?: string;
  readonly mounts?: string;
  readonly volumes?: string;
}
const server = ({ model = 'Qwen/Qwen2.5-7B-Instruct', rest = '', env = '', mounts = '', volumes = '' }: Server = {}): string =>
  pod(`image: vllm/vllm-openai:v0.11.0\nargs: [--model, ${model}${rest}]\nenv: [${env}]\nvolumeMounts: [${mounts}]\nresources: { limits: { nvidia.com/gpu: 1 } }`, `volumes: [${volumes}]`);
const claim = '{ name: shared, persistentVolumeClaim: { claimName: fsx } }';
const shared = '{ name: shared, mountPath: /shared }';
const home = '{ name: HF_HOME, value: /shared/hf }';

describe('silent', () => {
  test.each([
    ['a claim', claim],
    ['an ephemeral claim of FSx or EFS', '{ name: shared, ephemeral: { volumeClaimTemplate: { spec: { storageClassName: fsx } } } }'],
    ['an inline CSI volume', '{ name: shared, csi: { driver: efs.csi.aws.com } }'],
    ['NFS', '{ name: shared, nfs: { server: a, path: / } }'],
    ["the node's disk", '{ name: shared, hostPath: { path: /mnt/k8s-disks/0 } }'],
    ['a volume that is written elsewhere', ''],
  ])('with HF_HOME on %s', (_, volumes) => {
    expect(said(rule, server({ env: home, mounts: shared, volumes }))).toEqual([]);
  });

  test('by subPath, at the default place, or with a directory of its own', () => {
    expect(said(rule, server({ env: home, mounts: '{ name: shared, mountPath: /shared/hf, subPath: cache }', volumes: claim }))).toEqual([]);
    expect(said(rule, server({ mounts: '{ name: shared, mountPath: /home/vllm/.cache/huggingface }', volumes: claim }))).toEqual([]);
    expect(said(rule, server({ rest: ', --download-dir=/shared/models', mounts: shared, volumes: claim }))).toEqual([]);
  });

  test('for a path in the image or on a volume, an object store, and what a variable fills in', () => {
    expect(said(rule, server({ model: '/models/qwen' }))).toEqual([]);
    expect(said(rule, server({ model: '/shared/qwen', mounts: shared, volumes: claim }))).toEqual([]);
    expect(said(rule, server({ model: 's3://bucket/qwen' }))).toEqual([]);
    expect(said(rule, server({ model: '$MODEL' }))).toEqual([]);
    expect(said(rule, server({ env: '{ name: HF_HOME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }' }))).toEqual([]);
  });

  test('where a Secret or a ConfigMap that was not read may set it', () => {
    expect(said(rule, server().replace('volumeMounts', 'envFrom: [{ configMapRef: { name: cache } }]\n      volumeMounts'))).toEqual([]);
    expect(said(rule, `${server().replace('volumeMounts', 'envFrom: [{ configMapRef: { name: cache } }]\n      volumeMounts')}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: cache }\ndata: { A: b }\n`)).toHaveLength(1);
  });

  test('offline, with dummy weights, for a small model, without GPUs', () => {
    expect(said(rule, server({ env: '{ name: HF_HUB_OFFLINE, value: "1" }' }))).toEqual([]);
    expect(said(rule, server({ rest: ', --load-format=dummy' }))).toEqual([]);
    expect(said(rule, server({ model: 'facebook/opt-125m' }))).toEqual([]);
    expect(said(rule, server().replace('nvidia.com/gpu: 1', 'cpu: 1'))).toEqual([]);
  });
});

describe('reports', () => {
  test('a name and no cache', () => {
    expect(first(judgeText(rule, server()))).toMatchObject({
      message: "container main loads Qwen/Qwen2.5-7B-Instruct from Hugging Face into the container's own file system: every new pod fetches the weights, about 15 GB in bf16, again before it works",
      place: { line: 10, field: 'spec.containers[0].args[1]', found: 'no HF_HOME, no volume at ~/.cache/huggingface' },
      evidence: { billions: 7.6 },
    });
  });

  test('a cache on an emptyDir, and one where nothing is mounted', () => {
    const empty = '{ name: shared, emptyDir: {} }';
    expect(said(rule, server({ env: home, mounts: shared, volumes: empty }))).toEqual([
      '11 spec.containers[0].env[0]: container main loads Qwen/Qwen2.5-7B-Instruct from Hugging Face into emptyDir shared, which ends with the pod: every new pod fetches the weights, about 15 GB in bf16, again before it works',
    ]);
    expect(said(rule, server({ env: home }))).toHaveLength(1);
    expect(said(rule, server({ model: '/shared/big', mounts: shared, volumes: empty }))).toHaveLength(1);
  });

  test('a cache of the standard place on an emptyDir, by its name', () => {
    expect(first(judgeText(rule, server({ mounts: '{ name: hf-cache, mountPath: /home/vllm/.cache/huggingface }', volumes: '{ name: hf-cache, emptyDir: {} }' })))).toMatchObject({
      message: 'container main loads Qwen/Qwen2.5-7B-Instruct from Hugging Face into emptyDir hf-cache, which ends with the pod: every new pod fetches the weights, about 15 GB in bf16, again before it works',
      place: { field: 'spec.containers[0].volumeMounts[0]', found: 'emptyDir hf-cache at /home/vllm/.cache/huggingface' },
    });
  });

  test('the size that a name tells where nothing else is known of the model', () => {
    expect(said(rule, server({ model: 'somebody/Something-13B' }))[0]).toContain('about 26 GB in bf16');
  });

  test('the size as it is published, which is not always 16 bits', () => {
    expect(said(rule, server({ model: 'deepseek-ai/DeepSeek-R1' }))[0]).toMatch(/about 6[78]\d GB in fp8/);
  });

  test('with the volume that is there already', () => {
    expect(first(judgeText(rule, server({ mounts: shared, volumes: claim }))).place?.snippet).toBe('env:\n  - name: HF_HOME\n    value: /shared/hf_cache');
  });

  const service = (llm: string): string => `
apiVersion: ray.io/v1
kind: RayService
metadata: { name: llm }
spec:
  serveConfigV2: |
    applications:
      - name: llm
        import_path: ray.serve.llm:build_openai_app
        args:
          llm_configs:
            - model_loading_config: { model_id: q, model_source: Qwen/Qwen2.5-7B-Instruct }
              ${llm}
  rayClusterConfig:
    headGroupSpec: { rayStartParams: {}, template: { spec: { containers: [{ name: head, image: "a:1" }] } } }
    workerGroupSpecs:
      - { groupName: w, replicas: 1, minReplicas: 1, maxReplicas: 1, rayStartParams: {}, template: { spec: { containers: [{ name: ray, image: "a:1", resources: { limits: { nvidia.com/gpu: 1 } } }] } } }
`;
  test('of ray.serve.llm, unless its runtime environment has a cache or its weights come from a bucket', () => {
    expect(said(rule, service('engine_kwargs: {}'))).toHaveLength(1);
    expect(said(rule, service('runtime_env: { env_vars: { HF_HOME: /mnt/x } }'))).toEqual([]);
    expect(said(rule, service('engine_kwargs: {}').replace('model_source: Qwen/Qwen2.5-7B-Instruct', 'model_source: { bucket_uri: "s3://a" }'))).toEqual([]);
  });

  test('for models as small as the configuration says', () => {
    expect(said(rule, server({ model: 'facebook/opt-125m' }), { minBillions: 0 })).toHaveLength(1);
  });
});
