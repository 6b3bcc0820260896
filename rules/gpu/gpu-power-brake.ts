import type { Cause, Gpu } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { POWER_BRAKE } from './clock-cuts.ts';
import { clockFindings } from './clock-rule.ts';
import { show } from './commands.ts';

export const gpuPowerBrake = defineRule({
  name: 'GpuPowerBrake',
  title: 'GPU clocks are cut by the power brake',
  severity: 'warning',
  page: 'rules/gpu/gpu-power-brake.md',
  needs: ['nvidia-query'],
  settings: { windowSeconds: 30, cutRatio: 0 },
  *check(now, before, seconds, settings) {
    const looks = { now: now['nvidia-query'], before: before?.['nvidia-query'], seconds };
    yield* clockFindings(looks, [POWER_BRAKE], settings.cutRatio, causes);
  },
});

function causes(gpu: Gpu, affected: number, all: number): readonly Cause[] {
  const events = "ipmitool sdr type 'Power Supply'; ipmitool sel elist | tail -20   # the machine's own controller";
  return [
    {
      cause: 'power-supply',
      likelihood: 'likely',
      why:
        `the machine pulls the brake on ${affected} of ${all} GPUs: a power supply has failed, is unplugged or overloaded, ` +
        'or its power cap is reached',
      check: [events, show(gpu, 'POWER,PERFORMANCE')],
      fix: [],
    },
    {
      cause: 'board',
      likelihood: 'possible',
      why: 'the brake line or the power stage of the board is faulty: then it is always the same GPU',
      check: [show(gpu, 'POWER,PERFORMANCE')],
      fix: [],
    },
  ];
}
