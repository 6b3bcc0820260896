import { describe, expect, it } from 'vitest';

import { gpuSramThresholdExceeded as rule } from '../../../rules/gpu/gpu-sram-threshold-exceeded.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { IDLE, UUID, WITHOUT_ECC } from './h200.ts';

const SRAM = 'ecc.errors.uncorrected.aggregate.sram';
const FLAG = `${SRAM}.thresholdExceeded`;
const look = (fields: Readonly<Record<string, string | number>>) => ({ 'nvidia-query': nvidiaQuery([gpu(fields)]) });

describe('silent', () => {
  it('on a healthy H200, and on one with an error below the limit', () => {
    expect(judge(rule, look(IDLE))).toEqual([]);
    expect(judge(rule, look({ ...IDLE, [SRAM]: 2 }))).toEqual([]);
  });
  it('without ECC and on drivers that do not have the field', () => {
    expect(judge(rule, look(WITHOUT_ECC))).toEqual([{ undecided: UUID, why: `GPU 3: ${FLAG} says "[N/A]"`, report: false }]);
    expect(judge(rule, look({}))).toEqual([{ undecided: UUID, why: `GPU 3: this driver's nvidia-smi has no ${FLAG}`, report: false }]);
  });
});

describe('reports', () => {
  it('the flag with the count', () => {
    expect(judge(rule, look({ ...IDLE, [FLAG]: 'Yes', [SRAM]: 6 }))).toMatchObject([
      {
        subject: UUID,
        message:
          'GPU 3: its uncorrected SRAM errors (6 in its life) are past the limit for a field diagnostic (sram.thresholdExceeded is Yes)',
        evidence: { [FLAG]: 'Yes', [SRAM]: 6 },
        causes: [{ cause: 'bad-chip', likelihood: 'likely' }],
      },
    ]);
  });
  it('the flag without a count', () => {
    expect(judge(rule, look({ [FLAG]: 'Yes' }))).toMatchObject([
      { message: 'GPU 3: its uncorrected SRAM errors are past the limit for a field diagnostic (sram.thresholdExceeded is Yes)' },
    ]);
  });
  it('that it cannot tell', () => {
    expect(judge(rule, look({ ...IDLE, [FLAG]: '[Insufficient Permissions]' }))).toEqual([
      { undecided: UUID, why: `GPU 3: ${FLAG} says "[Insufficient Permissions]"`, report: true },
    ]);
  });
});
