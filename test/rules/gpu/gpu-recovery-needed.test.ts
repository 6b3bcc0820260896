import { describe, expect, it } from 'vitest';

import type { GpuEvent, XidEvent } from '../../../agent/model.ts';
import { gpuRecoveryNeeded as rule } from '../../../rules/gpu/gpu-recovery-needed.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { kernelLog } from '../kernel-lines.ts';
import { IDLE, UUID, WITHOUT_ECC } from './h200.ts';

const look = (fields: Readonly<Record<string, string | number>>, ...gpuEvents: readonly GpuEvent[]) => ({
  'nvidia-query': nvidiaQuery([gpu(fields)]),
  'kernel-log': { ...kernelLog([]), gpuEvents },
});
const action = (text: string) => look({ ...IDLE, gpu_recovery_action: text });

function xid154(recoveryAction: string, changes: Partial<XidEvent> = {}): XidEvent {
  return {
    kind: 'xid',
    xid: 154,
    time: '2026-07-03T22:11:09Z',
    count: 1,
    text: `NVRM: Xid (PCI:0000:83:00): 154, GPU recovery action changed from 0x0 (None) to 0x1 (${recoveryAction})`,
    pciAddress: '0000:83:00.0',
    uuid: undefined,
    gpuInstance: undefined,
    computeInstance: undefined,
    process: undefined,
    detail: '',
    nvlink: undefined,
    recoveryAction,
    total: 1,
    distinctProcesses: 0,
    ...changes,
  };
}

describe('silent', () => {
  it.each(['None', 'none', 'NONE'])('when the action is %s', (text) => {
    expect(judge(rule, action(text))).toEqual([]);
  });
  it('on cards and drivers without the field, and keeps what stands', () => {
    expect(judge(rule, look(WITHOUT_ECC))).toEqual([{ undecided: UUID, why: 'GPU 3: gpu_recovery_action says "[N/A]"', report: false }]);
    expect(judge(rule, look({}))).toEqual([
      { undecided: UUID, why: "GPU 3: this driver's nvidia-smi has no gpu_recovery_action", report: false },
    ]);
  });
  it('about an Xid 154 that the driver has taken back since', () => {
    expect(judge(rule, look(IDLE, xid154('GPU Reset Required')))).toEqual([]);
    const ends = [xid154('GPU Reset Required'), xid154('None')];
    expect(judge(rule, look({}, ...ends))).toMatchObject([{ undecided: UUID, report: false }]);
  });
  it('about an Xid 154 of another GPU', () => {
    expect(judge(rule, look({}, xid154('GPU Reset Required', { pciAddress: '0000:84:00.0' })))).toMatchObject([{ undecided: UUID, report: false }]);
  });
});

describe('reports', () => {
  it.each([
    ['GPU Reset', 'reset-gpu', 'critical'],
    ['Reset', 'reset-gpu', 'critical'],
    ['Node Reboot', 'reboot-node', 'critical'],
    ['Drain P2P', 'drain-peer-traffic', 'warning'],
    ['drain p2p', 'drain-peer-traffic', 'warning'],
    ['Drain and Reset', 'drain-and-reset', 'critical'],
    ['Recover IMEX Domain', 'recover-imex-domain', 'critical'],
    ['Bus Reset', 'reset-bus', 'critical'],
    ['System Reboot', 'reboot-node', 'critical'],
    ['Call a priest', 'unknown-action', 'critical'],
  ])('%s', (text, cause, severity) => {
    expect(judge(rule, action(text))).toMatchObject([
      {
        subject: UUID,
        severity,
        message: `GPU 3: the driver asks for a recovery action: gpu_recovery_action is "${text}"`,
        evidence: { gpu: 3, gpu_recovery_action: text, action: text },
        causes: [{ cause, likelihood: 'confirmed' }],
      },
    ]);
  });
  it('cells that say that the GPU requires a reset, though the action says None', () => {
    const reset = { ...IDLE, 'temperature.gpu': '[GPU requires reset]', 'memory.used': '[GPU requires reset]' };
    expect(judge(rule, look(reset))).toMatchObject([
      {
        severity: 'critical',
        message: 'GPU 3: the driver asks for a recovery action: nvidia-smi answers "[GPU requires reset]" for 2 of its fields',
        causes: [{ cause: 'reset-gpu' }],
      },
    ]);
  });
  it('an Xid 154 where the driver has no such field', () => {
    expect(judge(rule, look({}, xid154('Node Reboot Required')))).toMatchObject([
      {
        subject: UUID,
        message: 'GPU 3: the driver asks for a recovery action: the kernel log (Xid 154) says "Node Reboot Required"',
        causes: [{ cause: 'reboot-node' }],
      },
    ]);
  });
  it('that it cannot tell', () => {
    expect(judge(rule, action('[Unknown Error]'))).toEqual([
      { undecided: UUID, why: 'GPU 3: gpu_recovery_action says "[Unknown Error]"', report: true },
    ]);
  });
});
