import type { Cause, Judgement } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { grouped } from '../words.ts';
import { reset, show, XIDS } from './commands.ts';
import { eachGpu, gpuRise, type GpuPair } from './each-gpu.ts';
import { evidenceOf, label, numberField, silence } from './fields.ts';

const VOLATILE = 'ecc.errors.uncorrected.volatile';
const AGGREGATE = 'ecc.errors.uncorrected.aggregate';

export const gpuEccUncorrected = defineRule({
  name: 'GpuEccUncorrected',
  title: 'GPU has uncorrected memory errors',
  severity: 'critical',
  page: 'rules/gpu/gpu-ecc-uncorrected.md',
  needs: ['nvidia-query'],
  // The volatile count stays until the driver is loaded anew; a rise of the lifetime count is seen at one look only.
  clearAfterSeconds: 300,
  settings: {},
  *check(now, before, seconds) {
    yield* eachGpu(now['nvidia-query'], before?.['nvidia-query'], (pair) => judge(pair, seconds));
  },
});

function* judge(pair: GpuPair, seconds: number): Iterable<Judgement> {
  const { gpu } = pair;
  const volatile = numberField(gpu, `${VOLATILE}.total`);
  const rise = gpuRise(pair, `${AGGREGATE}.total`).value ?? 0;
  if (volatile.value === undefined && rise === 0) yield silence(gpu, volatile);
  const words = [
    ...(volatile.value ? [`${grouped(volatile.value)} uncorrected memory errors since the driver was loaded${split(pair)}`] : []),
    ...(rise > 0 ? [`its lifetime count rose by ${grouped(rise)} in ${grouped(seconds)} s`] : []),
  ];
  if (words.length === 0) return;
  const parts = ['total', 'dram', 'sram'];
  yield {
    subject: gpu.uuid,
    message: `${label(gpu)}: ${words.join('; ')}`,
    evidence: evidenceOf(gpu, [VOLATILE, AGGREGATE].flatMap((kind) => parts.map((part) => `${kind}.${part}`))),
    causes: causes(pair),
  };
}

/** ` (DRAM 2, SRAM 0)`, where the driver tells them apart. */
function split({ gpu }: GpuPair): string {
  const dram = numberField(gpu, `${VOLATILE}.dram`).value;
  const sram = numberField(gpu, `${VOLATILE}.sram`).value;
  return dram === undefined || sram === undefined ? '' : ` (DRAM ${grouped(dram)}, SRAM ${grouped(sram)})`;
}

function causes({ gpu }: GpuPair): readonly Cause[] {
  const dram = numberField(gpu, `${VOLATILE}.dram`).value ?? 0;
  const sram = numberField(gpu, `${VOLATILE}.sram`).value ?? 0;
  const memory: Cause = {
    cause: 'memory-row',
    likelihood: dram > 0 ? 'likely' : 'possible',
    why: 'a row of its memory has failed; the driver offlines the page now and puts a spare row there at the next reset',
    check: [show(gpu, 'ECC,ROW_REMAPPER'), XIDS],
    fix: reset(gpu),
  };
  const cache: Cause = {
    cause: 'sram',
    likelihood: sram > 0 ? 'likely' : 'possible',
    why: 'a cache or register bit of the chip flipped; once is chance, again on the same GPU is a bad chip',
    check: [show(gpu, 'ECC'), XIDS],
    fix: reset(gpu),
  };
  return sram > dram ? [cache, memory] : [memory, cache];
}
