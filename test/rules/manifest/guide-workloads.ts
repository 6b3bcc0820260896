/** The workloads that the production guide describes, written again from its description, with all that it recommends. */
export const GUIDE_TRAINING = `
apiVersion: batch/v1
kind: Job
metadata: { name: grpo, labels: { app: grpo } }
spec:
  completionMode: Indexed
  completions: 2
  parallelism: 2
  backoffLimit: 0
  template:
    metadata: { labels: { app: grpo } }
    spec:
      restartPolicy: Never
      hostNetwork: true
      dnsPolicy: ClusterFirstWithHostNet
      nodeSelector: { node.kubernetes.io/instance-type: p4d.24xlarge }
      containers:
        - name: trainer
          image: registry.example/nemo-rl:latest
          command: [bash, -c]
          args:
            - |
              MASTER_FILE=/shared/.grpo-master-ip
              if [ "$JOB_COMPLETION_INDEX" = 0 ]; then
                rm -f $MASTER_FILE
                hostname -i > $MASTER_FILE
                ray start --head --num-gpus=8 --port=6379
                cd /workspace/nemo-rl
                python examples/run_grpo.py cluster.num_nodes=2 cluster.gpus_per_node=8 policy.model_name=example/seven-7b \\
                  policy.dtensor_cfg.lora_cfg.enabled=true policy.dtensor_cfg.lora_cfg.dim=8 \\
                  policy.generation.vllm_cfg.gpu_memory_utilization=0.6 checkpointing.checkpoint_dir=/shared/grpo-checkpoints
              else
                for i in $(seq 120); do [ -f $MASTER_FILE ] && break; sleep 2; done
                ray start --address=$(cat $MASTER_FILE):6379 --block
              fi
          env:
            - { name: NCCL_TIMEOUT, value: "7200" }
            - { name: TORCH_NCCL_HEARTBEAT_TIMEOUT_SEC, value: "7200" }
            - { name: NCCL_NET_PLUGIN, value: ofi }
            - { name: FI_PROVIDER, value: efa }
            - { name: FI_EFA_USE_DEVICE_RDMA, value: "1" }
            - { name: FI_EFA_FORK_SAFE, value: "1" }
            - { name: RDMAV_FORK_SAFE, value: "1" }
            - { name: NCCL_SOCKET_IFNAME, value: "^lo,docker,veth,eni" }
            - { name: HF_HOME, value: /shared/hf_cache }
          resources:
            limits: { nvidia.com/gpu: 8, vpc.amazonaws.com/efa: 4, memory: 384Gi }
          volumeMounts:
            - { name: shared, mountPath: /shared }
            - { name: shm, mountPath: /dev/shm }
      volumes:
        - { name: shared, persistentVolumeClaim: { claimName: fsx-pvc } }
        - { name: shm, emptyDir: { medium: Memory, sizeLimit: 128Gi } }
`;

export const GUIDE_SERVER = `
apiVersion: batch/v1
kind: Job
metadata: { name: inference }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: vllm
          image: vllm/vllm-openai:v0.11.0
          command: [python, -m, vllm.entrypoints.openai.api_server]
          args: [--model, example/seven-7b, --tensor-parallel-size, "1", --gpu-memory-utilization, "0.90", --max-model-len, "4096", --trust-remote-code]
          env: [{ name: HF_HOME, value: /shared/hf_cache }]
          ports: [{ containerPort: 8000 }]
          resources: { limits: { nvidia.com/gpu: 1 } }
          volumeMounts: [{ name: shared, mountPath: /shared }, { name: shm, mountPath: /dev/shm }]
      volumes:
        - { name: shared, persistentVolumeClaim: { claimName: fsx-pvc } }
        - { name: shm, emptyDir: { medium: Memory, sizeLimit: 32Gi } }
`;

export const GUIDE_CLUSTER = `
apiVersion: ray.io/v1
kind: RayCluster
metadata: { name: inference }
spec:
  rayVersion: 2.52.0
  headGroupSpec:
    rayStartParams: { num-cpus: '0' }
    template: { spec: { containers: [{ name: ray-head, image: "rayproject/ray-llm:2.52.0", resources: { limits: { cpu: 8, memory: 32Gi } } }] } }
  workerGroupSpecs:
    - groupName: gpu-workers
      replicas: 2
      minReplicas: 1
      maxReplicas: 4
      rayStartParams: { num-gpus: '8' }
      template:
        spec:
          containers:
            - name: ray-worker
              image: rayproject/ray-llm:2.52.0
              env: [{ name: FI_PROVIDER, value: efa }, { name: FI_EFA_USE_DEVICE_RDMA, value: "1" }]
              resources: { limits: { nvidia.com/gpu: 8, vpc.amazonaws.com/efa: 4, memory: 384Gi } }
`;
