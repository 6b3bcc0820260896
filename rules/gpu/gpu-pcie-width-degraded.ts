import type { Judgement } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { eachGpu, type GpuPair } from './each-gpu.ts';
import { evidenceOf, label, numberField, silence } from './fields.ts';
import { linkCauses } from './pcie-causes.ts';

const CURRENT = 'pcie.link.width.current';
const MAX = 'pcie.link.width.max';

export const gpuPcieWidthDegraded = defineRule({
  name: 'GpuPcieWidthDegraded',
  title: 'GPU runs on fewer PCIe lanes than it could',
  severity: 'warning',
  page: 'rules/gpu/gpu-pcie-width-degraded.md',
  needs: ['nvidia-query'],
  settings: {},
  *check(now) {
    yield* eachGpu(now['nvidia-query'], undefined, judge);
  },
});

function* judge({ gpu }: GpuPair): Iterable<Judgement> {
  const current = numberField(gpu, CURRENT);
  const full = numberField(gpu, MAX);
  const blind = [current, full].find((answer) => answer.value === undefined);
  if (blind?.value === undefined && blind !== undefined) yield silence(gpu, blind);
  if (current.value === undefined || full.value === undefined || current.value >= full.value) return;
  yield {
    subject: gpu.uuid,
    message: `${label(gpu)}: its PCIe link is ${current.value} lanes wide, the card in this machine can have ${full.value}`,
    evidence: evidenceOf(gpu, [CURRENT, MAX, 'pcie.link.gen.current', 'pcie.link.gen.gpucurrent', 'pcie.link.gen.max', 'pstate']),
    causes: linkCauses(gpu),
  };
}
