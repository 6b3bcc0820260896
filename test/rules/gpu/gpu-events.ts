import type { GpuEvent, GpuLogEvent, GpuProcess, SxidEvent, XidEvent } from '../../../agent/model.ts';
import { kernelLog } from '../kernel-lines.ts';

export const UUID = 'GPU-00000000-1111-2222-3333-444444444444';

/** Xid 31 of the GPU at 0000:00:06.0, once, without a process. */
export function xid(changes: Partial<XidEvent> = {}): XidEvent {
  return {
    kind: 'xid',
    xid: 31,
    pciAddress: '0000:00:06.0',
    uuid: UUID,
    gpuInstance: undefined,
    computeInstance: undefined,
    process: undefined,
    detail: '',
    nvlink: undefined,
    recoveryAction: undefined,
    total: changes.count ?? 1,
    distinctProcesses: changes.process ? 1 : 0,
    time: '2026-11-23T10:00:00.000Z',
    count: 1,
    text: `NVRM: Xid (PCI:0000:00:06): ${changes.xid ?? 31}`,
    ...changes,
  };
}
export function gpuProcess(changes: Partial<GpuProcess> = {}): GpuProcess {
  return { pid: 858, name: 'bad', commandLine: undefined, podUid: undefined, containerId: undefined, missing: undefined, ...changes };
}
export function sxid(changes: Partial<SxidEvent> = {}): SxidEvent {
  return {
    kind: 'sxid',
    sxid: 20_034,
    nvswitch: 0,
    pciAddress: '0000:05:00.0',
    severity: 'fatal',
    link: 30,
    detail: 'LTSSM Fault Up',
    time: '2026-11-23T10:00:00.000Z',
    count: 1,
    text: 'nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 20034, Fatal, Link 30 LTSSM Fault Up',
    ...changes,
  };
}
export function gpuMessage(kind: GpuLogEvent['kind'], text: string, changes: Partial<GpuLogEvent> = {}): GpuLogEvent {
  return { kind, pciAddress: undefined, uuid: undefined, time: '2026-11-23T10:00:00.000Z', count: 1, text, ...changes };
}
export function logged(...gpuEvents: readonly GpuEvent[]) {
  return { 'kernel-log': kernelLog([], { gpuEvents }) };
}
