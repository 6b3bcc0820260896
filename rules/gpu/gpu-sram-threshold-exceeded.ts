import { defineRule } from '../define.ts';
import { REPLACE, show, XIDS } from './commands.ts';
import { eachGpu } from './each-gpu.ts';
import { evidenceOf, label, numberField, silence, yesNoField } from './fields.ts';

const SRAM = 'ecc.errors.uncorrected.aggregate.sram';
const FLAG = `${SRAM}.thresholdExceeded`;

export const gpuSramThresholdExceeded = defineRule({
  name: 'GpuSramThresholdExceeded',
  title: 'GPU has had more SRAM errors than NVIDIA tolerates',
  severity: 'critical',
  page: 'rules/gpu/gpu-sram-threshold-exceeded.md',
  needs: ['nvidia-query'],
  settings: {},
  *check(now) {
    yield* eachGpu(now['nvidia-query'], undefined, function* ({ gpu }) {
      const exceeded = yesNoField(gpu, FLAG);
      if (exceeded.value === undefined) yield silence(gpu, exceeded);
      if (!exceeded.value) return;
      const count = numberField(gpu, SRAM).value;
      yield {
        subject: gpu.uuid,
        message:
          `${label(gpu)}: its uncorrected SRAM errors${count === undefined ? '' : ` (${count} in its life)`} ` +
          `are past the limit for a field diagnostic (sram.thresholdExceeded is Yes)`,
        evidence: evidenceOf(gpu, [FLAG, SRAM, 'ecc.errors.uncorrected.volatile.sram']),
        causes: [
          {
            cause: 'bad-chip',
            likelihood: 'likely',
            why: "errors come back in the same place of the chip; NVIDIA's field diagnostic decides whether it is exchanged",
            check: [show(gpu, 'ECC'), XIDS, 'dcgmi diag -r 3   # on a drained node'],
            fix: REPLACE,
          },
        ],
      };
    });
  },
});
