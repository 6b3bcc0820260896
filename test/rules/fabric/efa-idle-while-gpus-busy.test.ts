import { describe, expect, test } from 'vitest';

import type { Judgement } from '../../../agent/model.ts';
import { efaIdleWhileGpusBusy as rule } from '../../../rules/fabric/efa-idle-while-gpus-busy.ts';
import { efa, infiniband, judge, mlx5, netdev, networkInterface, nvidiaQuery } from '../fixtures.ts';

/** A node whose EFA has sent `packets`, whose eth0 has moved `bytes` and whose GPUs are that busy. */
function look(packets: bigint, bytes: bigint, ...busy: readonly (number | undefined)[]) {
  return {
    infiniband: infiniband([efa('rdmap16s0', { tx_pkts: packets, rx_pkts: 700n })]),
    netdev: netdev([
      networkInterface({ receiveBytes: bytes, transmitBytes: 0n }),
      networkInterface({ name: 'lo', physical: false, receiveBytes: bytes * 9n }),
    ]),
    'nvidia-query': nvidiaQuery(busy.map((busyRatio) => ({ busyRatio }))),
  };
}
const before = look(900n, 0n, 0.9, 0.9);
const cannotCompare: Judgement = {
  undecided: 'node',
  why: 'not every counter that this needs could be compared over the window',
  report: false,
};

describe('silent', () => {
  test('when EFA moves', () => {
    expect(judge(rule, look(901n, 60_000_000_000n, 1, 1), before, 120)).toEqual([]);
  });

  test('when the GPUs are idle, now or at the beginning', () => {
    expect(judge(rule, look(900n, 60_000_000_000n, 0.49, 0.1), before, 120)).toEqual([]);
    expect(judge(rule, look(900n, 60_000_000_000n, 1, 1), look(900n, 0n, 0.2, 0), 120)).toEqual([]);
  });

  test('when the network carries no more than 20 MB/s, loopback not counted', () => {
    expect(judge(rule, look(900n, 2_400_000_000n, 1, 1), before, 120)).toEqual([]);
  });

  test('on a node without EFA', () => {
    const now = { ...look(900n, 60_000_000_000n, 1, 1), infiniband: infiniband([mlx5('mlx5_0', {})]) };
    expect(judge(rule, now, before, 120)).toEqual([]);
  });

  test('at first sight', () => {
    expect(judge(rule, look(900n, 60_000_000_000n, 1, 1))).toEqual([cannotCompare]);
  });

  test('after a reset of the EFA or of the network interface', () => {
    const without = { ...before, infiniband: infiniband([]) };
    expect(judge(rule, look(900n, 60_000_000_000n, 1, 1), without, 120)).toEqual([cannotCompare]);
    expect(judge(rule, look(900n, 5n, 1, 1), look(900n, 60_000_000_000n, 1, 1), 120)).toEqual([cannotCompare]);
  });

  test('when no GPU says how busy it is', () => {
    expect(judge(rule, look(900n, 60_000_000_000n, undefined, undefined), before, 120)).toEqual([cannotCompare]);
  });
});

describe('reports', () => {
  test('busy GPUs, still EFA and a loaded network', () => {
    const [found] = judge(rule, look(900n, 49_440_000_000n, 0.93, 0.3), before, 120);
    expect(found).toEqual({
      subject: 'node',
      message:
        '1 of 2 GPUs busy (GPU 0: 93 %), no EFA device moved a packet in 120 s, and eth0 moved 412 MB/s',
      evidence: {
        busyGpus: ['GPU 0'],
        interfaces: ['eth0 412 MB/s'],
        bytesPerSecond: 412_000_000,
        seconds: 120,
      },
      causes: expect.any(Array),
    });
    expect(found && 'causes' in found && found.causes?.map(({ cause, likelihood }) => `${cause} ${likelihood}`)).toEqual([
      'efa-not-requested likely',
      'plugin-missing possible',
      'single-node-job possible',
    ]);
  });

  test('by the thresholds that the configuration sets', () => {
    const settings = { busyRatio: 0.1, bytesPerSecond: 1000 };
    expect(judge(rule, look(900n, 240_000n, 0.2, 0.2), look(900n, 0n, 0.2, 0.2), 120, settings)).toHaveLength(1);
  });
});
