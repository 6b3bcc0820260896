import { describe, expect, it } from 'vitest';

import { infinibandLinkErrors } from '../../../rules/fabric/infiniband-link-errors.ts';
import { device, efa, infiniband, judge, mlx5, rxe } from '../fixtures.ts';

const CLEAN = { link_downed: 1n, symbol_error: 3n, port_rcv_errors: 0n, port_xmit_wait: 5n };

function look(...devices: readonly ReturnType<typeof device>[]) {
  return { infiniband: infiniband(devices) };
}
function connectx(counters: Record<string, bigint>) {
  return look(mlx5('mlx5_0', counters));
}

describe('InfinibandLinkErrors is silent', () => {
  it('on a link whose errors are old', () => {
    expect(judge(infinibandLinkErrors, connectx({ ...CLEAN, port_xmit_wait: 900n }), connectx(CLEAN), 60)).toEqual([]);
  });
  it('on soft-RoCE, whose retries are no link errors', () => {
    const now = look(rxe('rxe0', { link_downed: 0n, completer_retry_err: 40n, rcvd_seq_err: 3n }));
    const before = look(rxe('rxe0', { link_downed: 0n, completer_retry_err: 1n, rcvd_seq_err: 0n }));
    expect(judge(infinibandLinkErrors, now, before, 60)).toEqual([]);
  });
  it('at first sight and after a restart of the counters', () => {
    const why = 'no earlier look at ports/1/counters/link_downed to compare with';
    expect(judge(infinibandLinkErrors, connectx(CLEAN))).toEqual([{ undecided: 'mlx5_0/1', why, report: false }]);
    expect(judge(infinibandLinkErrors, connectx(CLEAN), look(), 60)).toEqual([{ undecided: 'mlx5_0/1', why, report: false }]);
  });
  it('about counters that cannot be read, and on ports without any', () => {
    const unreadable = { ...mlx5('mlx5_0', {}), unreadable: { 'ports/1/counters/symbol_error': 'EINVAL' } };
    expect(judge(infinibandLinkErrors, look(unreadable), connectx(CLEAN), 60)).toMatchObject([{ undecided: 'mlx5_0/1', report: false }]);
    expect(judge(infinibandLinkErrors, connectx({}), connectx({}), 60)).toEqual([]);
  });
  it('about EFA, whose link the driver invents', () => {
    expect(judge(infinibandLinkErrors, look(efa('rdmap16s0', { link_downed: 4n })), look(efa('rdmap16s0', { link_downed: 0n })))).toEqual([]);
  });
});

describe('InfinibandLinkErrors reports', () => {
  it('errors of a bad cable', () => {
    const now = connectx({ ...CLEAN, symbol_error: 4_203n, port_rcv_errors: 2n });
    expect(judge(infinibandLinkErrors, now, connectx(CLEAN), 60)).toMatchObject([
      {
        subject: 'mlx5_0/1',
        message: 'link errors rose: symbol_error by 4 200, port_rcv_errors by 2 in 60 s',
        evidence: { symbol_error: 4_200n, port_rcv_errors: 2n, state: '4: ACTIVE' },
        causes: [{ cause: 'cable-or-transceiver', likelihood: 'likely' }, { cause: 'other-end-went-down' }],
      },
    ]);
  });
  it('a link of soft-RoCE that went down', () => {
    const message = 'link errors rose: link_downed by 1 in 60 s';
    expect(judge(infinibandLinkErrors, look(rxe('rxe0', { link_downed: 1n })), look(rxe('rxe0', { link_downed: 0n })), 60)).toMatchObject([
      { subject: 'rxe0/1', message, causes: [{ cause: 'other-end-went-down', likelihood: 'likely' }, {}] },
    ]);
  });
  it('that it cannot tell where a counter has reached its end', () => {
    const stuck = connectx({ ...CLEAN, link_downed: 255n, symbol_error: 65_535n });
    expect(judge(infinibandLinkErrors, stuck, stuck, 60)).toEqual([
      {
        undecided: 'mlx5_0/1',
        why: 'at the highest value and unable to rise until cleared: link_downed, symbol_error',
        report: true,
      },
    ]);
  });
});
