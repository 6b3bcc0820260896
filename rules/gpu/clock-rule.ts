import type { Cause, Gpu, Judgement, NvidiaQuery } from '../../agent/model.ts';
import { CLOCK_EVIDENCE, clockCut, type ClockReason, counterOf, cutMessage } from './clock-cuts.ts';
import { eachGpu, type GpuPair } from './each-gpu.ts';
import { evidenceOf, silence } from './fields.ts';

interface Looks {
  readonly now: NvidiaQuery;
  readonly before: NvidiaQuery | undefined;
  readonly seconds: number;
}

/** Yields each GPU whose clocks were cut for one of `reasons` for more than `cutRatio` of the window. */
export function* clockFindings(
  { now, before, seconds }: Looks,
  reasons: readonly ClockReason[],
  cutRatio: number,
  causes: (gpu: Gpu, affected: number, all: number) => readonly Cause[],
): Iterable<Judgement> {
  const cutsOf = (pair: GpuPair) => {
    const answers = reasons.map((reason) => clockCut(pair, reason));
    const cuts = answers.flatMap(({ value }) => (value !== undefined && value.cutSeconds > cutRatio * seconds ? [value] : []));
    return { answers, cuts };
  };
  const earlier = new Map(before?.gpus.map((gpu) => [gpu.uuid, gpu]));
  const affected = now.gpus.filter((gpu) => cutsOf({ gpu, earlier: earlier.get(gpu.uuid) }).cuts.length > 0).length;
  yield* eachGpu(now, before, function* (pair) {
    const { gpu } = pair;
    const { answers, cuts } = cutsOf(pair);
    if (cuts.length > 0) {
      const fields = [...reasons.map(counterOf), ...CLOCK_EVIDENCE];
      yield {
        subject: gpu.uuid,
        message: cutMessage(gpu, cuts, seconds),
        evidence: { ...evidenceOf(gpu, fields), reasons: cuts.map(({ reason }) => reason.name), seconds },
        causes: causes(gpu, affected, now.gpus.length),
      };
      return;
    }
    const blind = answers.flatMap((answer) => (answer.value === undefined ? [answer] : []));
    const worst = blind.find(({ report }) => report) ?? blind[0];
    if (worst) yield silence(gpu, worst);
  });
}
