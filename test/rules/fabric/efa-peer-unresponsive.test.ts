import { describe, expect, it } from 'vitest';

import { efaPeerUnresponsive } from '../../../rules/fabric/efa-peer-unresponsive.ts';
import { device, efa, infiniband, judge, port, rxe } from '../fixtures.ts';

function look(counters: Record<string, bigint>) {
  return { infiniband: infiniband([efa('rdmap16s0', counters)]) };
}
const BEFORE = look({ unresponsive_remote_events: 2n, rx_pkts: 1_000n });

describe('EfaPeerUnresponsive is silent', () => {
  it('while no peer is given up', () => {
    expect(judge(efaPeerUnresponsive, look({ unresponsive_remote_events: 2n, rx_pkts: 90_000n }), BEFORE, 60)).toEqual([]);
  });
  it('while nothing at all is received, which is FabricOneWayTraffic', () => {
    expect(judge(efaPeerUnresponsive, look({ unresponsive_remote_events: 9n, rx_pkts: 1_000n }), BEFORE, 60)).toEqual([]);
  });
  it('at first sight and after a restart of the counters', () => {
    const why = 'no earlier look at ports/1/hw_counters/unresponsive_remote_events to compare with';
    const now = look({ unresponsive_remote_events: 9n, rx_pkts: 1_000n });
    expect(judge(efaPeerUnresponsive, now)).toEqual([{ undecided: 'rdmap16s0/1', why, report: false }]);
    const restarted = { infiniband: infiniband([device()]) };
    expect(judge(efaPeerUnresponsive, now, restarted, 60)).toEqual([{ undecided: 'rdmap16s0/1', why, report: false }]);
  });
  it('on a driver without the counter and on other drivers', () => {
    expect(judge(efaPeerUnresponsive, look({ rx_pkts: 9n }), look({ rx_pkts: 1n }), 60)).toEqual([]);
    const soft = { infiniband: infiniband([rxe('rxe0', { rcvd_pkts: 5n })]) };
    expect(judge(efaPeerUnresponsive, soft, soft, 60)).toEqual([]);
  });
  it('about a card that does not answer or is gone, whose findings it holds', () => {
    const silent = { infiniband: infiniband([device({ silence: 'no answer for 3 s', ports: [port()] })]) };
    expect(judge(efaPeerUnresponsive, silent, BEFORE, 60)).toEqual([
      { undecided: 'rdmap16s0/1', why: 'no answer for 3 s', report: false },
    ]);
    expect(judge(efaPeerUnresponsive, { infiniband: infiniband([], ['rdmap16s0']) }, BEFORE, 60)).toContainEqual({
      undecided: 'rdmap16s0/1',
      why: 'the device is gone',
      report: false,
    });
  });
});

describe('EfaPeerUnresponsive reports', () => {
  it('a peer that stopped answering among others that answer', () => {
    expect(judge(efaPeerUnresponsive, look({ unresponsive_remote_events: 5n, rx_pkts: 19_204n }), BEFORE, 60)).toMatchObject([
      {
        subject: 'rdmap16s0/1',
        message: 'peers stopped answering 3 times in 60 s, while 18 204 packets were received',
        evidence: { unresponsive_remote_events: 3n, rx_pkts: 18_204n },
        causes: [{ cause: 'peer-process-gone', likelihood: 'likely' }, { cause: 'peer-node-failed' }, { cause: 'security-group-changed' }],
      },
    ]);
  });
});
