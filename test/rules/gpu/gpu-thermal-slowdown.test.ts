import { describe, expect, it } from 'vitest';

import { gpuThermalSlowdown as rule } from '../../../rules/gpu/gpu-thermal-slowdown.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { IDLE, LOAD, MIG, UUID } from './h200.ts';

const HW = 'clocks_event_reasons_counters.hw_thermal_slowdown';
const SW = 'clocks_event_reasons_counters.sw_thermal_slowdown';
const ACTIVE = 'clocks_event_reasons.active';
type Fields = Readonly<Record<string, string | number>>;
const look = (fields: Fields) => ({ 'nvidia-query': nvidiaQuery([gpu(fields)]) });
/** As drivers answer that know reasons and do not count them. */
const old = (mask: string | number) => look({ [ACTIVE]: mask });

describe('silent', () => {
  it('on an H200, idle, under a load that its power limit holds back, and with MIG', () => {
    expect(judge(rule, look(IDLE), look(IDLE))).toEqual([]);
    expect(judge(rule, look(LOAD), look(LOAD))).toEqual([]);
    expect(judge(rule, look(MIG), look(MIG))).toEqual([]);
  });
  it('about cuts of the past', () => {
    expect(judge(rule, look({ ...LOAD, [SW]: 15_820_333_506 }), look({ ...LOAD, [SW]: 15_820_333_506 }))).toEqual([]);
  });
  it('at first sight and after a driver reload', () => {
    const why = `GPU 3: no earlier look at ${HW} to compare with`;
    expect(judge(rule, look({ ...LOAD, [SW]: 5_000_000 }))).toEqual([{ undecided: UUID, why, report: false }]);
    expect(judge(rule, look({ ...LOAD, [SW]: 1 }), look({ ...LOAD, [SW]: 5_000_000 }))).toEqual([
      { undecided: UUID, why: `GPU 3: ${SW} went back from 5000000 to 1: it has begun anew`, report: false },
    ]);
  });
  it('about a reason that is active at one look only, without counters', () => {
    expect(judge(rule, old('0x0000000000000020'), old('0x0000000000000001'))).toEqual([]);
    expect(judge(rule, old('0x0000000000000000'), old('0x0000000000000020'))).toEqual([]);
    expect(judge(rule, old('0x0000000000000020'))).toMatchObject([{ undecided: UUID, report: false }]);
  });
  it('where the card knows of no reasons', () => {
    expect(judge(rule, old('[N/A]'), old('[N/A]'))).toEqual([{ undecided: UUID, why: `GPU 3: ${ACTIVE} says "[N/A]"`, report: false }]);
  });
});

describe('reports', () => {
  it('for how much of the window the clocks were cut', () => {
    const hot = { ...LOAD, [SW]: 12_000_000, 'temperature.gpu': 84 };
    expect(judge(rule, look(hot), look(LOAD), 30)).toMatchObject([
      {
        subject: UUID,
        message: 'GPU 3: clocks cut for 12.0 s of the last 30 s (40 %) by sw_thermal_slowdown; now 84 C, 1485 of 1980 MHz',
        evidence: { [SW]: 12_000_000, 'temperature.gpu': 84, reasons: ['sw_thermal_slowdown'], seconds: 30 },
        causes: [{ cause: 'this-card', likelihood: 'likely' }, { cause: 'inlet-air' }],
      },
    ]);
  });
  it('both reasons, a short cut and a cut that seems longer than the window', () => {
    expect(judge(rule, look({ [HW]: 2_500, [SW]: 30_400_000 }), look({ [HW]: 0, [SW]: 0 }), 30)).toMatchObject([
      {
        message:
          'GPU 3: clocks cut for 2.5 ms of the last 30 s (below 1 %) by hw_thermal_slowdown and 30.4 s of the last 30 s (100 %) by sw_thermal_slowdown',
      },
    ]);
  });
  it.each(['0x0000000000000060', 96])('a reason that is active at two looks, where nothing counts it: %s', (mask) => {
    expect(judge(rule, old(mask), old(mask), 30)).toMatchObject([
      {
        message:
          'GPU 3: clocks cut now and 30 s ago by hw_thermal_slowdown and sw_thermal_slowdown (this driver does not count how long)',
      },
    ]);
  });
  it('the air first when most GPUs are too hot', () => {
    const node = (count: number) => ({
      'nvidia-query': nvidiaQuery([0, 1, 2, 3].map((index) => gpu({ ...LOAD, [SW]: index < 3 ? count : 0 }, { index, uuid: `GPU-${index}` }))),
    });
    const found = judge(rule, node(9_000_000), node(0), 30);
    expect(found).toHaveLength(3);
    expect(found[0]).toMatchObject({ subject: 'GPU-0', causes: [{ cause: 'inlet-air', likelihood: 'likely' }, { cause: 'this-card' }] });
  });
  it('only what is above the ratio that the configuration sets', () => {
    const now = look({ ...LOAD, [SW]: 3_000_000 });
    expect(judge(rule, now, look(LOAD), 30, { cutRatio: 0.2 })).toEqual([]);
    expect(judge(rule, now, look(LOAD), 30, { cutRatio: 0.05 })).toHaveLength(1);
  });
  it('that it cannot tell', () => {
    expect(judge(rule, look({ [HW]: '[Unknown Error]', [SW]: 0 }), look({ [HW]: 0, [SW]: 0 }))).toEqual([
      { undecided: UUID, why: `GPU 3: ${HW} says "[Unknown Error]"`, report: true },
    ]);
    expect(judge(rule, old('soon'), old('soon'))).toEqual([
      { undecided: UUID, why: `GPU 3: ${ACTIVE} says "soon", expected a mask such as 0x0000000000000000`, report: true },
    ]);
  });
});
