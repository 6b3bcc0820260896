import { describe, expect, it } from 'vitest';

import { efaImpairedPath } from '../../../rules/fabric/efa-impaired-path.ts';
import { device, efa, infiniband, judge, port } from '../fixtures.ts';

const ZERO = { tx_pkts: 0n, retrans_pkts: 0n, retrans_timeout_events: 0n, impaired_remote_conn_events: 0n };

function look(counters: Record<string, bigint>) {
  return { infiniband: infiniband([efa('rdmap16s0', counters)]) };
}

describe('EfaImpairedPath is silent', () => {
  it('on a path with a normal share of retransmissions', () => {
    const now = look({ ...ZERO, tx_pkts: 1_000_000n, retrans_pkts: 10_000n, retrans_timeout_events: 3n });
    expect(judge(efaImpairedPath, now, look(ZERO), 60)).toEqual([]);
  });
  it('about a high share of few packets', () => {
    expect(judge(efaImpairedPath, look({ ...ZERO, tx_pkts: 9_999n, retrans_pkts: 900n }), look(ZERO), 60)).toEqual([]);
    expect(judge(efaImpairedPath, look({ ...ZERO, retrans_pkts: 900n }), look(ZERO), 60)).toEqual([]);
  });
  it('at first sight and after a restart of the counters', () => {
    const why = 'no earlier look at ports/1/hw_counters/impaired_remote_conn_events to compare with';
    const now = look({ ...ZERO, impaired_remote_conn_events: 4n });
    expect(judge(efaImpairedPath, now)).toEqual([{ undecided: 'rdmap16s0/1', why, report: false }]);
    expect(judge(efaImpairedPath, now, { infiniband: infiniband([device()]) }, 60)).toEqual([
      { undecided: 'rdmap16s0/1', why, report: false },
    ]);
  });
  it('on a driver without network counters', () => {
    expect(judge(efaImpairedPath, look({ tx_pkts: 1_000_000n }), look({ tx_pkts: 0n }), 60)).toEqual([]);
  });
  it('about a card that does not answer', () => {
    const silent = { infiniband: infiniband([device({ silence: 'no answer for 3 s', ports: [port()] })]) };
    expect(judge(efaImpairedPath, silent, look(ZERO), 60)).toEqual([
      { undecided: 'rdmap16s0/1', why: 'no answer for 3 s', report: false },
    ]);
  });
});

describe('EfaImpairedPath reports', () => {
  it('too many retransmissions', () => {
    const now = look({ ...ZERO, tx_pkts: 120_000n, retrans_pkts: 1_680n });
    expect(judge(efaImpairedPath, now, look(ZERO), 60)).toMatchObject([
      {
        subject: 'rdmap16s0/1',
        message: '1.4 % of 120 000 packets were sent again (limit 1 %) in 60 s',
        evidence: { tx_pkts: 120_000n, retrans_pkts: 1_680n, retransmittedRatio: 0.014 },
        causes: [{ cause: 'peer-impaired' }, { cause: 'network-path' }, { cause: 'card-impaired' }],
      },
    ]);
  });
  it('connections that were slowed down, whatever was sent', () => {
    expect(judge(efaImpairedPath, look({ ...ZERO, impaired_remote_conn_events: 1n }), look(ZERO), 60)).toMatchObject([
      { message: 'connections became impaired and were slowed down 1 time in 60 s' },
    ]);
  });
  it('both, with a limit of the configuration', () => {
    const now = look({ ...ZERO, tx_pkts: 500n, retrans_pkts: 100n, impaired_remote_conn_events: 12n });
    expect(judge(efaImpairedPath, now, look(ZERO), 60, { retransmittedRatio: 0.005, minSentPackets: 100 })).toMatchObject([
      {
        message:
          'connections became impaired and were slowed down 12 times; 20 % of 500 packets were sent again (limit 0.5 %) in 60 s',
      },
    ]);
  });
});
