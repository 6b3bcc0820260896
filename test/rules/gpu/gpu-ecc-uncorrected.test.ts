import { describe, expect, it } from 'vitest';

import { gpuEccUncorrected as rule } from '../../../rules/gpu/gpu-ecc-uncorrected.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { IDLE, LOAD, MIG, UUID, WITHOUT_ECC } from './h200.ts';

const VOLATILE = 'ecc.errors.uncorrected.volatile';
const AGGREGATE = 'ecc.errors.uncorrected.aggregate.total';
const look = (fields: Readonly<Record<string, string | number>>) => ({ 'nvidia-query': nvidiaQuery([gpu(fields)]) });

describe('silent', () => {
  it('on a healthy H200, idle, under load and with MIG', () => {
    expect(judge(rule, look(IDLE))).toEqual([]);
    expect(judge(rule, look(LOAD), look(IDLE))).toEqual([]);
    expect(judge(rule, look(MIG), look(MIG))).toEqual([]);
  });
  it('about errors of an earlier life of the card', () => {
    expect(judge(rule, look({ ...IDLE, [AGGREGATE]: 7 }))).toEqual([]);
    expect(judge(rule, look({ ...IDLE, [AGGREGATE]: 7 }), look({ ...IDLE, [AGGREGATE]: 7 }))).toEqual([]);
  });
  it('when the lifetime count went back', () => {
    expect(judge(rule, look({ ...IDLE, [AGGREGATE]: 1 }), look({ ...IDLE, [AGGREGATE]: 7 }))).toEqual([]);
  });
  it('on a card without ECC, and keeps what stands', () => {
    expect(judge(rule, look(WITHOUT_ECC))).toEqual([
      { undecided: UUID, why: `GPU 3: ${VOLATILE}.total says "[N/A]"`, report: false },
    ]);
  });
  it('about a GPU that is no longer listed, and keeps what stands', () => {
    expect(judge(rule, { 'nvidia-query': { driverVersion: undefined, gpus: [], vanished: [UUID] } })).toEqual([
      { undecided: UUID, why: 'nvidia-smi no longer lists this GPU', report: false },
    ]);
  });
});

describe('reports', () => {
  it('errors since the driver was loaded, without an earlier look', () => {
    const faulty = { ...IDLE, [`${VOLATILE}.total`]: 2, [`${VOLATILE}.dram`]: 2, [AGGREGATE]: 7 };
    expect(judge(rule, look(faulty))).toMatchObject([
      {
        subject: UUID,
        message: 'GPU 3: 2 uncorrected memory errors since the driver was loaded (DRAM 2, SRAM 0)',
        evidence: { gpu: 3, [`${VOLATILE}.total`]: 2, [AGGREGATE]: 7 },
        causes: [
          { cause: 'memory-row', likelihood: 'likely' },
          { cause: 'sram', likelihood: 'possible' },
        ],
      },
    ]);
  });
  it('SRAM first where the errors are there', () => {
    const [found] = judge(rule, look({ ...IDLE, [`${VOLATILE}.total`]: 1, [`${VOLATILE}.sram`]: 1 }));
    expect(found).toMatchObject({ causes: [{ cause: 'sram', likelihood: 'likely' }, { cause: 'memory-row', likelihood: 'possible' }] });
  });
  it('a rise of the lifetime count that a driver reload took from the other', () => {
    expect(judge(rule, look({ ...IDLE, [AGGREGATE]: 9 }), look({ ...IDLE, [AGGREGATE]: 7 }), 5)).toMatchObject([
      { subject: UUID, message: 'GPU 3: its lifetime count rose by 2 in 5 s' },
    ]);
  });
  it('that it cannot tell when the count is an error', () => {
    expect(judge(rule, look({ ...IDLE, [`${VOLATILE}.total`]: '[Unknown Error]' }))).toEqual([
      { undecided: UUID, why: `GPU 3: ${VOLATILE}.total says "[Unknown Error]"`, report: true },
    ]);
  });
  it('the reset of this GPU by its UUID', () => {
    const [found] = judge(rule, look({ ...IDLE, [`${VOLATILE}.total`]: 1 }));
    expect(found && 'causes' in found && found.causes?.[0]?.fix).toContain(`nvidia-smi --gpu-reset -i ${UUID}`);
  });
});
