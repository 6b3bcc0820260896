import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BUNDLE = join(import.meta.dirname, '../../dist/railmedic.js');
const MANIFESTS = 1000;
const RUNS = 5;

/** What one run over the directory costs, from the start of the process to its end. */
export interface PreflightCost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMB: number;
  readonly findings: number;
}

/** RayJobs, and vLLM Deployments with their Service, a file each, with faults that rules have something to say of. */
export function writeManifests(directory: string, count: number): number {
  let bytes = 0;
  for (let index = 0; index < count; index += 1) {
    const folder = join(directory, `team-${index % 20}`);
    if (index < 20) mkdirSync(folder, { recursive: true });
    const text = index % 2 === 0 ? rayJob(index) : deployment(index);
    bytes += text.length;
    writeFileSync(join(folder, `workload-${index}.yaml`), text);
  }
  return bytes;
}

function rayJob(index: number): string {
  const pod = `
          spec:
            hostNetwork: true
            nodeSelector: { node.kubernetes.io/instance-type: p5.48xlarge }
            containers:
              - name: ray
                image: nvcr.io/nvidia/nemo-rl:${index % 10 === 0 ? 'latest' : 'v0.5.0'}
                env:
                  - { name: FI_PROVIDER, value: efa }
                  - { name: NCCL_SOCKET_IFNAME, value: eth0 }
                  - { name: NCCL_TIMEOUT, value: "7200" }
                resources:
                  limits: { nvidia.com/gpu: 8, memory: 512Gi, cpu: 96 }
                volumeMounts:
                  - { name: shm, mountPath: /dev/shm }
                  - { name: fsx, mountPath: /shared }
            volumes:
              - { name: shm, emptyDir: { medium: Memory, sizeLimit: 64Gi } }
              - { name: fsx, persistentVolumeClaim: { claimName: fsx } }`;
  return `apiVersion: ray.io/v1
kind: RayJob
metadata:
  name: grpo-${index}
  namespace: team-${index % 20}
spec:
  entrypoint: python examples/run_grpo.py cluster.num_nodes=2 grpo.max_num_steps=500 policy.generation.vllm_cfg.gpu_memory_utilization=0.8
  rayClusterSpec:
    rayVersion: "2.52.0"
    headGroupSpec:
      rayStartParams: {}
      template:${pod.replaceAll('\n  ', '\n')}
    workerGroupSpecs:
      - groupName: gpu
        replicas: 1
        minReplicas: 1
        maxReplicas: 4
        rayStartParams: {}
        template:${pod}
`;
}

function deployment(index: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: vllm-${index}
  namespace: team-${index % 20}
spec:
  replicas: 2
  selector: { matchLabels: { app: vllm-${index} } }
  template:
    metadata: { labels: { app: vllm-${index} } }
    spec:
      containers:
        - name: vllm
          image: vllm/vllm-openai:v0.11.0
          command: ["bash", "-c"]
          args:
            - |
              set -e
              export HF_HOME=/cache
              exec vllm serve Qwen/Qwen3-8B --tensor-parallel-size 2 --gpu-memory-utilization 0.9 --max-model-len 32768
          ports: [{ containerPort: 8000 }]
          resources:
            limits: { nvidia.com/gpu: 2, memory: 64Gi }
          readinessProbe: { httpGet: { path: /health, port: 8000 }, periodSeconds: 10 }
---
apiVersion: v1
kind: Service
metadata: { name: vllm-${index}, namespace: team-${index % 20} }
spec:
  selector: { app: vllm-${index} }
  ports: [{ port: 80, targetPort: 8000 }]
`;
}

/** Prints at the end what the kernel counted for the process itself. */
const COUNT_AT_EXIT = "data:text/javascript,process.on('exit',()=>{const{userCPUTime,systemCPUTime,maxRSS}=process.resourceUsage();process.stderr.write(JSON.stringify({cpuSeconds:(userCPUTime+systemCPUTime)/1e6,peakMB:maxRSS/1024}))})";

function run(directory: string): PreflightCost {
  const begun = performance.now();
  const { stdout, stderr } = spawnSync(process.execPath, ['--max-semi-space-size=1', '--import', COUNT_AT_EXIT, BUNDLE, 'preflight', directory, '--json'], { encoding: 'utf8', maxBuffer: 1 << 30 });
  const seconds = (performance.now() - begun) / 1000;
  if (!stderr.startsWith('{')) throw new Error(`preflight could not be measured: ${stderr}`);
  const { findings } = JSON.parse(stdout) as { findings: readonly unknown[] };
  return { ...(JSON.parse(stderr) as Pick<PreflightCost, 'cpuSeconds' | 'peakMB'>), seconds, findings: findings.length };
}

export function benchPreflight(): void {
  const directory = mkdtempSync(join(tmpdir(), 'railmedic-preflight-'));
  try {
    const bytes = writeManifests(directory, MANIFESTS);
    const runs = Array.from({ length: RUNS }, () => run(directory)).toSorted((a, b) => a.seconds - b.seconds);
    const middle = runs[Math.floor(RUNS / 2)];
    if (!middle) return;
    console.log(`preflight of ${MANIFESTS} manifests (${(bytes / 1e6).toFixed(1)} MB, ${middle.findings} findings), the middle of ${RUNS} runs, start of the process included\n`);
    console.log('| manifests/s | seconds | CPU | peak resident memory |\n|---:|---:|---:|---:|');
    console.log(`| ${Math.round(MANIFESTS / middle.seconds)} | ${middle.seconds.toFixed(2)} s | ${middle.cpuSeconds.toFixed(2)} s | ${middle.peakMB.toFixed(0)} MB |`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
