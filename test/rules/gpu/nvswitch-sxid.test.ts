import { describe, expect, it } from 'vitest';
import { nvSwitchSxid } from '../../../rules/gpu/nvswitch-sxid.ts';
import { judge } from '../fixtures.ts';
import { logged, sxid, xid } from './gpu-events.ts';

describe('NvSwitchSxid is silent', () => {
  it('about a log without SXids', () => {
    expect(judge(nvSwitchSxid, logged())).toEqual([]);
    expect(judge(nvSwitchSxid, logged(xid()))).toEqual([]);
  });
});

describe('NvSwitchSxid reports', () => {
  it('a fatal fault of a link', () => {
    expect(judge(nvSwitchSxid, logged(sxid({ count: 2 })))).toMatchObject([
      {
        subject: 'nvidia-nvswitch0 SXid 20034 Link 30',
        severity: 'critical',
        message: 'SXid 20034 (LTSSM Fault Up) on link 30 of nvidia-nvswitch0 (0000:05:00.0) 2 times; the driver calls it fatal',
        evidence: { sxid: 20_034, nvswitch: 0, link: 30, isFatal: true, count: 2 },
        causes: [{ cause: 'nvlink-or-switch-fault' }, { cause: 'gpu-at-the-other-end' }],
        happenedAt: '2026-11-23T10:00:00.000Z',
      },
    ]);
  });
  it('a fault of the switch itself', () => {
    expect(judge(nvSwitchSxid, logged(sxid({ sxid: 10_003, severity: 'non-fatal', link: undefined, detail: 'Host_unhandled_interrupt, instance=0, chiplet=0' })))).toMatchObject([
      {
        subject: 'nvidia-nvswitch0 SXid 10003',
        severity: 'warning',
        message: 'SXid 10003 (Host_unhandled_interrupt, instance=0, chiplet=0) on nvidia-nvswitch0 (0000:05:00.0) once; the driver calls it non-fatal',
      },
    ]);
  });
  it.each([
    [23_005, 'non-fatal', 'critical', "the driver calls it non-fatal, NVIDIA's list always fatal"],
    [12_020, 'correctable', 'critical', "the driver calls it correctable, NVIDIA's list always fatal"],
    [20_034, 'unstated', 'critical', "the line states no severity, NVIDIA's list calls it fatal"],
    [20_034, 'non-fatal', 'warning', 'the driver calls it non-fatal'],
    [99_999, 'unstated', 'warning', 'the line states no severity'],
    [11, 'correctable', 'warning', 'the driver calls it correctable'],
  ] as const)('SXid %i, %s, as %s', (number, severity, expected, why) => {
    expect(judge(nvSwitchSxid, logged(sxid({ sxid: number, severity })))).toMatchObject([{ severity: expected, message: expect.stringContaining(`; ${why}`) }]);
  });
  it('lines of one link that differ as one', () => {
    expect(judge(nvSwitchSxid, logged(sxid({ severity: 'non-fatal', detail: 'a', time: '2026-11-23T10:00:05.000Z' }), sxid({ count: 4 })))).toMatchObject([
      { severity: 'critical', evidence: { count: 5 }, happenedAt: '2026-11-23T10:00:05.000Z' },
    ]);
  });
  it('a storm of links bounded, the fatal ones first', () => {
    const links = Array.from({ length: 60 }, (_, link) => sxid({ link, severity: link === 59 ? 'fatal' : 'non-fatal' }));
    const judgements = judge(nvSwitchSxid, logged(...links));
    expect(judgements).toHaveLength(41);
    expect(judgements[0]).toMatchObject({ subject: 'nvidia-nvswitch0 SXid 20034 Link 59' });
    expect(judgements[40]).toMatchObject({ subject: 'node', severity: 'warning', message: 'NVSwitches logged SXids of 20 further links in the same moment' });
  });
});
