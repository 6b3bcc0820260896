import { describe, expect, it } from 'vitest';

import { gpuPcieWidthDegraded as rule } from '../../../rules/gpu/gpu-pcie-width-degraded.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { IDLE, LOAD, UUID } from './h200.ts';

const CURRENT = 'pcie.link.width.current';
const MAX = 'pcie.link.width.max';
const look = (fields: Readonly<Record<string, string | number>>) => ({ 'nvidia-query': nvidiaQuery([gpu(fields)]) });

describe('silent', () => {
  it('on a healthy H200, idle and under load', () => {
    expect(judge(rule, look(IDLE))).toEqual([]);
    expect(judge(rule, look(LOAD))).toEqual([]);
  });
  it('when one of the two is not known, and keeps what stands', () => {
    expect(judge(rule, look({ [CURRENT]: '[N/A]', [MAX]: 16 }))).toEqual([
      { undecided: UUID, why: `GPU 3: ${CURRENT} says "[N/A]"`, report: false },
    ]);
    expect(judge(rule, look({ [CURRENT]: 8 }))).toEqual([
      { undecided: UUID, why: `GPU 3: this driver's nvidia-smi has no ${MAX}`, report: false },
    ]);
  });
});

describe('reports', () => {
  it('a link with fewer lanes', () => {
    expect(judge(rule, look({ ...IDLE, [CURRENT]: 8 }))).toMatchObject([
      {
        subject: UUID,
        message: 'GPU 3: its PCIe link is 8 lanes wide, the card in this machine can have 16',
        evidence: { [CURRENT]: 8, [MAX]: 16, pciAddress: '0000:83:00.0' },
        causes: [{ cause: 'bad-contact', likelihood: 'likely' }, { cause: 'link-errors', likelihood: 'possible' }],
      },
    ]);
  });
  it('that it cannot tell', () => {
    expect(judge(rule, look({ ...IDLE, [MAX]: '[Unknown Error]' }))).toEqual([
      { undecided: UUID, why: `GPU 3: ${MAX} says "[Unknown Error]"`, report: true },
    ]);
  });
});
