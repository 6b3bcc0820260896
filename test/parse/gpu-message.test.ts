import { describe, expect, test } from 'vitest';
import { GpuMessages } from '../../agent/parse/gpu-message.ts';

/** What these records, one after the other, say. */
function told(...records: readonly string[]) {
  const messages = new GpuMessages();
  return [...records.flatMap((record) => messages.take(record)), ...messages.end()];
}
const FALLEN = ['NVRM: The NVIDIA GPU 0000:18:00.0', 'NVRM: (PCI ID: 10de:2330) installed in this system has', 'NVRM: fallen off the bus and is not responding to commands.'];
const MISMATCH = [
  'NVRM: API mismatch: the client has the version 550.54.14, but',
  'NVRM: this kernel module has the version 545.23.08.  Please',
  'NVRM: make sure that this kernel module and all NVIDIA driver',
  'NVRM: components have the same version.',
];
const LOST = {
  kind: 'fallen-off-the-bus',
  pciAddress: '0000:18:00.0',
  text: 'The NVIDIA GPU 0000:18:00.0 (PCI ID: 10de:2330) installed in this system has fallen off the bus and is not responding to commands.',
};

describe('a GPU that fell off the bus', () => {
  test('in three records, with others in between', () => {
    expect(told(...FALLEN)).toEqual([LOST]);
    expect(told(FALLEN[0] ?? '', 'NVRM: rm_init_adapter failed', FALLEN[1] ?? '', 'eth0: up', FALLEN[2] ?? '')).toEqual([LOST]);
  });
  test('in one record, with the kernel\'s escape for a line break, or with indented lines', () => {
    expect(told(FALLEN.join('\\x0a'))).toEqual([LOST]);
    expect(told(FALLEN.join('\n               '))).toEqual([LOST]);
  });
  test('in one line', () => {
    const text = 'GPU 0000:18:00.0: GPU has fallen off the bus.';
    expect(told(`NVRM: ${text}`)).toEqual([{ kind: 'fallen-off-the-bus', pciAddress: '0000:18:00.0', text }]);
    expect(told(FALLEN[0] ?? '', `NVRM: ${text}`)).toEqual([{ kind: 'fallen-off-the-bus', pciAddress: '0000:18:00.0', text }]);
  });
  test('is not told by halves, nor by another program', () => {
    expect(told(FALLEN[0] ?? '', FALLEN[1] ?? '')).toEqual([]);
    expect(told(FALLEN[1] ?? '', FALLEN[2] ?? '')).toEqual([]);
    expect(told(`app: ${FALLEN.join(' ')}`)).toEqual([]);
  });
});

describe('an API mismatch', () => {
  const text =
    'API mismatch: the client has the version 550.54.14, but this kernel module has the version 545.23.08.  Please make sure that this kernel module and all NVIDIA driver components have the same version.';
  test('is one message', () => {
    expect(told(...MISMATCH)).toEqual([{ kind: 'api-mismatch', pciAddress: undefined, text }]);
    expect(told(MISMATCH.join('\\x0a'))).toEqual([{ kind: 'api-mismatch', pciAddress: undefined, text }]);
  });
  test('is told though its end is missing', () => {
    expect(told("NVRM: API mismatch: the client 'nvidia-smi' (pid 12)", 'NVRM: has the version 595.58.03, but this kernel module has', 'NVRM: the version 595.91.07.')).toEqual([
      { kind: 'api-mismatch', pciAddress: undefined, text: "API mismatch: the client 'nvidia-smi' (pid 12) has the version 595.58.03, but this kernel module has the version 595.91.07." },
    ]);
    expect(told(MISMATCH[0] ?? '', ...MISMATCH)).toHaveLength(2);
  });
});

test('Xids and SXids come through, other lines of the driver do not', () => {
  expect(
    told(
      'NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build  (builder@host)  ',
      'NVRM: Xid (PCI:0000:00:06): 43, pid=902, name=oob, channel 0x0000000a',
      'NVRM: GPU Board Serial Number: 1650000000000',
      'nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 20034, Fatal, Link 30 LTSSM Fault Up',
    ),
  ).toMatchObject([{ kind: 'xid', xid: 43 }, { kind: 'sxid', sxid: 20_034 }]);
});
