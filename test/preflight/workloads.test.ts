import { describe, expect, test } from 'vitest';
import type { ManifestWorkload } from '../../agent/model.ts';
import { manifests, pod } from '../rules/manifest/manifests.ts';

function workload(text: string): ManifestWorkload {
  const [found] = manifests(text).workloads;
  if (!found) throw new Error('no workload found');
  return found;
}
const gpu = (count: number): string => `resources: { limits: { nvidia.com/gpu: ${count} } }`;
const spec = `spec: { containers: [{ name: a, image: "a:1", ${gpu(8)} }] }`;
const groups = (text: string) => workload(text).pods.map(({ name, role, count }) => [name, role, count]);

describe('pod templates wherever they hide', () => {
  const cases: Readonly<Record<string, readonly [string, unknown]>> = {
    Deployment: [`apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { replicas: 3, template: { ${spec} } }`, [['', 'pod', { min: 3, max: 3 }]]],
    CronJob: [`apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: a }\nspec: { jobTemplate: { spec: { parallelism: 4, completions: 2, template: { ${spec} } } } }`, [['', 'pod', { min: 2, max: 2 }]]],
    DaemonSet: [`apiVersion: apps/v1\nkind: DaemonSet\nmetadata: { name: a }\nspec: { template: { ${spec} } }`, [['', 'pod', undefined]]],
    RayCluster: [
      `apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: { name: a }\nspec: { headGroupSpec: { template: { ${spec} } }, workerGroupSpecs: [{ groupName: w, minReplicas: 1, maxReplicas: 4, numOfHosts: 2, template: { ${spec} } }] }`,
      [['head', 'head', { min: 1, max: 1 }], ['w', 'worker', { min: 2, max: 8 }]],
    ],
    PyTorchJob: [
      `apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata: { name: a }\nspec: { pytorchReplicaSpecs: { Master: { template: { ${spec} } }, Worker: { replicas: 3, template: { ${spec} } } } }`,
      [['Master', 'head', { min: 1, max: 1 }], ['Worker', 'worker', { min: 3, max: 3 }]],
    ],
    MPIJob: [
      `apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata: { name: a }\nspec: { mpiReplicaSpecs: { Launcher: { replicas: 1, template: { ${spec} } }, Worker: { replicas: $N, template: { ${spec} } } } }`,
      [['Launcher', 'launcher', { min: 1, max: 1 }], ['Worker', 'worker', undefined]],
    ],
    JobSet: [
      `apiVersion: jobset.x-k8s.io/v1alpha2\nkind: JobSet\nmetadata: { name: a }\nspec: { replicatedJobs: [{ name: workers, replicas: 2, template: { spec: { parallelism: 4, completions: 4, template: { ${spec} } } } }] }`,
      [['workers', 'worker', { min: 8, max: 8 }]],
    ],
    LeaderWorkerSet: [
      `apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet\nmetadata: { name: a }\nspec: { replicas: 2, leaderWorkerTemplate: { size: 4, leaderTemplate: { ${spec} }, workerTemplate: { ${spec} } } }`,
      [['leader', 'head', { min: 1, max: 1 }], ['worker', 'worker', { min: 3, max: 3 }]],
    ],
    TrainJob: [`apiVersion: trainer.kubeflow.org/v1alpha1\nkind: TrainJob\nmetadata: { name: a }\nspec: { trainer: { numNodes: 2, resourcesPerNode: { limits: { nvidia.com/gpu: 8 } } } }`, [['trainer', 'worker', { min: 2, max: 2 }]]],
    'a bare list of containers': [`apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: { name: a }\nspec: { predictor: { containers: [{ name: a, image: "a:1", ${gpu(8)} }] } }`, [['', 'pod', undefined]]],
    'a kind nobody here knows': [`apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: a }\nspec: { parts: [{ replicas: 2, template: { ${spec} } }] }`, [['', 'pod', { min: 2, max: 2 }]]],
  };
  test.each(Object.entries(cases))('%s', (_, [text, expected]) => {
    expect(groups(text)).toEqual(expected);
  });
});

describe('what a pod selects and holds', () => {
  test('instance types, anti-affinity, volumes and mounts', () => {
    const affinity = 'affinity:\n  nodeAffinity:\n    requiredDuringSchedulingIgnoredDuringExecution:\n      nodeSelectorTerms:\n        - matchExpressions: [{ key: node.kubernetes.io/instance-type, operator: In, values: [p5.48xlarge, p5en.48xlarge] }]\nhostNetwork: true\nvolumes: [{ name: fsx, persistentVolumeClaim: { claimName: fsx-pvc } }]';
    const [group] = workload(pod('image: a:1\nvolumeMounts: [{ name: fsx, mountPath: /shared/ }]', affinity)).pods;
    expect(group).toMatchObject({ instanceTypes: ['p5.48xlarge', 'p5en.48xlarge'], hostNetwork: true, containers: [{ mounts: [{ mountPath: '/shared', volume: { type: 'persistentVolumeClaim', claim: 'fsx-pvc' } }] }] });
  });

  test('numbers that cannot be read are neither zero nor one', () => {
    const [group] = workload(pod('image: a:1\nresources: { limits: { nvidia.com/gpu: "$GPUS", cpu: 1500m } }')).pods;
    expect(group?.containers[0]).toMatchObject({ gpus: undefined, efa: 0, limits: { cpu: 1.5 } });
  });
});

describe('environment', () => {
  test('of ConfigMaps, of the manifest and of scripts, in this order, each with its place', () => {
    const config = '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: nccl }\ndata:\n  NCCL_DEBUG: INFO\n';
    const text = `${pod('image: a:1\ncommand: [bash, -c]\nargs:\n  - |\n    export NCCL_DEBUG=WARN\n    FI_PROVIDER=efa run\nenvFrom: [{ configMapRef: { name: nccl } }]\nenv: [{ name: NCCL_DEBUG, value: TRACE }, { name: IP, valueFrom: { fieldRef: { fieldPath: status.podIP } } }]')}\n${config}`;
    const environment = workload(text).pods[0]?.containers[0]?.environment ?? [];
    expect(environment.map(({ name, value, from, position }) => [name, value, from, position.line])).toEqual([
      ['NCCL_DEBUG', 'INFO', 'config-map', 21],
      ['NCCL_DEBUG', 'TRACE', 'manifest', 15],
      ['IP', undefined, 'manifest', 15],
      ['NCCL_DEBUG', 'WARN', 'script', 12],
      ['FI_PROVIDER', 'efa', 'script', 13],
    ]);
  });

  test('of Ray, in the pods that run the workers', () => {
    const text = `apiVersion: ray.io/v1\nkind: RayJob\nmetadata: { name: a }\nspec:\n  runtimeEnvYAML: |\n    env_vars:\n      NCCL_DEBUG: INFO\n  rayClusterSpec: { headGroupSpec: { template: { ${spec} } } }`;
    expect(workload(text).pods[0]?.containers[0]?.environment).toMatchObject([{ name: 'NCCL_DEBUG', value: 'INFO', from: 'runtime-env', position: { line: 7 } }]);
  });
});

describe('engines', () => {
  const engine = (container: string) => {
    const [found] = workload(pod(container)).engines;
    return found && [found.kind, found.model?.value, Object.fromEntries(Object.entries(found.options).map(([name, { value, position }]) => [name, [value, position.line]]))];
  };

  test('of vLLM, however it is started', () => {
    const options = { tensor_parallel_size: [8, expect.any(Number)], gpu_memory_utilization: [0.9, expect.any(Number)] };
    expect(engine('image: a:1\ncommand: [vllm, serve, a/b, -tp, "8", --gpu-memory-utilization=0.9]')).toEqual(['server', 'a/b', options]);
    expect(engine('image: a:1\ncommand: [python3, -m, vllm.entrypoints.openai.api_server]\nargs: [--model, a/b, --tensor-parallel-size, "8", --gpu-memory-utilization, "0.9"]')).toEqual(['server', 'a/b', { ...options, model: ['a/b', 10] }]);
    expect(engine('image: vllm/vllm-openai:v0.11.0\nargs: [--model=a/b, --tensor-parallel-size=8, --gpu-memory-utilization=0.9]')).toEqual(['server', 'a/b', { ...options, model: ['a/b', 9] }]);
  });

  test('in a script, on the line of each option', () => {
    expect(engine('image: a:1\ncommand: [bash, -c]\nargs:\n  - |\n    MODEL=a/b\n    exec vllm serve $MODEL \\\n      --tensor-parallel-size 8 \\\n      --max-model-len $LEN')).toEqual(['server', 'a/b', { tensor_parallel_size: [8, 14], max_model_len: [null, 15] }]);
  });

  test('in Python that somebody wrote by hand', () => {
    expect(engine("image: a:1\ncommand: [bash, -c]\nargs:\n  - |\n    python3 - <<'EOF'\n    from vllm import AsyncEngineArgs\n    a = AsyncEngineArgs(model='a/b', enforce_eager=True)\n    EOF")).toEqual(['handwritten', 'a/b', { model: ['a/b', 14], enforce_eager: [true, 14] }]);
  });

  test('in a module of a ConfigMap that Ray Serve imports, with what it takes from the environment', () => {
    const service = (mount: string, importPath: string): string => `apiVersion: v1
kind: ConfigMap
metadata: { name: code }
data:
  llm.py: |
    import os
    from vllm import AsyncEngineArgs
    class Llm:
      def __init__(self, model: str, seed: int):
        self.args = AsyncEngineArgs(
            model=model, enforce_eager=True,
            max_model_len=longest(model),
        )
    app = Llm.bind(
        model=os.environ.get('MODEL_ID', 'a/small'),
        tensor_parallel_size=int(os.environ.get("TP", "2")),
        max_num_seqs=int(os.getenv('SEQS')),
    )
---
apiVersion: ray.io/v1
kind: RayService
metadata: { name: s }
spec:
  serveConfigV2: |
    applications: [{ name: a, import_path: "${importPath}", runtime_env: { env_vars: { MODEL_ID: a/large } } }]
  rayClusterConfig:
    headGroupSpec: { template: { spec: { containers: [{ name: head, image: "a:1", volumeMounts: [${mount}] }], volumes: [{ name: code, configMap: { name: code } }] } } }
    workerGroupSpecs: [{ groupName: w, template: { spec: { containers: [{ name: ray, image: "a:1", ${gpu(8)}, volumeMounts: [${mount}] }], volumes: [{ name: code, configMap: { name: code } }] } } }]
`;
    const found = (mount: string, importPath: string) => manifests(service(mount, importPath)).workloads.flatMap(({ engines }) => engines);
    const [built] = found('{ name: code, mountPath: /home/ray/llm.py, subPath: llm.py }', 'llm:app');
    expect(built).toMatchObject({ kind: 'handwritten', model: { value: 'a/large', position: { line: 15 } }, object: { id: 'ConfigMap/default/code' }, path: ['data', 'llm.py'], position: { line: 10 }, container: { name: 'ray' } });
    expect(Object.fromEntries(Object.entries(built?.options ?? {}).map(([name, { value, position }]) => [name, [value, position.line]]))).toEqual({
      model: ['a/large', 15],
      enforce_eager: [true, 11],
      max_model_len: [null, 12],
      tensor_parallel_size: [2, 16],
      max_num_seqs: [null, 17],
    });
    expect(found('{ name: code, mountPath: /home/ray/serving/ }', 'serving.llm.app'), 'a directory, a package').toHaveLength(1);
    expect(found('{ name: code, mountPath: /home/ray/serving }', 'other:app')).toEqual([]);
    expect(found('{ name: other, mountPath: /home/ray }', 'llm:app')).toEqual([]);
  });

  test('in Python by hand, what is handed on is written, if not known', () => {
    expect(engine("image: a:1\ncommand: [bash, -c]\nargs:\n  - |\n    python3 - <<'EOF'\n    from vllm import AsyncEngineArgs\n    a = AsyncEngineArgs(model='a/b', gpu_memory_utilization=share())\n    EOF")).toEqual(['handwritten', 'a/b', { model: ['a/b', 14], gpu_memory_utilization: [null, 14] }]);
  });

  test('none where it is only mentioned', () => {
    expect(engine('image: a:1\ncommand: [bash, -c, "pip install vllm && sleep infinity"]')).toBeUndefined();
  });
});

describe('trainings', () => {
  const training = (command: string) => {
    const found = workload(pod(`image: a:1\n${gpu(8)}\ncommand: ${JSON.stringify(['bash', '-c', command])}`));
    const [first] = found.trainings;
    return [found.purpose, first?.framework, first?.isReinforcement, first?.isColocated, found.engines.map(({ kind, options }) => [kind, Object.keys(options)])];
  };

  test('of NeMo RL, verl and TRL, with the engine that they generate with', () => {
    expect(training('uv run python examples/run_grpo.py cluster.num_nodes=2 policy.generation.vllm_cfg.gpu_memory_utilization=0.6')).toEqual(['training', 'nemo-rl', true, true, [['rollout', ['gpu_memory_utilization']]]]);
    expect(training('python3 -m verl.trainer.main_ppo actor_rollout_ref.rollout.tensor_model_parallel_size=2')).toEqual(['training', 'verl', true, true, [['rollout', ['tensor_parallel_size']]]]);
    expect(training('accelerate launch train_grpo.py --use_vllm --vllm_mode colocate --vllm_gpu_memory_utilization 0.3')).toEqual(['training', 'trl', true, true, [['rollout', ['mode', 'gpu_memory_utilization']]]]);
  });

  test('of launchers alone', () => {
    expect(training('torchrun --nproc-per-node=8 train.py')).toEqual(['training', 'torchrun', false, false, []]);
    expect(training('pip install accelerate && python finetune.py')).toEqual(['training', undefined, undefined, undefined, []]);
  });

  test('none of what only measures', () => {
    expect(training('mpirun -np 16 /opt/nccl-tests/build/all_reduce_perf -b 8')).toEqual(['other', undefined, undefined, undefined, []]);
    const mpi = (command: string): string => workload(`apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata: { name: a }\nspec: { mpiReplicaSpecs: { Launcher: { template: { spec: { containers: [{ name: l, image: "a:1", command: [bash, -c, ${JSON.stringify(command)}] }] } } }, Worker: { replicas: 2, template: { ${spec} } } } }`).purpose;
    expect(mpi("mpirun -np 2 -N 1 bash -c 'RANK=$R python3 /DeepEP/tests/test_internode.py'")).toBe('other');
    expect(mpi("mpirun -np 8 bash -c 'cd /opt/uccl/ep && python3 bench/test_low_latency.py --num-tokens 128'")).toBe('other');
    expect(mpi('mpirun -np 2 python3 /opt/uccl/ep/bench/run.py')).toBe('other');
    expect(mpi('ib_write_bw -d rdmap79s0')).toBe('other');
    expect(mpi('mpirun -np 16 python3 /app/model.py')).toBe('training');
  });

  test('of what looks at the fabric first', () => {
    expect(training('fi_info -p efa | head; torchrun --nproc-per-node=8 main.py').slice(0, 2)).toEqual(['training', 'torchrun']);
    expect(training('ib_write_bw --version; python pretrain.py')[0]).toBe('training');
    expect(training('fi_info -p efa; vllm serve a/b')[0]).toBe('serving');
    const job = (command: string): string => workload(`apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata: { name: a }\nspec: { pytorchReplicaSpecs: { Worker: { replicas: 2, template: { spec: { containers: [{ name: pytorch, image: "a:1", ${gpu(8)}, command: [bash, -c, ${JSON.stringify(command)}] }] } } } } }`).purpose;
    expect(job('fi_info -p efa; python -m mine')).toBe('training');
    expect(job('fi_pingpong -p efa -e rdm peer')).toBe('other');
    expect(job('fi_info -p efa; python -c "import torch"')).toBe('other');
  });

  test('by the image, with words that its owner added, and never of what stands beside a training', () => {
    const purpose = (image: string): string => workload(pod(`${gpu(8)}\nimage: ${image}`)).purpose;
    for (const image of ['x/slime-hyperpod:slime0.2.4', 'r/verl-aws:1', 'x/nemo-rl-workshop:1', 'x/openrlhf-rlvr:1', 'x/megatron-lm:1', 'hiyouga/verl:ngc-vllm0.8.4', 'nvcr.io/nvidia/nemo:26.02']) expect(purpose(image), image).toBe('training');
    for (const image of ['x/slime-reward:cpu-0.2.4', 'x/verl-sandbox:1', 'x/nemo-rl-dashboard:1', 'nvcr.io/nvidia/nemo-guardrails:1', 'verl/judge:1', 'x/app:slime-1', 'x/slimeball:1']) expect(purpose(image), image).toBe('other');
  });

  test('of a script that a ConfigMap brings', () => {
    const text = `${pod(`image: a:1\n${gpu(8)}\ncommand: [bash, /scripts/run.sh]\nvolumeMounts: [{ name: s, mountPath: /scripts }]`, 'volumes: [{ name: s, configMap: { name: scripts } }]')}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: scripts }\ndata:\n  run.sh: |\n    set -e\n    torchrun train.py\n`;
    expect(workload(text).trainings).toMatchObject([{ framework: 'torchrun', object: { id: 'ConfigMap/default/scripts' }, position: { line: 20 } }]);
  });
});

describe('whether GPUs of different pods form one communicator', () => {
  const isMultiNode = (text: string) => workload(text).isMultiNode;
  const job = (rest: string): string => `apiVersion: batch/v1\nkind: Job\nmetadata: { name: a }\nspec: { ${rest}, template: { ${spec} } }`;

  test('by the kind and its counts', () => {
    expect(isMultiNode(job('completionMode: Indexed, completions: 2, parallelism: 2'))).toBe(true);
    expect(isMultiNode(job('completions: 2, parallelism: 2')), 'perhaps independent').toBeUndefined();
    expect(isMultiNode(job('backoffLimit: 0'))).toBe(false);
    expect(isMultiNode(`apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { replicas: 3, template: { ${spec} } }`)).toBe(false);
  });

  test('by the size of an engine in Ray Serve', () => {
    const service = (parallel: string): string => `apiVersion: ray.io/v1\nkind: RayService\nmetadata: { name: a }\nspec:\n  serveConfigV2: |\n    applications: [{ import_path: "ray.serve.llm:build_openai_app", args: { llm_configs: [{ engine_kwargs: { ${parallel} } }] } }]\n  rayClusterConfig: { workerGroupSpecs: [{ groupName: w, maxReplicas: 4, template: { ${spec} } }] }`;
    expect(isMultiNode(service('tensor_parallel_size: 8'))).toBe(false);
    expect(isMultiNode(service('tensor_parallel_size: 8, pipeline_parallel_size: 2'))).toBe(true);
  });
});

test('what mpirun hands to its ranks is environment', () => {
  const [container] = workload(pod('command: [bash, -c, "/opt/amazon/openmpi/bin/mpirun -np 16 -x NCCL_PROTO=simple -x NCCL_DEBUG -x FI_EFA_FORK_SAFE=$X ./all_reduce_perf -x 3"]')).pods[0]?.containers ?? [];
  expect(container?.environment.map(({ name, value, from }) => [name, value, from])).toEqual([
    ['NCCL_PROTO', 'simple', 'script'],
    ['FI_EFA_FORK_SAFE', undefined, 'script'],
  ]);
  expect(workload(pod('args: [mpirun, -x, NCCL_PROTO=simple, all_reduce_perf]')).pods[0]?.containers[0]?.environment.map(({ name }) => name)).toEqual(['NCCL_PROTO']);
});

test('a pod that only waits for somebody to enter trains nothing, whatever its image', () => {
  const purpose = (command: string): string => workload(pod(`${gpu(1)}\nimage: nvcr.io/nvidia/nemo:26.02\n${command}`)).purpose;
  expect(purpose('')).toBe('training');
  expect(purpose('command: [bash, -c, "sleep infinity"]')).toBe('other');
  expect(purpose('command: [bash, -c, "tail -f /dev/null"]')).toBe('other');
  expect(purpose('command: [bash, -c, "./run.sh; sleep infinity"]')).toBe('training');
  expect(purpose('command: [fi_info, -p, efa]')).toBe('other');
});

test('a name that no cluster takes is cut, where every finding would repeat it', () => {
  const named = (length: number): string => workload(`apiVersion: v1\nkind: Pod\nmetadata: { name: ${'n'.repeat(length)} }\nspec: { containers: [{ name: a, image: "a:1" }] }`).object.id;
  expect(named(253)).toBe(`Pod/default/${'n'.repeat(253)}`);
  expect(named(1_000_000)).toBe(`Pod/default/${'n'.repeat(50)}…${'n'.repeat(20)}`);
});
