import type { Gpu, Judgement, NvidiaQuery } from '../../agent/model.ts';
import { undecided } from '../rates.ts';
import { type Answer, numberField, unanswered } from './fields.ts';

/** A GPU now and, where it was listed then, at the earlier look: joined by UUID, for indices can change. */
export interface GpuPair {
  readonly gpu: Gpu;
  readonly earlier: Gpu | undefined;
}

/** Judges every GPU that is listed; what stands on one that is no longer listed is kept as unknown, for it did not heal. */
export function* eachGpu(
  now: NvidiaQuery,
  before: NvidiaQuery | undefined,
  judge: (pair: GpuPair) => Iterable<Judgement>,
): Iterable<Judgement> {
  const earlier = new Map(before?.gpus.map((gpu) => [gpu.uuid, gpu]));
  for (const gpu of now.gpus) yield* judge({ gpu, earlier: earlier.get(gpu.uuid) });
  for (const uuid of now.vanished ?? []) yield undecided(uuid, 'nvidia-smi no longer lists this GPU');
}

/** By how much a counter rose; unanswered at first sight and after a driver reload or GPU reset, which sets counters to zero. */
export function gpuRise({ gpu, earlier }: GpuPair, name: string): Answer<number> {
  const now = numberField(gpu, name);
  if (now.value === undefined) return now;
  const before = earlier && numberField(earlier, name).value;
  if (before === undefined) return unanswered(gpu, `no earlier look at ${name} to compare with`);
  if (now.value < before) return unanswered(gpu, `${name} went back from ${before} to ${now.value}: it has begun anew`);
  return { value: now.value - before };
}
