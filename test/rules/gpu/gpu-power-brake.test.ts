import { describe, expect, it } from 'vitest';

import { gpuPowerBrake as rule } from '../../../rules/gpu/gpu-power-brake.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { IDLE, LOAD, UUID } from './h200.ts';

const COUNTER = 'clocks_event_reasons_counters.hw_power_brake_slowdown';
const ACTIVE = 'clocks_event_reasons.active';
const look = (fields: Readonly<Record<string, string | number>>) => ({ 'nvidia-query': nvidiaQuery([gpu(fields)]) });

describe('silent', () => {
  it('on an H200, idle and at its power limit', () => {
    expect(judge(rule, look(IDLE), look(IDLE))).toEqual([]);
    expect(judge(rule, look(LOAD), look(LOAD))).toEqual([]);
  });
  it('about heat', () => {
    const hot = { ...LOAD, 'clocks_event_reasons_counters.sw_thermal_slowdown': 9_000_000 };
    expect(judge(rule, look(hot), look(LOAD))).toEqual([]);
    expect(judge(rule, look({ [ACTIVE]: '0x0000000000000068' }), look({ [ACTIVE]: '0x0000000000000068' }))).toEqual([]);
  });
  it('at first sight', () => {
    expect(judge(rule, look({ ...LOAD, [COUNTER]: 9 }))).toEqual([
      { undecided: UUID, why: `GPU 3: no earlier look at ${COUNTER} to compare with`, report: false },
    ]);
  });
});

describe('reports', () => {
  it('for how much of the window the brake was on', () => {
    expect(judge(rule, look({ ...LOAD, [COUNTER]: 30_000_000 }), look(LOAD), 30)).toMatchObject([
      {
        subject: UUID,
        message: 'GPU 3: clocks cut for 30.0 s of the last 30 s (100 %) by hw_power_brake_slowdown; now 56 C, 1485 of 1980 MHz',
        evidence: { [COUNTER]: 30_000_000, reasons: ['hw_power_brake_slowdown'], 'power.limit': 700 },
        causes: [{ cause: 'power-supply', likelihood: 'likely' }, { cause: 'board', likelihood: 'possible' }],
      },
    ]);
  });
  it('the bit at two looks, where nothing counts it', () => {
    const braked = look({ [ACTIVE]: '0x0000000000000088' });
    expect(judge(rule, braked, braked, 30)).toMatchObject([
      { message: 'GPU 3: clocks cut now and 30 s ago by hw_power_brake_slowdown (this driver does not count how long)' },
    ]);
  });
});
