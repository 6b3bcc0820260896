import type { Plan } from './plan.ts';
import { kvBytesPerRequest, kvLine, servingLines, weightBytes } from './serving-memory.ts';
import { trainerLines } from './training-memory.ts';

/** One row of the table: bytes on one GPU, and the sum that gives them. */
export interface Line {
  readonly what: string;
  readonly bytes: number;
  readonly how: string;
}

/** A time during which memory is held; a GPU must bear the worst. */
export interface Phase {
  readonly name: 'serving' | 'training' | 'generating' | 'vLLM within its share';
  readonly lines: readonly Line[];
  readonly needBytes: number;
  readonly limitBytes: number;
  readonly limit: string;
  readonly fits: boolean;
}

export interface Budget {
  readonly plan: Plan;
  readonly phases: readonly Phase[];
  readonly fits: boolean;
  /** Requests of the full length that the cache would hold with this plan's weights and share; 0: vLLM does not start. */
  readonly concurrencyThatFits: number | undefined;
}

/** Memory that a sleeping vLLM keeps: its CUDA context and what its allocator does not give back ("still in use" in its log). */
const ASLEEP_BYTES = 2 * 1024 ** 3;

/** What the plan needs on each GPU, phase by phase. Pure arithmetic: docs/budget.md has the formulas and their sources. */
export function budget(plan: Plan): Budget {
  const phases = plan.mode === 'serve' ? [servingPhase(plan, 'serving')] : plan.mode === 'train' ? [trainingPhase(plan, [])] : grpoPhases(plan);
  return {
    plan,
    phases,
    fits: phases.every((phase) => phase.fits),
    concurrencyThatFits: plan.mode === 'train' ? undefined : concurrencyThatFits(plan),
  };
}

function servingPhase(plan: Plan, name: 'serving' | 'vLLM within its share'): Phase {
  const share = plan.serving.memoryUtilization;
  return phase(name, [...servingLines(plan), kvLine(plan)], share * plan.gpuBytes, `${share} of the GPU (gpu_memory_utilization)`);
}

function trainingPhase(plan: Plan, others: readonly Line[]): Phase {
  const { resident, step } = trainerLines(plan);
  const own: Line = { what: 'CUDA, NCCL', bytes: plan.overheadBytes, how: 'context and buffers outside torch' };
  return phase('training', [...resident, ...step, own, ...others], plan.gpuBytes, 'the whole GPU');
}

/**
 * Colocated: vLLM takes its whole share while it generates, needed or not, and the trainer's state stays beside it unless
 * it is offloaded; then vLLM sleeps, or keeps its share, while the trainer steps.
 */
function grpoPhases(plan: Plan): readonly Phase[] {
  const share = plan.serving.memoryUtilization * plan.gpuBytes;
  const shared: readonly Line[] = plan.training.sharedWeights ? [{ what: 'weights held once', bytes: -weightBytes(plan), how: 'trainer and vLLM share one copy' }] : [];
  const reservation: Line = { what: "vLLM's share", bytes: share, how: `${plan.serving.memoryUtilization} of the GPU, whatever it needs` };
  const { resident } = trainerLines(plan);
  const own: Line = { what: 'CUDA, NCCL of the trainer', bytes: plan.overheadBytes, how: 'its own context beside that of vLLM' };
  const beside = plan.training.offload ? [] : resident;
  const asleep: Line = { what: 'vLLM asleep', bytes: ASLEEP_BYTES, how: 'its context and what its allocator keeps' };
  return [
    servingPhase(plan, 'vLLM within its share'),
    phase('generating', [reservation, ...beside, own, ...(plan.training.offload ? [] : shared)], plan.gpuBytes, 'the whole GPU'),
    trainingPhase(plan, plan.training.sleep ? [asleep] : [reservation, ...shared]),
  ];
}

function concurrencyThatFits(plan: Plan): number {
  const others = servingLines(plan).reduce((sum, line) => sum + line.bytes, 0);
  return Math.max(0, Math.floor((plan.serving.memoryUtilization * plan.gpuBytes - others) / kvBytesPerRequest(plan)));
}

function phase(name: Phase['name'], lines: readonly Line[], limitBytes: number, limit: string): Phase {
  const needBytes = lines.reduce((sum, line) => sum + line.bytes, 0);
  return { name, lines, needBytes, limitBytes, limit, fits: needBytes <= limitBytes };
}
