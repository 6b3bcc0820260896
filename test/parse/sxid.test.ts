import { describe, expect, test } from 'vitest';
import { parseSxid } from '../../agent/parse/sxid.ts';

describe('an SXid', () => {
  test.each([
    [
      'nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 12028, Non-fatal, Link 32 egress non-posted PRIV error (First)',
      { nvswitch: 3, sxid: 12_028, severity: 'non-fatal', link: 32, detail: 'egress non-posted PRIV error (First)' },
    ],
    ['nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 20034, Fatal, Link 30 LTSSM Fault Up', { nvswitch: 0, sxid: 20_034, severity: 'fatal', link: 30, detail: 'LTSSM Fault Up' }],
    [
      'nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 10003, Non-fatal, Host_unhandled_interrupt, instance=0, chiplet=0',
      { nvswitch: 0, sxid: 10_003, severity: 'non-fatal', link: undefined, detail: 'Host_unhandled_interrupt, instance=0, chiplet=0' },
    ],
    ['nvidia-nvswitch1: SXid (PCI:0000:05:00.0): 22013, Correctable, Link 00 AN1', { nvswitch: 1, sxid: 22_013, severity: 'correctable', link: 0, detail: 'AN1' }],
    ['nvidia-nvswitch1: SXid (PCI:0000:05:00): 00011, wording of tomorrow', { nvswitch: 1, sxid: 11, severity: 'unstated', link: undefined, detail: 'wording of tomorrow' }],
  ])('%s', (line, expected) => {
    expect(parseSxid(line)).toEqual({ kind: 'sxid', pciAddress: '0000:05:00.0', ...expected });
  });
});

test.each([
  'nvidia-nvswitch2: SXid (PCI:0000:07:00.0): 20034, Severity 1 Engine instance 60 Sub-engine instance 00',
  'nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 20034, Data {0x10000000, 0x10000000, 0x00000000, 0x10000000',
  'nvidia-nvswitch0: open (major=509)',
  'app: nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 20034, Fatal, Link 30 x',
  'nvidia-nvswitch0: SXid (PCI:x): 20034, Fatal, Link 30 x',
])('%s is none', (line) => {
  expect(parseSxid(line)).toBeUndefined();
});
