import { describe, expect, it } from 'vitest';
import type { NvidiaSmi } from '../../../agent/model.ts';
import { nvidiaDriverMismatch } from '../../../rules/gpu/nvidia-driver-mismatch.ts';
import { judge } from '../fixtures.ts';
import { gpuMessage, logged, xid } from './gpu-events.ts';

const smi = (text: string): { 'nvidia-smi': NvidiaSmi } => ({
  'nvidia-smi': { path: '/usr/bin/nvidia-smi', tried: [], driverVersion: undefined, processes: [], failure: { exitCode: 18, text } },
});
const mismatch = (text: string, time = '2026-11-23T10:00:00.000Z') => gpuMessage('api-mismatch', text, { time });
const OLD = 'API mismatch: the client has the version 550.54.14, but this kernel module has the version 545.23.08.  Please make sure that this kernel module and all NVIDIA driver components have the same version.';

describe('NvidiaDriverMismatch is silent', () => {
  it('where nothing tells of it', () => {
    expect(judge(nvidiaDriverMismatch, {})).toEqual([]);
    expect(judge(nvidiaDriverMismatch, logged(xid()))).toEqual([]);
    expect(judge(nvidiaDriverMismatch, smi("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."))).toEqual([]);
  });
});

describe('NvidiaDriverMismatch reports', () => {
  it('the two versions in the kernel log', () => {
    expect(judge(nvidiaDriverMismatch, logged(mismatch(OLD)))).toMatchObject([
      {
        subject: 'node',
        message: 'the library is 550.54.14, the kernel module 545.23.08',
        evidence: { libraryVersion: '550.54.14', moduleVersion: '545.23.08', line: OLD },
        causes: [{ cause: 'upgraded-without-reload', likelihood: 'possible' }, { cause: 'library-in-the-image', likelihood: 'likely' }],
        happenedAt: '2026-11-23T10:00:00.000Z',
      },
    ]);
  });
  it.each([
    ["API mismatch: the client 'nvidia-smi' (pid 12) has the version 595.58.03, but this kernel module has the version 595.91.07.", 'the library of nvidia-smi[12] is 595.58.03, the kernel module 595.91.07'],
    ["API mismatch: the client 'a' b' has the version 595.58.03, but this kernel module has the version 595.91.07", "the library of a' b is 595.58.03, the kernel module 595.91.07"],
    ['API mismatch: the client has the version 1.0-7184, but this kernel module has the version 1.0-9631.', 'the library is 1.0-7184, the kernel module 1.0-9631'],
    ['API mismatch: the client says something new', 'the kernel refused a client of another version (API mismatch)'],
  ])('%s', (text, message) => {
    expect(judge(nvidiaDriverMismatch, logged(mismatch(text)))).toMatchObject([{ message }]);
  });
  it('what nvidia-smi says', () => {
    expect(judge(nvidiaDriverMismatch, smi('Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.54'))).toMatchObject([
      {
        message: '/usr/bin/nvidia-smi cannot ask the driver: Driver/library version mismatch',
        evidence: { exitCode: 18 },
        causes: [{ cause: 'upgraded-without-reload', likelihood: 'likely' }, { cause: 'library-in-the-image', likelihood: 'possible' }],
      },
    ]);
  });
  it('both as one, the newest line', () => {
    const now = { ...logged(mismatch(OLD.replaceAll('545', '999'), '2026-11-23T10:00:05.000Z'), mismatch(OLD)), ...smi('Failed to initialize NVML: Driver/library version mismatch') };
    expect(judge(nvidiaDriverMismatch, now)).toMatchObject([
      { message: 'the library is 550.54.14, the kernel module 999.23.08; /usr/bin/nvidia-smi cannot ask the driver: Driver/library version mismatch' },
    ]);
  });
});
