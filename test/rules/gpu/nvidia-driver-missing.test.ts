import { describe, expect, it } from 'vitest';

import { nvidiaDriverMissing as rule } from '../../../rules/gpu/nvidia-driver-missing.ts';
import { judge, nvidiaSmi, pci, pciFunction } from '../fixtures.ts';

const card = (address: string, driver: string | undefined, code = '0x030200') =>
  pciFunction({ address, vendor: '0x10de', device: '0x2335', class: code, kind: 'nvidia', driver });
const refused = nvidiaSmi({ failure: { exitCode: 9, text: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver." } });

describe('silent', () => {
  it('when every GPU has its driver', () => {
    expect(judge(rule, { pci: pci([card('0000:83:00.0', 'nvidia')]), 'nvidia-smi': nvidiaSmi() })).toEqual([]);
  });
  it('on a node without GPUs, and about EFA, switches and sound functions without a driver', () => {
    const others = [card('0000:05:00.0', undefined, '0x068000'), card('0000:83:00.1', undefined, '0x040300'), pciFunction({ driver: undefined })];
    expect(judge(rule, { pci: pci(others), 'nvidia-smi': refused })).toEqual([]);
  });
  it('about GPUs that were given away, though nvidia-smi finds no driver then', () => {
    expect(judge(rule, { pci: pci([card('0000:83:00.0', 'vfio-pci')]), 'nvidia-smi': refused })).toEqual([]);
  });
  it('about other failures of nvidia-smi', () => {
    const failed = nvidiaSmi({ failure: { exitCode: 255, text: 'Driver/library version mismatch' } });
    expect(judge(rule, { pci: pci([card('0000:83:00.0', 'nvidia')]), 'nvidia-smi': failed })).toEqual([]);
  });
  it('when nvidia-smi was not looked at, and keeps what stands', () => {
    expect(judge(rule, { pci: pci([card('0000:83:00.0', 'nvidia')]) })).toEqual([
      { undecided: 'node', why: 'how nvidia-smi does was not read', report: false },
    ]);
  });
});

describe('reports', () => {
  it('GPUs without a driver', () => {
    const cards = [card('0000:83:00.0', undefined), card('0000:84:00.0', undefined, '0x030000')];
    expect(judge(rule, { pci: pci(cards), 'nvidia-smi': refused })).toMatchObject([
      {
        subject: 'node',
        message:
          '2 of 2 NVIDIA GPUs have no driver (0000:83:00.0, 0000:84:00.0); nvidia-smi exits with 9: it cannot reach the driver',
        evidence: { gpus: ['0000:83:00.0 no driver', '0000:84:00.0 no driver'], nvidiaSmi: expect.stringContaining('exit code 9: NVIDIA-SMI') },
        causes: [{ cause: 'module-not-loaded', likelihood: 'likely' }, { cause: 'driver-pod-not-ready' }, { cause: 'probe-failed' }],
      },
    ]);
  });
  it('one of several: the probe first', () => {
    const cards = [card('0000:83:00.0', 'nvidia'), card('0000:84:00.0', undefined)];
    expect(judge(rule, { pci: pci(cards), 'nvidia-smi': nvidiaSmi() })).toMatchObject([
      {
        message: '1 of 2 NVIDIA GPUs have no driver (0000:84:00.0)',
        causes: [
          { cause: 'probe-failed', likelihood: 'likely', fix: ['echo 0000:84:00.0 > /sys/bus/pci/drivers/nvidia/bind'] },
          { cause: 'module-not-loaded', likelihood: 'possible' },
          { cause: 'driver-pod-not-ready' },
        ],
      },
    ]);
  });
  it('exit code 9 where nouveau holds the GPU', () => {
    expect(judge(rule, { pci: pci([card('0000:83:00.0', 'nouveau')]), 'nvidia-smi': refused })).toMatchObject([
      { message: 'nvidia-smi exits with 9: it cannot reach the driver', evidence: { gpus: ['0000:83:00.0 nouveau'] } },
    ]);
  });
});
