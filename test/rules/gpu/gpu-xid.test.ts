import { describe, expect, it } from 'vitest';
import type { XidEvent } from '../../../agent/model.ts';
import { gpuXid } from '../../../rules/gpu/gpu-xid.ts';
import { judge, nvidiaQuery } from '../fixtures.ts';
import { gpuProcess, logged, sxid, UUID, xid } from './gpu-events.ts';

const POD = '968a06fb-9ab9-4819-8caf-0392ddff3d9b';
const severityOf = (...events: readonly XidEvent[]) => judge(gpuXid, logged(...events)).map((judgement) => ('severity' in judgement ? judgement.severity : undefined));

describe('GpuXid is silent', () => {
  it('about a log without Xids', () => {
    expect(judge(gpuXid, logged())).toEqual([]);
    expect(judge(gpuXid, logged(sxid()))).toEqual([]);
  });
});

describe('GpuXid reports', () => {
  it('an Xid of an application with its process and pod, as info', () => {
    const process = gpuProcess({ podUid: POD, containerId: '0f', commandLine: '/usr/bin/python3 train.py' });
    const now = { ...logged(xid({ process, count: 3 })), 'nvidia-query': nvidiaQuery([{ index: 0, uuid: UUID, pciAddress: '0000:00:06.0' }]) };
    expect(judge(gpuXid, now)).toMatchObject([
      {
        subject: `${UUID} Xid 31`,
        title: 'Xid 31: GPU memory page fault',
        severity: 'info',
        message: `Xid 31 (GPU memory page fault) on GPU 0 (0000:00:06.0) 3 times by bad[858] of pod ${POD}; NVIDIA's first step: restart the application; EKS auto repair does not act on it (agent of 2026-08-18; the guide of 2024-12-18 had it reboot)`,
        happenedAt: '2026-11-23T10:00:00.000Z',
        evidence: {
          xid: 31,
          count: 3,
          gpu: 0,
          uuid: UUID,
          class: 'application',
          mnemonic: 'RC_FIFO_ERROR_MMU_ERR_FLT',
          immediateAction: 'RESTART_APP',
          eksAutoRepair: false,
          catalogue: 'NVIDIA Xid catalog, 2025-10-29',
          processes: ['bad[858]'],
          commandLines: ['/usr/bin/python3 train.py'],
          podUids: [POD],
        },
        causes: [{ cause: 'program-fault', likelihood: 'likely' }, { cause: 'gpu-fault', likelihood: 'possible', fix: [] }],
      },
    ]);
  });

  it('an Xid of the hardware as critical, with the drain and the restart', () => {
    expect(judge(gpuXid, logged(xid({ xid: 79, count: 13_300, total: 800_000 })))).toMatchObject([
      {
        subject: `${UUID} Xid 79`,
        severity: 'critical',
        message:
          "Xid 79 (GPU has fallen off the bus) on the GPU at 0000:00:06.0 13 300 times, 800 000 in all; NVIDIA's first step: restart the machine; EKS auto repair acts on it (agent of 2026-08-18)",
        causes: [{ cause: 'gpu-fault', likelihood: 'likely', fix: [expect.stringContaining('kubectl drain'), 'systemctl reboot'] }],
      },
    ]);
  });

  it('by its PCI address while no source knows the UUID', () => {
    expect(judge(gpuXid, logged(xid({ xid: 48, pciAddress: '0000:83:00.0', uuid: undefined })))).toMatchObject([{ subject: '0000:83:00.0 Xid 48' }]);
  });

  it('each (GPU, Xid) once, however many lines and processes', () => {
    const events = [1, 2, 3].map((pid) => xid({ process: gpuProcess({ pid, name: 'rank' }), time: `2026-11-23T10:00:0${pid}.000Z`, distinctProcesses: 2, total: 3 }));
    expect(judge(gpuXid, logged(...events, xid({ pciAddress: '0000:07:00.0', uuid: undefined }), xid({ xid: 43 })))).toMatchObject([
      { subject: `${UUID} Xid 31`, message: expect.stringContaining('3 times by rank[1] and 2 more;'), happenedAt: '2026-11-23T10:00:03.000Z' },
      { subject: '0000:07:00.0 Xid 31' },
      { subject: `${UUID} Xid 43` },
    ]);
  });

  it('an application Xid of three processes as a warning', () => {
    expect(judge(gpuXid, logged(xid({ distinctProcesses: 3 })))).toMatchObject([
      { severity: 'warning', message: expect.stringContaining('once, in 3 processes within an hour;'), causes: [{ cause: 'gpu-fault', likelihood: 'likely' }, { cause: 'program-fault' }] },
    ]);
    expect(severityOf(xid({ distinctProcesses: 2 }))).toEqual(['info']);
    expect(severityOf(xid({ xid: 109, distinctProcesses: 1 }), xid({ xid: 32, distinctProcesses: 3 }))).toEqual(['warning', 'critical']);
  });

  it('a process that names itself at length, cut', () => {
    const process = gpuProcess({ name: '"><script>'.repeat(30) });
    expect(judge(gpuXid, logged(xid({ process })))).toMatchObject([{ message: expect.stringContaining(` by ${'"><script>'.repeat(6)}"><s[858];`) }]);
  });
});

describe('GpuXid grades', () => {
  it.each([
    [48, 'critical'],
    [74, 'critical'],
    [119, 'critical'],
    [143, 'critical'],
    [63, 'warning'],
    [92, 'warning'],
    [94, 'warning'],
    [109, 'warning'],
    [167, 'warning'],
    [175, 'warning'],
    [61, 'warning'],
    [7, 'warning'],
    [9999, 'warning'],
    [13, 'info'],
    [43, 'info'],
    [45, 'info'],
    [106, 'info'],
  ])('Xid %i as %s', (number, severity) => {
    expect(severityOf(xid({ xid: number }))).toEqual([severity]);
  });

  it('a 45 never above info, from however many processes', () => {
    expect(severityOf(xid({ xid: 45, distinctProcesses: 64 }))).toEqual(['info']);
  });

  it.each([
    ['GPU Reset Required', 'critical'],
    ['Node Reboot Required', 'critical'],
    ['OS Reboot', 'critical'],
    ['Drain and Reset', 'critical'],
    ['Recover IMEX Domain', 'critical'],
    ['Drain P2P', 'warning'],
    [undefined, 'warning'],
    ['None', 'info'],
  ])('an Xid 154 that asks for %j as %s', (recoveryAction, severity) => {
    expect(severityOf(xid({ xid: 154, recoveryAction }))).toEqual([severity]);
  });
  it('an Xid 154 by its newest line, and says the action', () => {
    const asked = xid({ xid: 154, recoveryAction: 'GPU Reset Required' });
    const done = xid({ xid: 154, recoveryAction: 'None', time: '2026-11-23T10:00:01.000Z' });
    expect(severityOf(done, asked)).toEqual(['info']);
    expect(judge(gpuXid, logged(asked))).toMatchObject([{ message: expect.stringContaining('once, which asks for "GPU Reset Required"; NVIDIA\'s first step: what the line says;') }]);
  });

  it.each([
    ['Fatal', 'critical'],
    ['Link Fatal', 'critical'],
    ['Nonfatal', 'warning'],
  ])('an NVLink 5 fault that is %s as %s', (severity, expected) => {
    const fault = xid({ xid: 149, nvlink: { unit: 'NETIR_LINK_EVT', severity, link: 8 } });
    expect(severityOf(fault)).toEqual([expected]);
    expect(judge(gpuXid, logged(fault))).toMatchObject([{ message: expect.stringContaining(`, NETIR_LINK_EVT ${severity} on link 8;`) }]);
  });
  it('an NVLink 5 fault whose fields are new as a warning', () => {
    expect(severityOf(xid({ xid: 149 }))).toEqual(['warning']);
  });
});
