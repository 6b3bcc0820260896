import { describe, expect, it } from 'vitest';

import { gpuFabricNotReady as rule } from '../../../rules/gpu/gpu-fabric-not-ready.ts';
import { hostFacts } from '../../snapshot.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { IDLE, MIG, UUID } from './h200.ts';

const host = (uptimeSeconds: number) => hostFacts({ uptimeSeconds });
const look = (state: string, status: string, uptime = 9_000) => ({
  'nvidia-query': nvidiaQuery([gpu({ ...IDLE, 'fabric.state': state, 'fabric.status': status })]),
  host: host(uptime),
});

describe('silent', () => {
  it('when the fabric is joined, with MIG too', () => {
    expect(judge(rule, look('Completed', 'Success'))).toEqual([]);
    expect(judge(rule, { 'nvidia-query': nvidiaQuery([gpu(MIG)]), host: host(9_000) })).toEqual([]);
  });
  it('on cards without a fabric', () => {
    expect(judge(rule, look('N/A', 'N/A'))).toEqual([{ undecided: UUID, why: 'GPU 3: fabric.state says "N/A"', report: false }]);
    expect(judge(rule, look('Not Supported', 'N/A'))).toEqual([
      { undecided: UUID, why: 'GPU 3: fabric.state says "Not Supported"', report: false },
    ]);
    expect(judge(rule, { 'nvidia-query': nvidiaQuery([gpu({})]), host: host(9_000) })).toEqual([
      { undecided: UUID, why: "GPU 3: this driver's nvidia-smi has no fabric.state", report: false },
    ]);
  });
  it('in the first two minutes after boot', () => {
    const why = 'GPU 3: the node is up for 40 s only';
    expect(judge(rule, look('In Progress', 'N/A', 40))).toEqual([{ undecided: UUID, why, report: false }]);
  });
  it('when a joined GPU has no status', () => {
    expect(judge(rule, look('Completed', 'N/A'))).toEqual([{ undecided: UUID, why: 'GPU 3: fabric.status says "N/A"', report: false }]);
  });
});

describe('reports', () => {
  it.each(['Not Started', 'In Progress'])('the state %s', (state) => {
    expect(judge(rule, look(state, 'N/A'))).toMatchObject([
      {
        subject: UUID,
        message: `GPU 3: fabric.state is "${state}", expected "Completed" (so on 1 of 1 GPUs)`,
        evidence: { 'fabric.state': state },
        causes: [{ cause: 'fabric-manager', likelihood: 'likely' }, { cause: 'nvlink-or-nvswitch' }],
      },
    ]);
  });
  it('the link first when the other GPUs have joined', () => {
    const states = ['Completed', 'In Progress', 'Completed'];
    const gpus = states.map((state, index) => gpu({ 'fabric.state': state, 'fabric.status': 'Success' }, { index, uuid: `GPU-${index}` }));
    expect(judge(rule, { 'nvidia-query': nvidiaQuery(gpus) })).toMatchObject([
      {
        subject: 'GPU-1',
        message: 'GPU 1: fabric.state is "In Progress", expected "Completed" (so on 1 of 3 GPUs)',
        causes: [{ cause: 'nvlink-or-nvswitch', likelihood: 'likely' }, { cause: 'fabric-manager', likelihood: 'possible' }],
      },
    ]);
  });
  it('a status that is an error', () => {
    expect(judge(rule, look('Completed', 'Insufficient Resources'))).toMatchObject([
      {
        message: 'GPU 3: joining the NVLink fabric ended with "Insufficient Resources" (fabric.status), expected "Success"',
        causes: [{ cause: 'nvlink-or-nvswitch', likelihood: 'likely' }, { cause: 'fabric-manager' }],
      },
    ]);
  });
  it('that it cannot tell', () => {
    expect(judge(rule, look('[Unknown Error]', 'N/A'))).toEqual([
      { undecided: UUID, why: 'GPU 3: fabric.state says "[Unknown Error]"', report: true },
    ]);
  });
});
