import { describe, expect, it } from 'vitest';

import { fabricReceiveDrops } from '../../../rules/fabric/receive-drops.ts';
import { device, efa, infiniband, judge, mlx5, port, rxe } from '../fixtures.ts';

function look(...devices: readonly ReturnType<typeof device>[]) {
  return { infiniband: infiniband(devices) };
}
function drops(count: bigint) {
  return efa('rdmap16s0', { rx_drops: count });
}

describe('FabricReceiveDrops is silent', () => {
  it('up to the limit', () => {
    expect(judge(fabricReceiveDrops, look(drops(3_000n)), look(drops(0n)), 30)).toEqual([]);
  });
  it('about old drops', () => {
    expect(judge(fabricReceiveDrops, look(drops(9_000_000n)), look(drops(9_000_000n)), 30)).toEqual([]);
  });
  it('at first sight and after a restart of the counters', () => {
    const why = 'no earlier look at ports/1/hw_counters/rx_drops to compare with';
    expect(judge(fabricReceiveDrops, look(drops(9_000_000n)))).toEqual([{ undecided: 'rdmap16s0/1', why, report: false }]);
    expect(judge(fabricReceiveDrops, look(drops(9_000_000n)), look(device()), 30)).toEqual([
      { undecided: 'rdmap16s0/1', why, report: false },
    ]);
  });
  it('on drivers that count no drops, out_of_buffer among them', () => {
    const now = look(rxe('rxe0', { rcvd_pkts: 9n }), mlx5('ibp115s0f0', {}, { hwCounters: { out_of_buffer: 9_000_000n } }));
    const before = look(rxe('rxe0', { rcvd_pkts: 1n }), mlx5('ibp115s0f0', {}, { hwCounters: { out_of_buffer: 0n } }));
    expect(judge(fabricReceiveDrops, now, before, 30)).toEqual([]);
  });
  it('about counters that cannot be read and a card that does not answer', () => {
    const unreadable = efa('rdmap16s0', {}, { unreadable: { 'ports/1/hw_counters/rx_drops': 'EIO' } });
    expect(judge(fabricReceiveDrops, look(unreadable), look(drops(0n)), 30)).toEqual([
      { undecided: 'rdmap16s0/1', why: 'cannot read ports/1/hw_counters/rx_drops: EIO', report: false },
    ]);
    const silent = device({ silence: 'no answer for 3 s', ports: [port()] });
    expect(judge(fabricReceiveDrops, look(silent), look(drops(0n)), 30)).toEqual([
      { undecided: 'rdmap16s0/1', why: 'no answer for 3 s', report: false },
    ]);
  });
});

describe('FabricReceiveDrops reports', () => {
  it('a rate above the limit', () => {
    expect(judge(fabricReceiveDrops, look(drops(12_360n)), look(drops(0n)), 30)).toMatchObject([
      {
        subject: 'rdmap16s0/1',
        message: 'dropped 12 360 received packets in 30 s (412 a second, limit 100)',
        evidence: { rx_drops: 12_360n, dropsPerSecond: 412 },
        causes: [{ cause: 'receiver-too-slow', likelihood: 'likely' }, { cause: 'stale-peers' }, { cause: 'incast' }],
      },
    ]);
  });
  it("irdma's discards, and what the configuration names", () => {
    const irdma = (count: bigint) => ({ ...mlx5('rocep1s0', {}, { hwCounters: { ip4InDiscards: count } }), driver: 'irdma' });
    expect(judge(fabricReceiveDrops, look(irdma(6_000n)), look(irdma(0n)), 30)).toMatchObject([
      { subject: 'rocep1s0/1', message: 'dropped 6 000 received packets in 30 s (200 a second, limit 100)' },
    ]);
    const connectx = (count: bigint) => mlx5('ibp115s0f0', {}, { hwCounters: { out_of_buffer: count } });
    const settings = { counters: ['out_of_buffer'], dropsPerSecond: 10 };
    expect(judge(fabricReceiveDrops, look(connectx(330n)), look(connectx(0n)), 30, settings)).toMatchObject([
      { message: 'dropped 330 received packets in 30 s (11 a second, limit 10)' },
    ]);
  });
});
