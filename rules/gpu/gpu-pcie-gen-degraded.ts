import type { Gpu, Judgement } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { eachGpu, type GpuPair } from './each-gpu.ts';
import { type Answer, evidenceOf, label, numberField, silence, unanswered } from './fields.ts';
import { linkCauses } from './pcie-causes.ts';

const FIELDS = ['gpucurrent', 'current', 'max', 'gpumax'].map((name) => `pcie.link.gen.${name}`);

export const gpuPcieGenDegraded = defineRule({
  name: 'GpuPcieGenDegraded',
  title: 'Busy GPU runs at a lower PCIe generation than it could',
  severity: 'warning',
  page: 'rules/gpu/gpu-pcie-gen-degraded.md',
  needs: ['nvidia-query'],
  // An idle link slows down to save power: only a busy GPU tells.
  settings: { windowSeconds: 30, busyRatio: 0.2 },
  *check(now, before, seconds, settings) {
    yield* eachGpu(now['nvidia-query'], before?.['nvidia-query'], (pair) => judge(pair, seconds, settings.busyRatio));
  },
});

function* judge(pair: GpuPair, seconds: number, busyRatio: number): Iterable<Judgement> {
  const { gpu, earlier } = pair;
  const link = generations(gpu);
  if (link.value === undefined) yield silence(gpu, link);
  if (link.value === undefined || link.value.current >= link.value.full) return;
  const past = earlier && generations(earlier).value;
  const busy = busyThroughout(pair, busyRatio);
  if (busy.value === undefined || past === undefined) {
    yield silence(gpu, busy.value === undefined ? busy : unanswered(gpu, 'no earlier look at its link to compare with'));
    return;
  }
  if (past.current >= past.full) return;
  yield {
    subject: gpu.uuid,
    message:
      `${label(gpu)}: its PCIe link runs at generation ${link.value.current} of ${link.value.full} ` +
      `while it is busy (at least ${Math.round(busy.value * 100)} % at both ends of ${Math.round(seconds)} s)`,
    evidence: { ...evidenceOf(gpu, [...FIELDS, 'pstate']), busyRatio: busy.value, seconds },
    causes: linkCauses(gpu),
  };
}

/**
 * `max` is what the card and its slot can do together; `gpumax` is the card alone, so that a card in an older machine would
 * always seem degraded. `current` is deprecated for `gpucurrent` (nvidia-smi --help-query-gpu, 580).
 */
function generations(gpu: Gpu): Answer<{ readonly current: number; readonly full: number }> {
  const newer = numberField(gpu, 'pcie.link.gen.gpucurrent');
  const current = newer.value === undefined ? numberField(gpu, 'pcie.link.gen.current') : newer;
  if (current.value === undefined) return current;
  const both = numberField(gpu, 'pcie.link.gen.max');
  if (both.value !== undefined) return { value: { current: current.value, full: both.value } };
  const card = numberField(gpu, 'pcie.link.gen.gpumax');
  return card.value === undefined ? both : { value: { current: current.value, full: card.value } };
}

/** The lesser load of the window's two ends, where both are high enough. */
function busyThroughout({ gpu, earlier }: GpuPair, busyRatio: number): Answer<number> {
  if (gpu.busyRatio === undefined) return unanswered(gpu, 'it does not say how busy it is');
  if (earlier?.busyRatio === undefined) return unanswered(gpu, 'no earlier look at its load to compare with');
  const least = Math.min(gpu.busyRatio, earlier.busyRatio);
  return least >= busyRatio ? { value: least } : unanswered(gpu, 'too little load to tell: an idle link slows down by design');
}
