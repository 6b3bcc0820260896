import { defineRule } from '../define.ts';
import { grouped } from '../words.ts';
import { reset, show } from './commands.ts';
import { eachGpu, gpuRise } from './each-gpu.ts';
import { evidenceOf, label, silence } from './fields.ts';

const COUNTER = 'ecc.errors.corrected.volatile.total';

export const gpuEccCorrectedStorm = defineRule({
  name: 'GpuEccCorrectedStorm',
  title: 'GPU corrects memory errors at a high rate',
  severity: 'warning',
  page: 'rules/gpu/gpu-ecc-corrected-storm.md',
  needs: ['nvidia-query'],
  clearAfterSeconds: 300,
  // A failing GPU under load was seen with 4 600 to 17 700 a second (NVSentinel #1748); a sound one has none for days.
  settings: { windowSeconds: 60, errorsPerMinute: 1000 },
  *check(now, before, seconds, settings) {
    yield* eachGpu(now['nvidia-query'], before?.['nvidia-query'], function* (pair) {
      const { gpu } = pair;
      const rise = gpuRise(pair, COUNTER);
      if (rise.value === undefined || seconds <= 0) {
        if (rise.value === undefined) yield silence(gpu, rise);
        return;
      }
      const perMinute = (rise.value * 60) / seconds;
      if (perMinute <= settings.errorsPerMinute) return;
      yield {
        subject: gpu.uuid,
        message:
          `${label(gpu)}: corrected ${grouped(rise.value)} memory errors in ${grouped(seconds)} s ` +
          `(${grouped(perMinute)} a minute, limit ${grouped(settings.errorsPerMinute)})`,
        evidence: {
          ...evidenceOf(gpu, [COUNTER, 'ecc.errors.corrected.volatile.dram', 'ecc.errors.corrected.volatile.sram', 'temperature.memory']),
          rise: rise.value,
          perMinute,
        },
        causes: [
          {
            cause: 'failing-memory',
            likelihood: 'likely',
            why: 'a row or a whole stack of its memory is failing; uncorrected errors and stalls under load tend to follow',
            check: [show(gpu, 'ECC,ROW_REMAPPER,TEMPERATURE')],
            fix: reset(gpu),
          },
        ],
      };
    });
  },
});
