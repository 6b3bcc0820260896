import { describe, expect, it } from 'vitest';

import { efaAdminQueueDead } from '../../../rules/fabric/efa-admin-queue-dead.ts';
import { device, efa, infiniband, judge, mlx5, port } from '../fixtures.ts';
import { kernelLog } from '../kernel-lines.ts';

const HEALTHY = { counters: { no_completion_cmds: 0n, cmds_err: 0n } };
const TRAFFIC = { tx_pkts: 10n, rx_pkts: 10n };

function look(...devices: readonly ReturnType<typeof device>[]) {
  return { infiniband: infiniband(devices) };
}
/** What the card of a dead queue shows: its own counters, none of the port's. */
function dead(errno: string) {
  const files = ['tx_bytes', 'tx_pkts', 'rx_bytes', 'rx_pkts', 'rx_drops'];
  const unreadable = Object.fromEntries(files.map((file) => [`ports/1/hw_counters/${file}`, errno]));
  return efa('rdmap16s0', {}, { ...HEALTHY, unreadable });
}

describe('EfaAdminQueueDead is silent', () => {
  it('on a healthy card', () => {
    expect(judge(efaAdminQueueDead, look(efa('rdmap16s0', TRAFFIC, HEALTHY)), look(efa('rdmap16s0', TRAFFIC, HEALTHY)))).toEqual([]);
  });
  it('about commands lost before it looked, and says that it has nothing to compare with', () => {
    const now = look(efa('rdmap16s0', TRAFFIC, { counters: { no_completion_cmds: 4n } }));
    const why = 'no earlier look at hw_counters/no_completion_cmds to compare with';
    expect(judge(efaAdminQueueDead, now)).toEqual([{ undecided: 'rdmap16s0', why, report: false }]);
    expect(judge(efaAdminQueueDead, now, look())).toEqual([{ undecided: 'rdmap16s0', why, report: false }]);
  });
  it('on a card whose driver has no such counter', () => {
    expect(judge(efaAdminQueueDead, look(efa('rdmap16s0', {})), look(efa('rdmap16s0', {})))).toEqual([]);
  });
  it('about one unreadable counter among readable ones', () => {
    const now = efa('rdmap16s0', TRAFFIC, { ...HEALTHY, unreadable: { 'ports/1/hw_counters/rx_drops': 'EIO' } });
    expect(judge(efaAdminQueueDead, look(now), look(now))).toEqual([]);
  });
  it('about another driver, and about lines of another card', () => {
    const unreadable = { 'ports/1/hw_counters/out_of_buffer': 'EIO' };
    const mellanox = { ...mlx5('ibp115s0f0', {}), unreadable };
    const lines = ['infiniband rdmap17s0: Admin queue is closed', 'efa 0000:11:00.0 rdmap17s0: Admin queue is closed'];
    const now = { ...look(mellanox, efa('rdmap16s0', TRAFFIC, HEALTHY)), 'kernel-log': kernelLog(lines) };
    expect(judge(efaAdminQueueDead, now, now)).toEqual([]);
  });
  it('about other lines of the card, whatever they quote', () => {
    const line = 'efa 0000:10:00.0 rdmap16s0: Failed to create qp [-12] Admin queue is closed';
    const now = { ...look(efa('rdmap16s0', TRAFFIC, HEALTHY)), 'kernel-log': kernelLog([line]) };
    expect(judge(efaAdminQueueDead, now, now)).toEqual([]);
  });
  it('about a device that is gone, whose finding it holds', () => {
    const now = { infiniband: infiniband([], ['rdmap16s0']) };
    expect(judge(efaAdminQueueDead, now, now)).toContainEqual({
      undecided: 'rdmap16s0',
      why: 'the device is gone',
      report: false,
    });
  });
});

describe('EfaAdminQueueDead reports', () => {
  it.each(['EIO', 'ENODEV', 'ETIME'])('a card whose port counters all answer %s, even at first sight', (errno) => {
    expect(judge(efaAdminQueueDead, look(dead(errno)))).toMatchObject([
      {
        subject: 'rdmap16s0',
        message: `none of its 5 port counters can be read (${errno})`,
        evidence: { pciAddress: '0000:10:00.0', unreadableFiles: 5, errnos: [errno] },
        causes: [{ cause: 'card-failed', likelihood: 'likely' }, { cause: 'interrupt-lost' }],
      },
    ]);
  });
  it('commands that never completed', () => {
    const now = look(efa('rdmap16s0', TRAFFIC, { counters: { no_completion_cmds: 3n } }));
    const before = look(efa('rdmap16s0', TRAFFIC, { counters: { no_completion_cmds: 1n } }));
    expect(judge(efaAdminQueueDead, now, before)).toMatchObject([
      { subject: 'rdmap16s0', message: '2 commands never completed in 30 s', evidence: { no_completion_cmds: 2n } },
    ]);
  });
  it.each(['infiniband rdmap16s0: ', 'efa 0000:10:00.0: ', 'efa 0000:10:00.0 rdmap16s0: '])('the kernel line after "%s"', (prefix) => {
    const line = `${prefix}Admin queue is closed`;
    const now = { ...look(efa('rdmap16s0', TRAFFIC, HEALTHY)), 'kernel-log': kernelLog([line, line]) };
    expect(judge(efaAdminQueueDead, now, now)).toMatchObject([
      {
        subject: 'rdmap16s0',
        message: 'the kernel logged "Admin queue is closed"',
        evidence: { kernelLog: ['Admin queue is closed'] },
      },
    ]);
  });
  it('all three at once as one finding, the lost interrupt first where the kernel names it', () => {
    const text = "The device sent a completion but the driver didn't receive any MSI-X interrupt for admin cmd GET_STATS(11)";
    const now = {
      ...look({ ...dead('ETIME'), counters: { no_completion_cmds: 1n } }),
      'kernel-log': kernelLog([`efa 0000:10:00.0 rdmap16s0: ${text}`]),
    };
    expect(judge(efaAdminQueueDead, now, look(efa('rdmap16s0', TRAFFIC, HEALTHY)))).toMatchObject([
      {
        message: `none of its 5 port counters can be read (ETIME); 1 command never completed in 30 s; the kernel logged "${text}"`,
        causes: [{ cause: 'interrupt-lost', likelihood: 'likely' }, { cause: 'card-failed', likelihood: 'possible' }],
      },
    ]);
  });
  it('that it cannot tell of a card that does not answer, or answers another error', () => {
    const silent = device({ silence: 'no answer for 12 s', ports: [port()] });
    expect(judge(efaAdminQueueDead, look(silent), look(silent))).toEqual([
      { undecided: 'rdmap16s0', why: 'no answer for 12 s', report: true },
    ]);
    expect(judge(efaAdminQueueDead, look(dead('EINVAL')), look(dead('EINVAL')))).toEqual([
      { undecided: 'rdmap16s0', why: 'cannot read its 5 port counters: EINVAL', report: true },
    ]);
  });
});
