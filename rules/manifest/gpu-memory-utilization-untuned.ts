import type { Judgement, ManifestWorkload, Setting, VllmEngine } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { engineWords, hostsOf, optionText, trainingOf } from './engine-words.ts';
import { faultAt } from './place.ts';
import { numberIn } from './setting-values.ts';

/** Say it in another way, or somewhere that cannot be read. */
const INSTEAD = ['kv_cache_memory_bytes', 'num_gpu_blocks_override', 'config'];

export const gpuMemoryUtilizationUntuned = defineRule({
  name: 'GpuMemoryUtilizationUntuned',
  title: "vLLM's share of the GPU was not chosen",
  severity: 'info',
  page: 'rules/manifest/gpu-memory-utilization-untuned.md',
  needs: ['manifests'],
  settings: { colocatedShare: 0.7 },
  *check({ manifests }, _before, _seconds, settings) {
    for (const workload of manifests.workloads) {
      for (const engine of workload.engines) {
        if (hostsOf(workload, engine).every(({ container }) => container.gpus === 0)) continue;
        yield* judge(workload, engine, settings.colocatedShare);
      }
    }
  },
});

function* judge(workload: ManifestWorkload, engine: VllmEngine, most: number): Iterable<Judgement> {
  const setting = engine.options['gpu_memory_utilization'];
  const share = numberIn(setting);
  if (setting && share !== undefined && (share <= 0 || share > 1)) yield impossible(workload, engine, setting, share);
  else if (setting && share !== undefined && share > most && trainingOf(workload, engine)?.isColocated === true) yield tooLarge(workload, engine, setting, share, most);
  else if (!setting && engine.kind !== 'rollout' && !isOfTrl(engine) && INSTEAD.every((name) => engine.options[name] === undefined)) yield unset(workload, engine);
}

/** `trl vllm-serve` has a default of its own, 0.9 whatever vLLM's is: trl/scripts/vllm_serve.py. */
function isOfTrl({ container, path, position }: VllmEngine): boolean {
  return container?.commands.some((command) => command.path === path && command.position === position && command.words.some(({ text }) => text === 'vllm-serve')) === true;
}

function impossible(workload: ManifestWorkload, engine: VllmEngine, setting: Setting, share: number): Judgement {
  const meant = share > 1 && share <= 100 ? share / 100 : 0.9;
  return faultAt(setting, {
    message: `${engineWords(engine)} sets gpu_memory_utilization to ${share}, which is no share of a GPU: vLLM stops at start-up`,
    found: `gpu_memory_utilization ${share}`,
    expected: 'a number above 0 and at most 1',
    snippet: optionText(engine, trainingOf(workload, engine), 'gpu_memory_utilization', meant),
    severity: 'warning',
    title: 'gpu_memory_utilization is no share',
  });
}

function tooLarge(workload: ManifestWorkload, engine: VllmEngine, setting: Setting, share: number, most: number): Judgement {
  return faultAt(setting, {
    message: `${engineWords(engine)} gives vLLM ${percent(share)} of GPUs that it shares with the trainer: ${percent(1 - share)} is left for weights, gradients and optimizer, unless all of these leave the GPU while vLLM generates`,
    found: `gpu_memory_utilization ${share}, colocated`,
    expected: `0.5 to ${most} where trainer and vLLM share the GPU`,
    snippet: optionText(engine, trainingOf(workload, engine), 'gpu_memory_utilization', 0.6),
    evidence: { share, most },
    severity: 'warning',
    title: 'vLLM takes too much of GPUs that a trainer shares',
  });
}

function unset(workload: ManifestWorkload, engine: VllmEngine): Judgement {
  return faultAt(engine, {
    message: `${engineWords(engine)} leaves gpu_memory_utilization at its default, 0.92 today and 0.9 before: with a new version the cache and the concurrency change, and so does what is left for NCCL and CUDA graphs`,
    found: 'no gpu_memory_utilization',
    expected: 'the share that this model and this concurrency were tried with',
    snippet: optionText(engine, trainingOf(workload, engine), 'gpu_memory_utilization', 0.9),
  });
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
