import { describe, expect, it } from 'vitest';

import { gpuPcieGenDegraded as rule } from '../../../rules/gpu/gpu-pcie-gen-degraded.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { IDLE, LOAD, MIG, UUID } from './h200.ts';

type Fields = Readonly<Record<string, string | number>>;
const look = (fields: Fields, busyRatio: number | undefined) => ({ 'nvidia-query': nvidiaQuery([gpu(fields, { busyRatio })]) });
const slow = { ...LOAD, 'pcie.link.gen.current': 1, 'pcie.link.gen.gpucurrent': 1 };

describe('silent', () => {
  it('on a healthy H200, idle and under load', () => {
    expect(judge(rule, look(IDLE, 0), look(IDLE, 0))).toEqual([]);
    expect(judge(rule, look(LOAD, 1), look(LOAD, 1))).toEqual([]);
  });
  it('on an idle GPU, whose link slows down by design', () => {
    const why = 'GPU 3: too little load to tell: an idle link slows down by design';
    expect(judge(rule, look(slow, 0), look(slow, 1))).toEqual([{ undecided: UUID, why, report: false }]);
    expect(judge(rule, look(slow, 1), look(slow, 0.1))).toEqual([{ undecided: UUID, why, report: false }]);
  });
  it('when the link was fast at the start of the window', () => {
    expect(judge(rule, look(slow, 1), look(LOAD, 1))).toEqual([]);
  });
  it('on a card of generation 5 in a slot of generation 4', () => {
    const fields = { ...LOAD, 'pcie.link.gen.current': 4, 'pcie.link.gen.gpucurrent': 4, 'pcie.link.gen.max': 4 };
    expect(judge(rule, look(fields, 1), look(fields, 1))).toEqual([]);
  });
  it('at first sight', () => {
    expect(judge(rule, look(slow, 1))).toEqual([
      { undecided: UUID, why: 'GPU 3: no earlier look at its load to compare with', report: false },
    ]);
  });
  it('under MIG, which hides the load', () => {
    const mig = { ...MIG, 'pcie.link.gen.gpucurrent': 1 };
    expect(judge(rule, look(mig, undefined), look(mig, undefined))).toEqual([
      { undecided: UUID, why: 'GPU 3: it does not say how busy it is', report: false },
    ]);
  });
  it('where the generation is not known', () => {
    const none = { 'pcie.link.gen.gpucurrent': '[N/A]', 'pcie.link.gen.current': '[N/A]' };
    expect(judge(rule, look(none, 1), look(none, 1))).toEqual([
      { undecided: UUID, why: 'GPU 3: pcie.link.gen.current says "[N/A]"', report: false },
    ]);
  });
});

describe('reports', () => {
  it('a slow link of a busy GPU', () => {
    expect(judge(rule, look(slow, 1), look(slow, 0.94), 30)).toMatchObject([
      {
        subject: UUID,
        message: 'GPU 3: its PCIe link runs at generation 1 of 5 while it is busy (at least 94 % at both ends of 30 s)',
        evidence: { 'pcie.link.gen.gpucurrent': 1, 'pcie.link.gen.max': 5, busyRatio: 0.94, seconds: 30 },
        causes: [{ cause: 'bad-contact' }, { cause: 'link-errors' }],
      },
    ]);
  });
  it.each([
    [{ 'pcie.link.gen.current': 3, 'pcie.link.gen.max': 4 }, 'generation 3 of 4'],
    [{ 'pcie.link.gen.gpucurrent': 2, 'pcie.link.gen.gpumax': 4 }, 'generation 2 of 4'],
  ])('by the names that the driver has: %o', (fields, words) => {
    const [found] = judge(rule, look(fields, 1), look(fields, 1));
    expect(found && 'message' in found && found.message).toContain(words);
  });
});
