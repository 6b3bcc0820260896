import { describe, expect, test } from 'vitest';
import { gpuCountMismatch as rule } from '../../../rules/manifest/gpu-count-mismatch.ts';
import { first, judgeText, said } from './manifests.ts';

/** A Deployment of one pod that runs a command with so many GPUs. */
const deployment = (command: string, resources = 'limits: { nvidia.com/gpu: 4 }', spec = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: vllm }
spec:
  template:
    spec:
      ${spec}
      containers:
        - name: vllm
          image: vllm/vllm-openai:v0.20.0
          command: ${command}
          resources: { ${resources} }
`;
const serve = (options: string): string => `[sh, -c, "vllm serve Qwen/Qwen2.5-7B ${options}"]`;
const container = 'spec.template.spec.containers[0]';

const ray = (params: string, limits: string, entrypoint = 'python main.py'): string => `apiVersion: ray.io/v1
kind: RayJob
metadata: { name: grpo }
spec:
  entrypoint: ${entrypoint}
  rayClusterSpec:
    headGroupSpec: { rayStartParams: {}, template: { spec: { containers: [{ name: head, image: "ray:1" }] } } }
    workerGroupSpecs:
      - groupName: gpu
        replicas: 2
        minReplicas: 2
        maxReplicas: 2
        rayStartParams: { ${params} }
        template: { spec: { containers: [{ name: worker, image: "ray:1", resources: { limits: { ${limits} } } }] } }
`;

describe('silent', () => {
  test('for sizes that fill the container, whichever way', () => {
    for (const options of ['--tensor-parallel-size 4', '-tp 2 -pp 2', '--tensor-parallel-size=2 --data-parallel-size=2']) {
      expect(said(rule, deployment(serve(options))), options).toEqual([]);
    }
  });

  test('for sizes that only the run knows', () => {
    expect(said(rule, deployment(serve('--tensor-parallel-size $TP')))).toEqual([]);
    expect(said(rule, deployment(serve('--tensor-parallel-size 2 --data-parallel-size ${DP}')))).toEqual([]);
    expect(said(rule, deployment(serve('--tensor-parallel-size 8'), 'limits: { nvidia.com/gpu: "$GPUS" }'))).toEqual([]);
  });

  test('without nvidia.com/gpu: MIG slices, claims, other vendors', () => {
    expect(said(rule, deployment(serve('--tensor-parallel-size 2'), 'limits: { nvidia.com/mig-3g.40gb: 2 }'))).toEqual([]);
    expect(said(rule, deployment(serve('--tensor-parallel-size 2'), 'claims: [{ name: gpus }]'))).toEqual([]);
    expect(said(rule, deployment(serve('--tensor-parallel-size 2'), 'limits: { amd.com/gpu: 2 }'))).toEqual([]);
  });

  test('where the engine joins a cluster that is written elsewhere', () => {
    expect(said(rule, deployment(serve('--tensor-parallel-size 8 --distributed-executor-backend ray')))).toEqual([]);
    expect(said(rule, deployment(serve('--tensor-parallel-size 8 --nnodes 2 --node-rank 0 --master-addr a')))).toEqual([]);
    expect(said(rule, deployment('[sh, -c, "ray start --address=head:6379; vllm serve m --tensor-parallel-size 8"]'))).toEqual([]);
  });

  test('for idle GPUs where other options may use them', () => {
    expect(said(rule, deployment(serve('--omni --ulysses-degree 4')))).toEqual([]);
    expect(said(rule, deployment(serve('--config /etc/vllm.yaml')))).toEqual([]);
    expect(said(rule, deployment(serve('--data-parallel-size 8 --data-parallel-size-local 4 --data-parallel-address a')))).toEqual([]);
  });

  test('for types that are not known, a share of a GPU, and a single pod', () => {
    expect(said(rule, deployment('[sleep, infinity]', 'limits: { nvidia.com/gpu: 16 }', 'nodeSelector: { node.kubernetes.io/instance-type: x9.metal }'))).toEqual([]);
    expect(said(rule, deployment('[sleep, infinity]', 'limits: { nvidia.com/gpu: 1 }', 'nodeSelector: { node.kubernetes.io/instance-type: g6f.large }'))).toEqual([]);
    expect(said(rule, deployment('[sleep, infinity]', 'limits: { nvidia.com/gpu: 3 }', 'nodeSelector: { node.kubernetes.io/instance-type: p4d.24xlarge }'))).toEqual([]);
  });

  test('for Ray that is told what its container has, or nothing', () => {
    expect(said(rule, ray("num-gpus: '8'", 'nvidia.com/gpu: 8'))).toEqual([]);
    expect(said(rule, ray('', 'nvidia.com/gpu: 8'))).toEqual([]);
    expect(said(rule, ray("num-gpus: '0'", 'nvidia.com/gpu: 8')), 'kept free on purpose').toEqual([]);
    expect(said(rule, ray("num-gpus: '1'", 'nvidia.com/mig-3g.40gb: 1'))).toEqual([]);
  });
});

describe('reports', () => {
  test('a parallel size beyond the container', () => {
    expect(first(judgeText(rule, deployment(serve('--tensor-parallel-size 4 --pipeline-parallel-size 2'))))).toMatchObject({
      subject: `Deployment/default/vllm ${container}.command[2]`,
      message: 'vLLM needs 8 GPUs (tensor_parallel_size 4 × pipeline_parallel_size 2) and container vllm asks for 4: it stops at start-up, or waits for ever for GPUs that do not come',
      place: { line: 11, found: '8 GPUs needed, 4 asked for' },
    });
  });

  test('GPUs that vLLM does not use, as a hint', () => {
    expect(judgeText(rule, deployment(serve('')))).toMatchObject([
      { severity: 'info', message: 'vLLM uses 1 of the 4 GPUs that container vllm asks for (tensor_parallel_size 1, the default): 3 stay idle and nobody else can have them', place: { found: '1 GPU used, 4 asked for' } },
    ]);
  });

  test('more than the instance type has, and one without NVIDIA GPUs', () => {
    const on = (type: string, gpus: number): string => deployment('[sleep, infinity]', `limits: { nvidia.com/gpu: ${gpus} }`, `nodeSelector: { node.kubernetes.io/instance-type: ${type} }`);
    const field = `${container}.resources.limits["nvidia.com/gpu"]`;
    expect(said(rule, on('g5.12xlarge', 8))).toEqual([`12 ${field}: container vllm asks for 8 nvidia.com/gpu and g5.12xlarge has 4: no node ever fits and the pod stays Pending`]);
    expect(said(rule, on('c7i.48xlarge', 1))[0]).toContain('asks for 1 nvidia.com/gpu and c7i.48xlarge has none');
    expect(said(rule, on('g4ad.xlarge', 1))[0]).toContain('g4ad.xlarge has none');
  });

  test('requests that are not the limits', () => {
    expect(said(rule, deployment('[sleep, infinity]', 'limits: { nvidia.com/gpu: 4 }, requests: { nvidia.com/gpu: 2 }'))[0]).toContain('requests 2 nvidia.com/gpu and limits them to 4');
  });

  test('pods that leave GPUs of each node over, as a hint', () => {
    const three = deployment('[sleep, infinity]', 'limits: { nvidia.com/gpu: 3 }', 'nodeSelector: { node.kubernetes.io/instance-type: p4d.24xlarge }').replace('spec:\n', 'spec:\n  replicas: 4\n');
    expect(judgeText(rule, three)).toMatchObject([{ severity: 'info', message: 'pods of 3 GPUs leave 2 of the 8 GPUs of each p4d.24xlarge unused' }]);
  });

  test('Ray that is told of more GPUs than there are', () => {
    expect(said(rule, ray("num-gpus: '8'", 'nvidia.com/gpu: 4'))).toEqual([
      '13 spec.rayClusterSpec.workerGroupSpecs[0].rayStartParams.num-gpus: group gpu tells Ray of 8 GPUs and its container asks for 4: Ray places work on GPUs that are not there, which fails with "invalid device ordinal" or "No CUDA GPUs are available"',
    ]);
  });

  test('an engine over several pods that is larger than all of them', () => {
    const group = (tp: number): string => `apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: { name: vllm }
spec:
  leaderWorkerTemplate:
    size: 2
    leaderTemplate: { spec: { containers: [{ name: leader, image: "vllm:1", command: [vllm, serve, m, --tensor-parallel-size, "${tp}", --pipeline-parallel-size, "2"], resources: { limits: { nvidia.com/gpu: 8 } } }] } }
    workerTemplate: { spec: { containers: [{ name: worker, image: "vllm:1", resources: { limits: { nvidia.com/gpu: 8 } } }] } }
`;
    expect(said(rule, group(8))).toEqual([]);
    expect(said(rule, group(16))[0]).toContain('vLLM needs 32 GPUs (tensor_parallel_size 16 × pipeline_parallel_size 2) and all pods of this workload together ask for 16');
  });

  test('a training that starts more processes than the pod has GPUs', () => {
    const command = (processes: string): string => `[torchrun, --nproc_per_node=${processes}, train.py]`;
    expect(said(rule, deployment(command('4')))).toEqual([]);
    expect(said(rule, deployment(command('gpu')))).toEqual([]);
    expect(said(rule, deployment(command('8')))[0]).toContain('nproc_per_node is 8 and container vllm asks for 4 GPUs: rank 4 finds no GPU');
  });

  test('processes that an operator or a variable tells torchrun of', () => {
    const job = (processes: string, command = '[torchrun, train.py]', env = ''): string => `apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: { name: t }
spec:
  nprocPerNode: ${processes}
  pytorchReplicaSpecs: { Worker: { replicas: 2, template: { spec: { containers: [{ name: pytorch, image: "a:1", command: ${command}, env: [${env}], resources: { limits: { nvidia.com/gpu: 1 } } }] } } } }
`;
    expect(said(rule, job('"4"'))).toEqual([
      '5 spec.nprocPerNode: nprocPerNode is 4 and container pytorch asks for 1 GPU: rank 1 finds no GPU ("invalid device ordinal"), or several share one, which NCCL refuses ("Duplicate GPU detected")',
    ]);
    for (const processes of ['"1"', 'auto', 'gpu', '$N']) expect(said(rule, job(processes)), processes).toEqual([]);
    expect(said(rule, job('"4"', '[torchrun, --nproc_per_node=1, train.py]')), 'the command counts').toEqual([]);
    expect(said(rule, job('"1"', '[torchrun, train.py]', '{ name: PET_NPROC_PER_NODE, value: "2" }'))[0]).toContain('PET_NPROC_PER_NODE is 2 and container pytorch asks for 1 GPU');
    const train = (processes: string): string => `apiVersion: trainer.kubeflow.org/v1alpha1\nkind: TrainJob\nmetadata: { name: t }\nspec: { runtimeRef: { name: torch }, trainer: { numNodes: 2, numProcPerNode: ${processes}, resourcesPerNode: { limits: { nvidia.com/gpu: 4 } } } }`;
    expect(said(rule, train('4'))).toEqual([]);
    expect(first(judgeText(rule, train('8'))).place).toMatchObject({ field: 'spec.trainer.numProcPerNode', snippet: expect.stringMatching(/^resourcesPerNode:/) });
  });

  test('a training on more nodes than the cluster has', () => {
    const run = (nodes: number): string => `python examples/run_grpo_math.py cluster.num_nodes=${nodes} cluster.gpus_per_node=8`;
    expect(said(rule, ray('', 'nvidia.com/gpu: 8', run(2)))).toEqual([]);
    expect(said(rule, ray('', 'nvidia.com/gpu: 8', run(4)))).toEqual([
      '5 spec.entrypoint: the training asks Ray for 32 GPUs (cluster.num_nodes 4 × cluster.gpus_per_node 8) and all pods of this workload together have 16: it waits for ever for a placement group',
    ]);
  });
});
