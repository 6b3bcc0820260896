import { defineRule } from '../define.ts';
import { REPLACE, show, XIDS } from './commands.ts';
import { eachGpu } from './each-gpu.ts';
import { evidenceOf, label, silence, yesNoField } from './fields.ts';

const FLAG = 'remapped_rows.failure';

export const gpuRowRemapFailure = defineRule({
  name: 'GpuRowRemapFailure',
  title: 'GPU memory can no longer be repaired',
  severity: 'critical',
  page: 'rules/gpu/gpu-row-remap-failure.md',
  needs: ['nvidia-query'],
  settings: {},
  *check(now) {
    yield* eachGpu(now['nvidia-query'], undefined, function* ({ gpu }) {
      const failed = yesNoField(gpu, FLAG);
      if (failed.value === undefined) yield silence(gpu, failed);
      if (!failed.value) return;
      yield {
        subject: gpu.uuid,
        message: `${label(gpu)}: a failed memory row could not be replaced by a spare one (${FLAG} is Yes)`,
        evidence: evidenceOf(gpu, [FLAG, 'remapped_rows.correctable', 'remapped_rows.uncorrectable', 'remapped_rows.pending']),
        causes: [
          {
            cause: 'spare-rows-used-up',
            likelihood: 'confirmed',
            why: "the bank has no spare row left, or the spare one failed: one of NVIDIA's criteria for exchanging the card",
            check: [show(gpu, 'ROW_REMAPPER,ECC'), XIDS],
            fix: REPLACE,
          },
        ],
      };
    });
  },
});
