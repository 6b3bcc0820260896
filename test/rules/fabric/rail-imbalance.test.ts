import { describe, expect, it } from 'vitest';

import { fabricRailImbalance } from '../../../rules/fabric/rail-imbalance.ts';
import { device, efa, infiniband, judge, mlx5, port, rxe } from '../fixtures.ts';

/** Four and more EFA rails, each with so many bytes moved, half of them each way. */
function rails(...moved: readonly number[]) {
  const devices = moved.map((bytes, index) =>
    efa(`rdmap${16 + index}s0`, { tx_bytes: BigInt(bytes / 2), rx_bytes: BigInt(bytes / 2), tx_pkts: 1n, rx_pkts: 1n }),
  );
  return { infiniband: infiniband(devices) };
}
const GB = 1_000_000_000;

describe('FabricRailImbalance is silent', () => {
  it('while all rails carry alike, and while all are idle', () => {
    expect(judge(fabricRailImbalance, rails(GB, GB, GB * 0.9, GB * 0.11), rails(0, 0, 0, 0), 60)).toEqual([]);
    expect(judge(fabricRailImbalance, rails(GB, GB, GB, GB), rails(GB, GB, GB, GB), 60)).toEqual([]);
  });
  it('on fewer than four busy rails', () => {
    expect(judge(fabricRailImbalance, rails(GB, GB, 1000), rails(0, 0, 0), 60)).toEqual([]);
    expect(judge(fabricRailImbalance, rails(GB, GB, GB, 0), rails(0, 0, 0, 0), 60)).toEqual([]);
  });
  it('while only set-up traffic moves', () => {
    expect(judge(fabricRailImbalance, rails(900_000, 900_000, 900_000, 100), rails(0, 0, 0, 0), 60)).toEqual([]);
  });
  it('about rails that a smaller job was not given', () => {
    expect(judge(fabricRailImbalance, rails(GB, GB, GB, GB, 0, 0, 0, 0), rails(0, 0, 0, 0, 0, 0, 0, 0), 60)).toEqual([]);
  });
  it('about other kinds of ports beside the rails', () => {
    const now = { infiniband: infiniband([...rails(GB, GB, GB, GB).infiniband.devices, mlx5('ibp115s0f0', { port_xmit_data: 9n, port_rcv_data: 9n })]) };
    const before = { infiniband: infiniband([...rails(0, 0, 0, 0).infiniband.devices, mlx5('ibp115s0f0', { port_xmit_data: 0n, port_rcv_data: 0n })]) };
    expect(judge(fabricRailImbalance, now, before, 60)).toEqual([]);
  });
  it('at first sight, after a restart and about a card that does not answer', () => {
    const why = 'its traffic cannot be compared with an earlier look';
    expect(judge(fabricRailImbalance, rails(GB))).toEqual([{ undecided: 'rdmap16s0/1', why, report: false }]);
    const silent = device({ name: 'rdmap20s0', silence: 'no answer for 3 s', ports: [port({ device: 'rdmap20s0' })] });
    const now = { infiniband: infiniband([...rails(GB, GB, GB, GB).infiniband.devices, silent]) };
    expect(judge(fabricRailImbalance, now, rails(0, 0, 0, 0), 60)).toEqual([{ undecided: 'rdmap20s0/1', why, report: false }]);
  });
});

describe('FabricRailImbalance reports', () => {
  it('a rail that carries little', () => {
    expect(judge(fabricRailImbalance, rails(GB, GB, GB, 40_000_000), rails(0, 0, 0, 0), 60)).toMatchObject([
      {
        subject: 'rdmap19s0/1',
        message: 'carried 40 000 000 bytes in 60 s: 4 % of 1 000 000 000, the median of 4 busy efa ports (limit 10 %)',
        evidence: { unit: 'bytes', moved: 40_000_000n, median: 1_000_000_000n, ratio: 0.04, busyPorts: 4 },
        causes: [
          { cause: 'rail-not-used-by-job', fix: ['kubectl set resources -n "$NAMESPACE" "$WORKLOAD" --limits=vpc.amazonaws.com/efa=4'] },
          { cause: 'rail-impaired' },
        ],
      },
    ]);
  });
  it('the only idle rail among at least four busy ones', () => {
    expect(judge(fabricRailImbalance, rails(GB, GB, GB, 2 * GB, 0), rails(0, 0, 0, 0, 0), 60)).toMatchObject([
      { subject: 'rdmap20s0/1', message: 'carried 0 bytes in 60 s: 0 % of 1 000 000 000, the median of 4 busy efa ports (limit 10 %)' },
    ]);
  });
  it('in packets on soft-RoCE, and in four-byte words on InfiniBand', () => {
    const soft = (...packets: readonly bigint[]) => ({
      infiniband: infiniband(packets.map((count, index) => rxe(`rxe${index}`, { sent_pkts: count, rcvd_pkts: count }))),
    });
    expect(judge(fabricRailImbalance, soft(5_000n, 5_000n, 5_000n, 50n), soft(0n, 0n, 0n, 0n), 60)).toMatchObject([
      { subject: 'rxe3/1', message: 'carried 100 packets in 60 s: 1 % of 10 000, the median of 4 busy rxe ports (limit 10 %)' },
    ]);
    const words = (...counts: readonly bigint[]) => ({
      infiniband: infiniband(counts.map((count, index) => mlx5(`mlx5_${index}`, { port_xmit_data: count, port_rcv_data: count }))),
    });
    expect(judge(fabricRailImbalance, words(500_000n, 500_000n, 500_000n, 5_000n), words(0n, 0n, 0n, 0n), 60)).toMatchObject([
      { subject: 'mlx5_3/1', message: 'carried 40 000 bytes in 60 s: 1 % of 4 000 000, the median of 4 busy mlx5_core ports (limit 10 %)' },
    ]);
  });
});
