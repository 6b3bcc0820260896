import type { Judgement, ManifestWorkload, Training } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { gpuOf } from './gpu-of.ts';
import { loraOf } from './lora.ts';
import { faultAt } from './place.ts';
import { billionsIn } from './words.ts';

const SWITCHES: Readonly<Partial<Record<Training['framework'], string>>> = {
  'nemo-rl': 'policy.dtensor_cfg.lora_cfg.enabled=true policy.dtensor_cfg.lora_cfg.dim=8',
  verl: 'actor_rollout_ref.model.lora_rank=8 actor_rollout_ref.model.lora_alpha=32',
  trl: '--use_peft --lora_r 8 --lora_alpha 32',
};

export const loraDisabled = defineRule({
  name: 'LoraDisabled',
  title: 'All weights are trained on small GPUs that vLLM shares',
  severity: 'info',
  page: 'rules/manifest/lora-disabled.md',
  needs: ['manifests'],
  settings: { gpuGibibytes: 80, minBillions: 3 },
  *check({ manifests }, _before, _seconds, settings) {
    for (const workload of manifests.workloads) {
      for (const training of workload.trainings) yield* judge(workload, training, settings.gpuGibibytes, settings.minBillions);
    }
  },
});

function* judge(workload: ManifestWorkload, training: Training, gibibytes: number, minBillions: number): Iterable<Judgement> {
  const gpu = training.pod && gpuOf(training.pod);
  if (!gpu || gpu.memoryMib >= gibibytes * 1024 || !training.isReinforcement || training.isColocated !== true || loraOf(training) !== undefined) return;
  const model = workload.engines.find(({ kind, position }) => kind === 'rollout' && position === training.position)?.model?.value;
  const billions = model === undefined ? undefined : billionsIn(model);
  if (billions !== undefined && billions < minBillions) return;
  yield faultAt(training, {
    message: `${model ?? 'the model'} is trained in full on ${gpu.name} with ${Math.round(gpu.memoryMib / 1024)} GiB that vLLM shares: gradients and AdamW state take 14 bytes a parameter${billions === undefined ? '' : `, ${Math.round(billions * 14)} GB in all`}, an adapter of rank 8 less than 1 % of that`,
    found: 'no LoRA',
    expected: 'LoRA, unless the training is sharded widely enough (railmedic budget grpo says)',
    ...(SWITCHES[training.framework] !== undefined && { snippet: SWITCHES[training.framework] ?? '' }),
    evidence: { gpu: gpu.name, framework: training.framework, ...(model !== undefined && { model }) },
  });
}
