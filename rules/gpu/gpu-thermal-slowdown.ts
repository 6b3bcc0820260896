import type { Cause, Gpu } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { HW_THERMAL, SW_THERMAL } from './clock-cuts.ts';
import { clockFindings } from './clock-rule.ts';
import { DRAIN, show } from './commands.ts';

export const gpuThermalSlowdown = defineRule({
  name: 'GpuThermalSlowdown',
  title: 'GPU clocks are cut because of heat',
  severity: 'warning',
  page: 'rules/gpu/gpu-thermal-slowdown.md',
  needs: ['nvidia-query'],
  settings: { windowSeconds: 30, cutRatio: 0 },
  *check(now, before, seconds, settings) {
    const looks = { now: now['nvidia-query'], before: before?.['nvidia-query'], seconds };
    yield* clockFindings(looks, [HW_THERMAL, SW_THERMAL], settings.cutRatio, causes);
  },
});

function causes(gpu: Gpu, affected: number, all: number): readonly Cause[] {
  const isWide = affected > 1 && affected * 2 >= all;
  const air: Cause = {
    cause: 'inlet-air',
    likelihood: isWide ? 'likely' : 'possible',
    why: `${affected} of ${all} GPUs are too hot: warm air at the inlet, a failed fan or pump, a blocked filter`,
    check: [
      'nvidia-smi --query-gpu=index,temperature.gpu,temperature.memory,fan.speed --format=csv',
      "ipmitool sdr type Fan; ipmitool sdr type Temperature   # the machine's own controller",
    ],
    fix: [],
  };
  const card: Cause = {
    cause: 'this-card',
    likelihood: isWide ? 'possible' : 'likely',
    why: 'only few of the GPUs are too hot: the heat sink, its paste or the air of this slot',
    check: [show(gpu, 'TEMPERATURE,PERFORMANCE,CLOCK')],
    fix: [DRAIN],
  };
  return isWide ? [air, card] : [card, air];
}
