import type { PodGroup, VllmEngine } from '../../agent/model.ts';
import { GPUS, type Gpu } from '../budget/gpus.ts';
import { possibleTypes } from './instance-fit.ts';

/** Labels that name the GPU: NVIDIA's feature discovery, GKE, Karpenter. */
const LABELS = ['nvidia.com/gpu.product', 'cloud.google.com/gke-accelerator', 'karpenter.k8s.aws/instance-gpu-name'];
/** Names as those labels and Ray's accelerator types write them. A bare A100 may have 40 or 80 GB and is none of them. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/\b(?<!G)B300/, 'B300'],
  [/\b(?<!G)B200/, 'B200'],
  [/\b(?<!G)H200/, 'H200'],
  [/\b(?<!G)H100/, 'H100'],
  [/A100.*80G/, 'A100 80GB'],
  [/A100.*40G|TESLA-A100/, 'A100 40GB'],
  [/\bA10G\b/, 'A10G'],
  [/\bL40S\b/, 'L40S'],
  [/\bL4\b/, 'L4'],
  [/\bT4\b/, 'T4'],
];

/** What a GPU is called and how much memory it has; undefined where the manifest leaves it open. */
export type GpuMemory = Pick<Gpu, 'name' | 'memoryMib'>;

/** The GPU of a pod's nodes; of several that are admitted, the smallest. */
export function gpuOf(pod: PodGroup): GpuMemory | undefined {
  const types = possibleTypes(pod).filter(({ gpu, gpus, gpuMebibytes }) => gpu !== undefined && gpus > 0 && gpuMebibytes !== undefined);
  if (types.length > 0 && types.length === pod.instanceTypes.length) {
    const [smallest] = types.toSorted((a, b) => (a.gpuMebibytes ?? 0) - (b.gpuMebibytes ?? 0));
    const memoryMib = smallest?.gpuMebibytes ?? 0;
    return { name: GPUS.find((gpu) => gpu.memoryMib === memoryMib && gpu.name.toLowerCase().startsWith(smallest?.gpu ?? ''))?.name ?? (smallest?.gpu ?? '').toUpperCase(), memoryMib };
  }
  return LABELS.map((label) => gpuCalled(pod.nodeSelector[label])).find((gpu) => gpu !== undefined);
}

/** The GPU that an LLM configuration of Ray Serve asks for by its accelerator type. */
export function acceleratorOf({ object, path, kind }: VllmEngine): GpuMemory | undefined {
  const type = kind === 'serve-llm' ? object.get([...path, 'accelerator_type']) : undefined;
  return typeof type === 'string' ? gpuCalled(type) : undefined;
}

function gpuCalled(text: string | undefined): GpuMemory | undefined {
  const found = text === undefined ? undefined : NAMES.find(([pattern]) => pattern.test(text.toUpperCase()));
  return found && GPUS.find(({ name }) => name === found[1]);
}
