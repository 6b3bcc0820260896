import { describe, expect, it } from 'vitest';

import { gpuRowRemapPending as rule } from '../../../rules/gpu/gpu-row-remap-pending.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { IDLE, MIG, UUID, WITHOUT_ECC } from './h200.ts';

const look = (fields: Readonly<Record<string, string | number>>) => ({ 'nvidia-query': nvidiaQuery([gpu(fields)]) });

describe('silent', () => {
  it('on a healthy H200, whose retired pages are [N/A]', () => {
    expect(judge(rule, look(IDLE))).toEqual([]);
  });
  it('on a healthy V100, whose remapped rows are [N/A]', () => {
    expect(judge(rule, look({ 'remapped_rows.pending': '[N/A]', 'retired_pages.pending': 'No' }))).toEqual([]);
  });
  it('on a card without ECC, and keeps what stands', () => {
    expect(judge(rule, look(WITHOUT_ECC))).toEqual([
      { undecided: UUID, why: 'GPU 3: remapped_rows.pending says "[N/A]"', report: false },
    ]);
  });
  it('under MIG, and says why', () => {
    expect(judge(rule, look(MIG))).toEqual([
      { undecided: UUID, why: 'GPU 3: remapped_rows.pending says "[N/A]" while MIG is on', report: false },
    ]);
  });
});

describe('reports', () => {
  it('a remapped row', () => {
    expect(judge(rule, look({ ...IDLE, 'remapped_rows.pending': 'Yes', 'remapped_rows.uncorrectable': 1 }))).toMatchObject([
      {
        subject: UUID,
        message: 'GPU 3: a spare memory row will be put in place at its next reset (remapped_rows.pending is Yes)',
        evidence: { 'remapped_rows.pending': 'Yes', 'remapped_rows.uncorrectable': 1 },
        causes: [{ cause: 'memory-row', likelihood: 'confirmed', check: [`nvidia-smi -q -i ${UUID} -d ROW_REMAPPER,ECC`, expect.any(String)] }],
      },
    ]);
  });
  it('a retired page', () => {
    expect(judge(rule, look({ 'retired_pages.pending': 'Yes', 'retired_pages.double_bit.count': 1 }))).toMatchObject([
      {
        message: 'GPU 3: a memory page will be retired at its next reset (retired_pages.pending is Yes)',
        evidence: { 'retired_pages.double_bit.count': 1 },
      },
    ]);
  });
  it('that it cannot tell', () => {
    expect(judge(rule, look({ ...IDLE, 'remapped_rows.pending': '[Unknown Error]' }))).toEqual([
      { undecided: UUID, why: 'GPU 3: remapped_rows.pending says "[Unknown Error]"', report: true },
    ]);
    expect(judge(rule, look({ ...IDLE, 'retired_pages.pending': '[Unknown Error]' }))).toEqual([
      { undecided: UUID, why: 'GPU 3: retired_pages.pending says "[Unknown Error]"', report: true },
    ]);
  });
});
