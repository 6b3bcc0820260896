import { budget, type Budget } from '../../../rules/budget/budget.ts';
import { gpuNamed } from '../../../rules/budget/gpus.ts';
import { knownModel } from '../../../rules/budget/known-models.ts';
import { OVERHEAD_BYTES, SERVING_DEFAULTS, TRAINING_DEFAULTS, type Mode, type ServingPlan, type TrainingPlan } from '../../../rules/budget/plan.ts';

export interface Asked {
  readonly mode: Mode;
  readonly model: string;
  readonly instanceType: string;
  readonly tensorParallel: number;
  readonly serving: Partial<ServingPlan>;
  readonly training?: Partial<TrainingPlan>;
}

/** What `railmedic budget` computes for a workload's settings. */
export function budgetOf({ mode, model, instanceType, tensorParallel, serving, training }: Asked): Budget {
  const shape = knownModel(model);
  const gpu = gpuNamed(instanceType);
  if (!shape || !gpu) throw new Error(`no figures for ${model} on ${instanceType}`);
  return budget({
    mode,
    model: shape,
    gpuName: gpu.name,
    gpuBytes: gpu.memoryMib * 2 ** 20,
    tensorParallel,
    pipelineParallel: 1,
    dtype: 'bf16',
    serving: { ...SERVING_DEFAULTS, ...serving },
    training: { ...TRAINING_DEFAULTS, ...training },
    overheadBytes: OVERHEAD_BYTES,
  });
}
