import { describe, expect, it } from 'vitest';

import { gpuEccCorrectedStorm as rule } from '../../../rules/gpu/gpu-ecc-corrected-storm.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { IDLE, UUID, WITHOUT_ECC } from './h200.ts';

const COUNTER = 'ecc.errors.corrected.volatile.total';
const look = (count: number | string) => ({ 'nvidia-query': nvidiaQuery([gpu({ ...IDLE, [COUNTER]: count })]) });

describe('silent', () => {
  it('on a healthy GPU and up to the limit', () => {
    expect(judge(rule, look(0), look(0), 60)).toEqual([]);
    expect(judge(rule, look(1_000), look(0), 60)).toEqual([]);
  });
  it('about old errors', () => {
    expect(judge(rule, look(50_000_000), look(50_000_000), 60)).toEqual([]);
  });
  it('at first sight', () => {
    expect(judge(rule, look(50_000_000))).toEqual([
      { undecided: UUID, why: `GPU 3: no earlier look at ${COUNTER} to compare with`, report: false },
    ]);
  });
  it('after a driver reload', () => {
    expect(judge(rule, look(4), look(9_000), 60)).toEqual([
      { undecided: UUID, why: `GPU 3: ${COUNTER} went back from 9000 to 4: it has begun anew`, report: false },
    ]);
  });
  it('on a card without ECC', () => {
    const without = { 'nvidia-query': nvidiaQuery([gpu(WITHOUT_ECC)]) };
    expect(judge(rule, without, without, 60)).toEqual([{ undecided: UUID, why: `GPU 3: ${COUNTER} says "[N/A]"`, report: false }]);
  });
  it('about the count of another GPU that has its index now', () => {
    const other = { 'nvidia-query': nvidiaQuery([gpu({ ...IDLE, [COUNTER]: 0 }, { uuid: 'GPU-other' })]) };
    expect(judge(rule, look(9_000), other, 60)).toEqual([
      { undecided: UUID, why: `GPU 3: no earlier look at ${COUNTER} to compare with`, report: false },
    ]);
  });
});

describe('reports', () => {
  it('a rate above the limit', () => {
    expect(judge(rule, look(12_500), look(100), 60)).toMatchObject([
      {
        subject: UUID,
        message: 'GPU 3: corrected 12 400 memory errors in 60 s (12 400 a minute, limit 1 000)',
        evidence: { rise: 12_400, perMinute: 12_400 },
        causes: [{ cause: 'failing-memory', likelihood: 'likely' }],
      },
    ]);
  });
  it('on a short watch, by the rate', () => {
    expect(judge(rule, look(500), look(0), 10)).toMatchObject([
      { message: 'GPU 3: corrected 500 memory errors in 10 s (3 000 a minute, limit 1 000)' },
    ]);
  });
  it('that it cannot tell when the count is an error', () => {
    expect(judge(rule, look('[Unknown Error]'), look(0), 60)).toEqual([
      { undecided: UUID, why: `GPU 3: ${COUNTER} says "[Unknown Error]"`, report: true },
    ]);
  });
});
