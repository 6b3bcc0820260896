import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseGpuUuid, parseXid, type XidLine } from '../../agent/parse/xid.ts';

const NOTHING: XidLine = {
  kind: 'xid',
  xid: 0,
  pciAddress: '0000:3b:00.0',
  gpuInstance: undefined,
  computeInstance: undefined,
  pid: undefined,
  processName: undefined,
  detail: '',
  nvlink: undefined,
  recoveryAction: undefined,
};

describe('every shape a driver has written', () => {
  test.each<[string, Partial<XidLine>]>([
    [
      'NVRM: Xid (PCI:0000:00:06): 31, pid=858, name=bad, channel 0x0000000a, intr 00000000. MMU Fault: ENGINE GRAPHICS GPC1 GPCCLIENT_T1_8 faulted @ 0x0_00000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_WRITE',
      {
        xid: 31,
        pciAddress: '0000:00:06.0',
        pid: 858,
        processName: 'bad',
        detail:
          'channel 0x0000000a, intr 00000000. MMU Fault: ENGINE GRAPHICS GPC1 GPCCLIENT_T1_8 faulted @ 0x0_00000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_WRITE',
      },
    ],
    ['NVRM: Xid (PCI:0000:00:06): 43, pid=902, name=oob, channel 0x0000000a', { xid: 43, pciAddress: '0000:00:06.0', pid: 902, processName: 'oob', detail: 'channel 0x0000000a' }],
    ['NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.', { xid: 79, detail: 'GPU has fallen off the bus.' }],
    ["NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.", { xid: 79, detail: 'GPU has fallen off the bus.' }],
    ["NVRM: Xid (PCI:0000:3b:00): 13, pid='4242', name=python3, Graphics Exception: ESR 0x504648=0x1", { xid: 13, pid: 4242, processName: 'python3', detail: 'Graphics Exception: ESR 0x504648=0x1' }],
    ['NVRM: Xid (0000:03:00): 14, Channel 00000001', { xid: 14, pciAddress: '0000:03:00.0', detail: 'Channel 00000001' }],
    ['NVRM: Xid (PCI:0000:3b:00 GPU-I:02): 94, pid=7194, Contained: CE User Channel (0x9). RST: No, D-RST: No', { xid: 94, gpuInstance: 2, pid: 7194, detail: 'Contained: CE User Channel (0x9). RST: No, D-RST: No' }],
    ['NVRM: Xid (PCI:0000:3b:00 GPU-I:02 GPU-CI:00): 13, pid=9, name=a, Graphics Exception', { xid: 13, gpuInstance: 2, computeInstance: 0, pid: 9, processName: 'a', detail: 'Graphics Exception' }],
    ['NVRM: Xid (PCI:0000:3b:00): 45, pid=7062, name=ray::worker, Ch 00000008', { xid: 45, pid: 7062, processName: 'ray::worker', detail: 'Ch 00000008' }],
    ['NVRM: Xid (PCI:0000:3b:00): 45, pid=7062, Ch 00000008 caused by previous Xid 31', { xid: 45, pid: 7062, detail: 'Ch 00000008 caused by previous Xid 31' }],
    ['NVRM: Xid (PCI:0000:3b:00): 63, Row Remapper: New row marked for remapping, reset gpu to activate.', { xid: 63, detail: 'Row Remapper: New row marked for remapping, reset gpu to activate.' }],
    ['NVRM: Xid (PCI:00000000:3B:00.0): 48', { xid: 48 }],
    [
      'NVRM: Xid (PCI:0000:3b:00): 119, pid=1, name=nvidia-smi, Timeout after 6s of waiting for RPC response from GPU0 GSP! Expected function 76 (GSP_RM_CONTROL) sequence 5 (0x20801702 0x4).',
      { xid: 119, pid: 1, processName: 'nvidia-smi', detail: 'Timeout after 6s of waiting for RPC response from GPU0 GSP! Expected function 76 (GSP_RM_CONTROL) sequence 5 (0x20801702 0x4).' },
    ],
  ])('%s', (line, expected) => {
    expect(parseXid(line)).toEqual({ ...NOTHING, ...expected });
  });
});

describe('NVLink 5 and recovery', () => {
  const nvlinkOf = (rest: string) => parseXid(`NVRM: Xid (PCI:0018:01:00): ${rest}`)?.nvlink;

  test.each([
    ['149, NETIR_LINK_EVT  Fatal   XC0 i0 Link 08 (0x004505c6 0x00000000)', { unit: 'NETIR_LINK_EVT', severity: 'Fatal', link: 8 }],
    ['149, NETIR_INT  Fatal   XC0 i0 Link -1', { unit: 'NETIR_INT', severity: 'Fatal', link: -1 }],
    ['145, pid=12, name=vllm, RLW_REMAP/TLW_RX Nonfatal XC1 i0 Link 03 (0x00086226 0x1)', { unit: 'RLW_REMAP/TLW_RX', severity: 'Nonfatal', link: 3 }],
    ['150, MSE_WATCHDOG Link Fatal XC0 i0 Link 11 (0x0 0x0)', { unit: 'MSE_WATCHDOG', severity: 'Link Fatal', link: 11 }],
    ['149, a new wording', undefined],
    ['74, NETIR_LINK_EVT  Fatal   XC0 i0 Link 08 (0x004505c6)', undefined],
  ])('%s', (rest, expected) => {
    expect(nvlinkOf(rest)).toEqual(expected);
  });

  test.each([
    ['GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)', 'GPU Reset Required'],
    ['GPU recovery action changed from 0x0 (None) to 0x2 (OS Reboot)', 'OS Reboot'],
    ['pid=3, name=x, GPU recovery action changed from 0x4 (Drain and Reset) to 0x0 (None)', 'None'],
    ['GPU recovery action is a mystery', undefined],
  ])('154, %s', (rest, expected) => {
    expect(parseXid(`NVRM: Xid (PCI:0000:3b:00): 154, ${rest}`)?.recoveryAction).toBe(expected);
  });
});

describe('a process that names itself to deceive', () => {
  test.each([
    ['"><img src=x>\\x0aNVRM: Xid', '"><img src=x>\\x0aNVRM: Xid'],
    ["a'b", "a'b"],
    ['\\xff\\xfe', '\\xff\\xfe'],
    ['\u001B[2J', '\u001B[2J'],
    ['x'.repeat(5000), 'x'.repeat(200)],
  ])('%j keeps its text, and no more than 200 characters', (name, expected) => {
    expect(parseXid(`NVRM: Xid (PCI:0000:3b:00): 31, pid=5, name=${name}, channel 0x1`)).toMatchObject({ pid: 5, processName: expected, detail: 'channel 0x1' });
  });
  test('cannot claim another recovery action, nor another number', () => {
    const line = 'NVRM: Xid (PCI:0000:3b:00): 154, pid=5, name=to 0x0 (None), GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)';
    expect(parseXid(line)).toMatchObject({ xid: 154, processName: 'to 0x0 (None)', recoveryAction: 'Node Reboot Required' });
  });
  test('cannot let another program speak for the driver', () => {
    expect(parseXid('kubelet[77]: NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.')).toBeUndefined();
  });
});

describe('no Xid', () => {
  test.each(['', 'NVRM: Xid', 'NVRM: Xid (PCI:0000:3b:00): ', 'NVRM: Xid (PCI:0000:3b:00): abc, pid=1', 'NVRM: Xid (PCI:nonsense): 79, x', 'NVRM: Xid (PCI:0000:3b:00): 79x'])('%j', (line) => {
    expect(parseXid(line)).toBeUndefined();
  });
  test('whatever comes, nothing is thrown, and it takes no time that grows with the square', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => parseXid(`NVRM: Xid (PCI:0000:3b:00): 79, ${text}`)?.xid === 79));
    expect(parseXid(`NVRM: Xid (PCI:${'0:'.repeat(4000)}`)).toBeUndefined();
  });
});

test('the UUID line', () => {
  expect(parseGpuUuid('NVRM: GPU at PCI:0000:00:06: GPU-00000000-1111-2222-3333-444444444444')).toEqual({
    pciAddress: '0000:00:06.0',
    uuid: 'GPU-00000000-1111-2222-3333-444444444444',
  });
  expect(parseGpuUuid('NVRM: GPU at PCI:0000:00:06: GPU-0')).toBeUndefined();
});
