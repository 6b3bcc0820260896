import { describe, expect, it } from 'vitest';

import { efaRdmaErrors } from '../../../rules/fabric/efa-rdma-errors.ts';
import { device, efa, infiniband, judge, port } from '../fixtures.ts';

function look(counters: Record<string, bigint>, unreadable: Record<string, string> = {}) {
  return { infiniband: infiniband([efa('rdmap16s0', counters, { unreadable })]) };
}
const BEFORE = look({ rdma_read_wr_err: 1n, rdma_write_wr_err: 0n });

describe('EfaRdmaErrors is silent', () => {
  it('while no operation fails', () => {
    expect(judge(efaRdmaErrors, look({ rdma_read_wr_err: 1n, rdma_write_wr_err: 0n, rdma_read_wrs: 9n }), BEFORE, 60)).toEqual([]);
  });
  it('at first sight and after a restart of the counters', () => {
    const why = 'no earlier look at ports/1/hw_counters/rdma_read_wr_err to compare with';
    const now = look({ rdma_read_wr_err: 5n });
    expect(judge(efaRdmaErrors, now)).toEqual([{ undecided: 'rdmap16s0/1', why, report: false }]);
    expect(judge(efaRdmaErrors, now, { infiniband: infiniband([device()]) }, 60)).toEqual([
      { undecided: 'rdmap16s0/1', why, report: false },
    ]);
  });
  it('on a card without RDMA', () => {
    expect(judge(efaRdmaErrors, look({ tx_pkts: 5n }), look({ tx_pkts: 1n }), 60)).toEqual([]);
  });
  it('about counters that cannot be read', () => {
    const now = look({}, { 'ports/1/hw_counters/rdma_read_wr_err': 'EIO', 'ports/1/hw_counters/rdma_write_wr_err': 'EIO' });
    expect(judge(efaRdmaErrors, now, BEFORE, 60)).toEqual([
      { undecided: 'rdmap16s0/1', why: 'cannot read ports/1/hw_counters/rdma_read_wr_err: EIO', report: false },
    ]);
  });
  it('about a card that does not answer', () => {
    const silent = { infiniband: infiniband([device({ silence: 'no answer for 3 s', ports: [port()] })]) };
    expect(judge(efaRdmaErrors, silent, BEFORE, 60)).toEqual([
      { undecided: 'rdmap16s0/1', why: 'no answer for 3 s', report: false },
    ]);
  });
});

describe('EfaRdmaErrors reports', () => {
  it('failed reads and writes', () => {
    expect(judge(efaRdmaErrors, look({ rdma_read_wr_err: 5n, rdma_write_wr_err: 2_000n }), BEFORE, 60)).toMatchObject([
      {
        subject: 'rdmap16s0/1',
        message: 'RDMA operations failed: rdma_read_wr_err by 4, rdma_write_wr_err by 2 000 in 60 s',
        evidence: { rdma_read_wr_err: 4n, rdma_write_wr_err: 2_000n },
        causes: [{ cause: 'peer-gone', likelihood: 'likely' }, { cause: 'remote-memory-refused' }, { cause: 'path-failed' }],
      },
    ]);
  });
  it('what it can see, though the other counter cannot be read', () => {
    const now = look({ rdma_read_wr_err: 2n }, { 'ports/1/hw_counters/rdma_write_wr_err': 'EINVAL' });
    expect(judge(efaRdmaErrors, now, BEFORE, 60)).toMatchObject([{ message: 'RDMA operations failed: rdma_read_wr_err by 1 in 60 s' }]);
  });
});
