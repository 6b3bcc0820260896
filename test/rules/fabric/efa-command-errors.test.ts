import { describe, expect, it } from 'vitest';

import { efaCommandErrors } from '../../../rules/fabric/efa-command-errors.ts';
import { device, efa, infiniband, judge, mlx5 } from '../fixtures.ts';

const CALM = { submitted_cmds: 100n, cmds_err: 2n, create_ah_err: 0n, create_qp_err: 1n, reg_mr_err: 0n };

function look(counters: Record<string, bigint>, unreadable: Record<string, string> = {}, traffic = { tx_pkts: 1n }) {
  return { infiniband: infiniband([efa('rdmap16s0', Object.keys(unreadable).length > 0 ? {} : traffic, { counters, unreadable })]) };
}
const FAILED = { 'ports/1/hw_counters/tx_pkts': 'EIO', 'ports/1/hw_counters/rx_pkts': 'EIO' };

describe('EfaCommandErrors is silent', () => {
  it('while only the commands of our own looks are counted', () => {
    const now = look({ ...CALM, submitted_cmds: 160n, completed_cmds: 160n, keep_alive_rcvd: 9n });
    expect(judge(efaCommandErrors, now, look(CALM), 60)).toEqual([]);
  });
  it('at first sight and after a restart of the counters', () => {
    const why = 'no earlier look at hw_counters/cmds_err to compare with';
    expect(judge(efaCommandErrors, look(CALM))).toEqual([{ undecided: 'rdmap16s0', why, report: false }]);
    expect(judge(efaCommandErrors, look(CALM), { infiniband: infiniband([]) }, 60)).toEqual([
      { undecided: 'rdmap16s0', why, report: false },
    ]);
  });
  it('about refused address handles, which raise cmds_err too', () => {
    expect(judge(efaCommandErrors, look({ ...CALM, cmds_err: 9n, create_ah_err: 7n }), look(CALM), 60)).toEqual([]);
    expect(judge(efaCommandErrors, look({ ...CALM, create_ah_err: 7n }), look(CALM), 60)).toEqual([]);
  });
  it('where the port counters cannot be read now, or could not a window ago', () => {
    const why = 'its port counters cannot be read, and trying to read them raises cmds_err';
    const failing = look({ ...CALM, cmds_err: 40n }, FAILED);
    expect(judge(efaCommandErrors, failing, look(CALM), 60)).toEqual([{ undecided: 'rdmap16s0', why, report: false }]);
    const recovered = look({ ...CALM, cmds_err: 90n });
    expect(judge(efaCommandErrors, recovered, failing, 60)).toEqual([{ undecided: 'rdmap16s0', why, report: false }]);
  });
  it('about a card that does not answer, whose finding it holds', () => {
    const now = { infiniband: infiniband([device({ silence: 'no answer for 3 s' })]) };
    expect(judge(efaCommandErrors, now, look(CALM), 60)).toEqual([
      { undecided: 'rdmap16s0', why: 'no answer for 3 s', report: false },
    ]);
  });
  it('about other drivers and about counters of the port that old drivers show here', () => {
    const now = { infiniband: infiniband([{ ...mlx5('ibp115s0f0', {}), counters: { cmds_err: 5n } }]) };
    const before = { infiniband: infiniband([{ ...mlx5('ibp115s0f0', {}), counters: { cmds_err: 0n } }]) };
    expect(judge(efaCommandErrors, now, before, 60)).toEqual([]);
    const old = { ...CALM, rdma_read_wr_err: 0n };
    expect(judge(efaCommandErrors, look({ ...old, rdma_read_wr_err: 8n }), look(old), 60)).toEqual([]);
  });
});

describe('EfaCommandErrors reports', () => {
  it('each counter with its rise, the likely cause first', () => {
    const now = look({ ...CALM, cmds_err: 1_206n, reg_mr_err: 1_204n });
    expect(judge(efaCommandErrors, now, look(CALM), 60)).toMatchObject([
      {
        subject: 'rdmap16s0',
        message: 'commands to the card failed: cmds_err by 1 204, reg_mr_err by 1 204 in 60 s',
        evidence: { cmds_err: 1_204n, reg_mr_err: 1_204n },
        causes: [{ cause: 'memory-registration', likelihood: 'likely' }, { cause: 'resources-exhausted' }, { cause: 'unsupported-request' }],
      },
    ]);
  });
  it('what is left of cmds_err beside refused address handles', () => {
    const now = look({ ...CALM, cmds_err: 12n, create_ah_err: 7n, create_qp_err: 4n });
    expect(judge(efaCommandErrors, now, look(CALM), 60)).toMatchObject([
      {
        message: 'commands to the card failed: cmds_err by 3, create_qp_err by 3 in 60 s',
        causes: [{ cause: 'resources-exhausted', likelihood: 'likely' }, {}, {}],
      },
    ]);
  });
  it('a counter of a driver that is newer than this rule', () => {
    expect(judge(efaCommandErrors, look({ ...CALM, resize_cq_err: 2n }), look({ ...CALM, resize_cq_err: 0n }), 60)).toMatchObject([
      { message: 'commands to the card failed: resize_cq_err by 2 in 60 s' },
    ]);
  });
});
