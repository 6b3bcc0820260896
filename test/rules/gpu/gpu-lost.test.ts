import { describe, expect, it } from 'vitest';
import type { Gpu, NvidiaSmi, PciFunction } from '../../../agent/model.ts';
import { gpuLost } from '../../../rules/gpu/gpu-lost.ts';
import { judge, nvidiaQuery, pci, pciFunction } from '../fixtures.ts';
import { kernelLog } from '../kernel-lines.ts';
import { gpuMessage, logged, UUID, xid } from './gpu-events.ts';

const ADDRESS = '0000:00:06.0';
const onBus = (address: string, changes: Partial<PciFunction> = {}) =>
  pciFunction({ address, vendor: '0x10de', device: '0x2330', class: '0x030200', kind: 'nvidia', driver: 'nvidia', ...changes });
const gpu = (pciAddress: string, changes: Partial<Gpu> = {}): Partial<Gpu> => ({ pciAddress, uuid: `GPU-${pciAddress}`, ...changes });
const smi = (text: string): NvidiaSmi => ({ path: '/usr/bin/nvidia-smi', tried: [], driverVersion: undefined, processes: [], failure: { exitCode: 15, text } });

describe('GpuLost is silent', () => {
  it('where nothing is known', () => {
    expect(judge(gpuLost, {})).toEqual([]);
  });
  it('about other Xids, healthy GPUs and unknown fields', () => {
    const fields = { 'ecc.mode.current': { kind: 'unknown', reason: '[N/A]' }, 'power.draw': { kind: 'number', value: 70 } } as const;
    const now = { ...logged(xid({ xid: 48 })), 'nvidia-query': nvidiaQuery([gpu(ADDRESS, { fields })]), pci: pci([onBus(ADDRESS)]) };
    expect(judge(gpuLost, now, now)).toEqual([]);
  });
  it('about NVIDIA functions that are no GPU, or that another driver has', () => {
    const functions = [onBus(ADDRESS), onBus('0000:05:00.0', { class: '0x068000' }), onBus('0000:00:06.1', { class: '0x040300' }), onBus('0000:07:00.0', { driver: 'vfio-pci' })];
    const now = { 'nvidia-query': nvidiaQuery([gpu(ADDRESS)]), pci: pci(functions) };
    expect(judge(gpuLost, now, now)).toEqual([]);
  });
  it('while nvidia-smi lists nothing, names no addresses, or has not listed a GPU for one look only', () => {
    const functions = pci([onBus(ADDRESS), onBus('0000:07:00.0')]);
    const none = { 'nvidia-query': nvidiaQuery([]), pci: functions };
    const unnamed = { 'nvidia-query': nvidiaQuery([{ pciAddress: undefined }]), pci: functions };
    const one = { 'nvidia-query': nvidiaQuery([gpu(ADDRESS)]), pci: functions };
    const both = { 'nvidia-query': nvidiaQuery([gpu(ADDRESS), gpu('0000:07:00.0')]), pci: functions };
    expect(judge(gpuLost, none, none)).toEqual([]);
    expect(judge(gpuLost, unnamed, unnamed)).toEqual([]);
    expect(judge(gpuLost, one)).toEqual([]);
    expect(judge(gpuLost, one, both)).toEqual([]);
    expect(judge(gpuLost, one, { pci: functions })).toEqual([]);
  });
});

describe('GpuLost reports', () => {
  it('Xid 79, by the UUID the kernel named', () => {
    expect(judge(gpuLost, logged(xid({ xid: 79 })))).toMatchObject([
      {
        subject: UUID,
        message: `the GPU at ${ADDRESS} does not answer: the kernel logged Xid 79`,
        evidence: { pciAddress: ADDRESS, uuid: UUID, signs: ['kernel-log'] },
        happenedAt: '2026-11-23T10:00:00.000Z',
        causes: [{ cause: 'gpu-or-pcie-hardware' }, { cause: 'driver-or-firmware' }],
      },
    ]);
  });
  it('a line without a number', () => {
    const now = logged(gpuMessage('fallen-off-the-bus', 'GPU 0000:18:00.0: GPU has fallen off the bus.', { pciAddress: '0000:18:00.0' }));
    expect(judge(gpuLost, now)).toMatchObject([{ subject: '0000:18:00.0', message: 'the GPU at 0000:18:00.0 does not answer: the kernel logged that it has fallen off the bus' }]);
  });
  it('[GPU is lost], with the fields counted', () => {
    const lost = { kind: 'unknown', reason: '[GPU is lost]' } as const;
    const query = nvidiaQuery([gpu(ADDRESS), gpu('0000:07:00.0', { index: 1, fields: { 'power.draw': lost, 'ecc.mode.current': lost } })]);
    expect(judge(gpuLost, { 'nvidia-query': query })).toMatchObject([
      { subject: 'GPU-0000:07:00.0', message: 'GPU 1 (0000:07:00.0) does not answer: nvidia-smi answers [GPU is lost] for 2 fields', evidence: { gpu: 1, signs: ['nvidia-query'] } },
    ]);
    const nameless = nvidiaQuery([{ index: 3, uuid: '[GPU is lost]', pciAddress: undefined, fields: { uuid: lost } }]);
    expect(judge(gpuLost, { 'nvidia-query': nameless })).toMatchObject([{ subject: 'GPU 3' }]);
  });
  it.each(['Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot the system to recover this GPU', 'Unable to determine the device handle for GPU1: 00000000:02:00.0: GPU is lost.'])(
    'what nvidia-smi says when it gives up: %s',
    (text) => {
      expect(judge(gpuLost, { 'nvidia-smi': smi(text) })).toMatchObject([{ subject: '0000:02:00.0', message: 'the GPU at 0000:02:00.0 does not answer: nvidia-smi says that it is lost' }]);
    },
  );
  it('a GPU that PCI has and nvidia-smi does not list at two looks', () => {
    const now = { 'nvidia-query': nvidiaQuery([gpu(ADDRESS)]), pci: pci([onBus(ADDRESS), onBus('0000:07:00.0', { driver: undefined, class: '0x030000' })]) };
    expect(judge(gpuLost, now, now)).toMatchObject([
      { subject: '0000:07:00.0', message: 'the GPU at 0000:07:00.0 does not answer: PCI has it and it is not among the 1 GPUs of nvidia-smi', evidence: { signs: ['pci'] } },
    ]);
  });
  it('all signs of one GPU as one', () => {
    const log = { ...logged(xid({ xid: 79 }), gpuMessage('fallen-off-the-bus', 'GPU has fallen off the bus.', { pciAddress: ADDRESS, uuid: UUID })) };
    expect(judge(gpuLost, log)).toMatchObject([{ subject: UUID, message: `the GPU at ${ADDRESS} does not answer: the kernel logged Xid 79, the kernel logged that it has fallen off the bus` }]);
  });
  it('what the log said before, along with what is seen now, and not by itself', () => {
    const log = { 'kernel-log': kernelLog([], { xidTotals: [{ pciAddress: ADDRESS, uuid: UUID, xid: 79, total: 1, lastTime: '2026-11-23T09:00:00.000Z' }], gpuUuids: { [ADDRESS]: UUID } }) };
    const now = { ...log, 'nvidia-query': nvidiaQuery([gpu('0000:07:00.0')]), pci: pci([onBus(ADDRESS), onBus('0000:07:00.0')]) };
    expect(judge(gpuLost, now, now)).toMatchObject([{ subject: UUID, message: expect.stringContaining('does not answer: the kernel logged Xid 79, PCI has it'), happenedAt: '2026-11-23T09:00:00.000Z' }]);
    expect(judge(gpuLost, log)).toEqual([]);
  });
  it('the UUID that nvidia-smi told before', () => {
    const now = { 'nvidia-query': nvidiaQuery([gpu('0000:01:00.0')]), ...logged(xid({ xid: 79, uuid: undefined })) };
    expect(judge(gpuLost, now, { 'nvidia-query': nvidiaQuery([gpu(ADDRESS, { index: 4 })]) })).toMatchObject([{ subject: `GPU-${ADDRESS}`, evidence: { gpu: 4 } }]);
  });
});
