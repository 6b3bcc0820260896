import { describe, expect, it } from 'vitest';

import { configureRules, DEFAULT_CONFIG } from '../../../agent/config.ts';
import { Engine } from '../../../agent/engine.ts';
import type { DmonGpu, Gpu } from '../../../agent/model.ts';
import { fabricOneWayTraffic } from '../../../rules/fabric/one-way-traffic.ts';
import { gpuSpinning as rule } from '../../../rules/gpu/gpu-spinning.ts';
import { moment, snapshot } from '../../snapshot.ts';
import { dmonGpu, efa, gpu, infiniband, judge, nvidiaDmon, nvidiaQuery } from '../fixtures.ts';
import { LOAD, MIG, UUID } from './h200.ts';

/** What a real H200 (driver 580.159.04) said while a kernel of 24 blocks polled a flag in host memory. */
const SPIN = { pwr: 125, gtemp: 38, mtemp: 39, sm: 100, mem: 0, pviol: 0, rxpci: 49, txpci: 24 };
/** The same card under a matrix load, and idle. */
const BUSY = { pwr: 693, gtemp: 56, mtemp: 42, sm: 99, mem: 23, pviol: 100, rxpci: 15, txpci: 6 };
const IDLE = { pwr: 76, gtemp: 32, mtemp: 33, sm: 0, mem: 0, pviol: 0, rxpci: 0, txpci: 0 };

const look = (rows: readonly DmonGpu[], gpus: readonly Gpu[] = [gpu(LOAD)]) => ({
  'nvidia-dmon': nvidiaDmon(rows),
  'nvidia-query': nvidiaQuery(gpus),
});
const one = (columns: Readonly<Record<string, number>>, fields = LOAD) => look([dmonGpu(columns)], [gpu(fields)]);
const node = (...columns: readonly Readonly<Record<string, number>>[]) =>
  look(
    columns.map((column, index) => dmonGpu(column, { index })),
    columns.map((_, index) => gpu(LOAD, { index, uuid: `GPU-${index}` })),
  );

describe('silent', () => {
  it('on an H200, idle and under a matrix load', () => {
    expect(judge(rule, one(IDLE))).toEqual([]);
    expect(judge(rule, one(BUSY))).toEqual([]);
  });
  it.each([
    ['SM not wholly busy', { sm: 95 }],
    ['memory in use', { mem: 5 }],
    ['power of real work', { pwr: 175 }],
    ['data coming in', { rxpci: 300 }],
    ['data going out', { txpci: 4_000 }],
  ])('with %s', (_, change) => {
    expect(judge(rule, one({ ...SPIN, ...change }))).toEqual([]);
  });
  it('on a small card whose work draws little', () => {
    expect(judge(rule, one({ ...SPIN, pwr: 60 }, { ...LOAD, 'power.limit': 72, 'power.default_limit': 72 }))).toEqual([]);
  });
  it('under MIG, and says why', () => {
    const { pwr } = SPIN;
    expect(judge(rule, look([dmonGpu({ pwr }), dmonGpu(SPIN, { instance: '1/0' })], [gpu(MIG)]))).toEqual([
      { undecided: UUID, why: 'GPU 3: MIG is on: nvidia-smi does not say how busy its instances are', report: false },
    ]);
  });
  it.each([
    ['no sample', [dmonGpu(SPIN, { samples: 0 })], LOAD, 'nvidia-smi dmon gave no sample of it'],
    ['no row', [], LOAD, 'nvidia-smi dmon gave no sample of it'],
    ['no SM load', [dmonGpu({ pwr: 125, mem: 0, rxpci: 0, txpci: 0 })], LOAD, 'nvidia-smi dmon does not say how busy it is'],
    ['no PCIe rate', [dmonGpu({ pwr: 125, sm: 100, mem: 0 })], LOAD, 'nvidia-smi dmon does not say what it moves over PCIe'],
    ['no power limit', [dmonGpu(SPIN)], { 'power.limit': '[N/A]' }, 'how much power it draws, or may draw, is not known'],
  ])('with %s, and keeps what stands', (_, rows, fields: Readonly<Record<string, string | number>>, why) => {
    expect(judge(rule, look(rows, [gpu(fields)]))).toMatchObject([{ undecided: UUID, why: `GPU 3: ${why}`, report: false }]);
  });
  it('about several GPUs of which none has a sample, and keeps what stands of the node', () => {
    const { 'nvidia-query': query } = node(SPIN, SPIN);
    expect(judge(rule, { 'nvidia-query': query, 'nvidia-dmon': nvidiaDmon([]) })).toMatchObject([
      { undecided: 'GPU-0' },
      { undecided: 'GPU-1' },
      { undecided: 'node', why: '2 GPUs could not be judged now', report: false },
    ]);
  });
});

describe('reports', () => {
  it('one GPU', () => {
    expect(judge(rule, one(SPIN))).toMatchObject([
      {
        subject: UUID,
        message: 'GPU 3 spins: SM 100 %, memory 0 %, 125 W of 700 W, PCIe 49 MB/s in and 24 MB/s out (mean of 5 samples)',
        evidence: { gpu: 3, sm: 100, mem: 0, pwr: 125, powerLimit: 700, rxpci: 49, txpci: 24, samples: 5 },
        causes: [{ cause: 'waits-for-peer', likelihood: 'likely' }, { cause: 'endless-kernel' }, { cause: 'waits-for-host' }],
      },
    ]);
  });
  it('several as one story of the node', () => {
    const found = judge(rule, node(SPIN, { ...SPIN, pwr: 140, sm: 99, rxpci: 0, txpci: 1 }, IDLE));
    expect(found).toMatchObject([
      {
        subject: 'node',
        message: '2 of 3 GPUs spin: SM 99 to 100 %, memory 0 %, 125 to 140 W of 700 W, PCIe at most 49 MB/s (mean of 5 samples)',
        evidence: {
          gpus: [
            'GPU 0 spins: SM 100 %, memory 0 %, 125 W of 700 W, PCIe 49 MB/s in and 24 MB/s out',
            'GPU 1 spins: SM 99 %, memory 0 %, 140 W of 700 W, PCIe 0 MB/s in and 1 MB/s out',
          ],
          uuids: ['GPU-0', 'GPU-1'],
        },
        causes: [{ cause: 'waits-for-peer', likelihood: 'likely' }, { cause: 'waits-for-host' }, { cause: 'endless-kernel' }],
      },
    ]);
  });
  it('by the limit of the card, not by one that was set lower', () => {
    expect(judge(rule, one(SPIN, { ...LOAD, 'power.limit': 300, 'power.default_limit': 700 }))).toHaveLength(1);
    expect(judge(rule, one({ ...SPIN, pwr: 95 }, { 'power.limit': 400 }))).toHaveLength(1);
  });
  it('one story with the fabric finding that explains it', () => {
    const rules = configureRules(DEFAULT_CONFIG, [rule, fabricOneWayTraffic]);
    const engine = new Engine({ rules });
    const findings = Array.from({ length: 13 }, (_, n) => {
      const sources = { ...node(SPIN, SPIN), infiniband: infiniband([efa('rdmap16s0', { tx_pkts: BigInt(n) * 900n, rx_pkts: 0n })]) };
      return engine.look(snapshot(sources), moment(n * 5));
    }).at(-1);
    expect(findings).toMatchObject([
      { rule: 'FabricOneWayTraffic', state: 'firing', explains: [{ rule: 'GpuSpinning', subject: 'node' }], explainedBy: [] },
      { rule: 'GpuSpinning', state: 'firing', explainedBy: [{ rule: 'FabricOneWayTraffic', subject: 'rdmap16s0/1' }], explains: [] },
    ]);
  });
});
