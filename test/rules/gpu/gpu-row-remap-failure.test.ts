import { describe, expect, it } from 'vitest';

import { gpuRowRemapFailure as rule } from '../../../rules/gpu/gpu-row-remap-failure.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { IDLE, MIG, UUID, WITHOUT_ECC } from './h200.ts';

const look = (fields: Readonly<Record<string, string | number>>) => ({ 'nvidia-query': nvidiaQuery([gpu(fields)]) });

describe('silent', () => {
  it('on a healthy H200', () => {
    expect(judge(rule, look(IDLE))).toEqual([]);
  });
  it('while rows are remapped as they should be', () => {
    expect(judge(rule, look({ ...IDLE, 'remapped_rows.uncorrectable': 5, 'remapped_rows.pending': 'Yes' }))).toEqual([]);
  });
  it('without ECC and under MIG, and keeps what stands', () => {
    const why = 'GPU 3: remapped_rows.failure says "[N/A]"';
    expect(judge(rule, look(WITHOUT_ECC))).toEqual([{ undecided: UUID, why, report: false }]);
    expect(judge(rule, look(MIG))).toEqual([{ undecided: UUID, why: `${why} while MIG is on`, report: false }]);
  });
});

describe('reports', () => {
  it('a row that could not be replaced', () => {
    expect(judge(rule, look({ ...IDLE, 'remapped_rows.failure': 'Yes', 'remapped_rows.uncorrectable': 9 }))).toMatchObject([
      {
        subject: UUID,
        message: 'GPU 3: a failed memory row could not be replaced by a spare one (remapped_rows.failure is Yes)',
        evidence: { gpu: 3, pciAddress: '0000:83:00.0', 'remapped_rows.uncorrectable': 9 },
        causes: [{ cause: 'spare-rows-used-up', likelihood: 'confirmed' }],
      },
    ]);
  });
  it('that it cannot tell', () => {
    expect(judge(rule, look({ ...IDLE, 'remapped_rows.failure': 'Maybe' }))).toEqual([
      { undecided: UUID, why: 'GPU 3: remapped_rows.failure says "Maybe", expected Yes or No', report: true },
    ]);
  });
});
