import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gpuOf, isSmiRow, parseSmiRow, smiValue } from '../../agent/parse/smi-csv.ts';

const fields = ['index', 'uuid', 'pci.bus_id', 'utilization.gpu'].map((key) => ({ key, query: key }));

describe('a value', () => {
  test.each([
    ['temperature.gpu', '32', { kind: 'number', value: 32 }],
    ['temperature.gpu.tlimit', '-8', { kind: 'number', value: -8 }],
    ['power.draw', '76.28', { kind: 'number', value: 76.28 }],
    ['clocks_event_reasons_counters.sw_power_cap', '15820333506', { kind: 'number', value: 15_820_333_506 }],
    ['clocks_event_reasons.active', '0x0000000000000001', { kind: 'text', value: '0x0000000000000001' }],
    ['remapped_rows.pending', 'No', { kind: 'text', value: 'No' }],
    ['gpu_recovery_action', 'None', { kind: 'text', value: 'None' }],
    ['driver_version', '570.124', { kind: 'text', value: '570.124' }],
  ])('%s %s', (key, text, value) => {
    expect(smiValue(key, text)).toEqual(value);
  });

  test.each([
    '[N/A]', 'N/A', '[Not Supported]', '[Unknown Error]', '[GPU is lost]', '[GPU requires reset]', '[Insufficient Permissions]',
    '[Function Not Found]', '[Requested functionality has been deprecated]', 'ERR!', 'Unknown Error',
  ])('%s is unknown, with itself as the reason', (token) => {
    expect(smiValue('ecc.errors.uncorrected.volatile.total', token)).toEqual({ kind: 'unknown', reason: token });
  });

  test('an empty cell is unknown too', () => {
    expect(smiValue('fabric.state', '')).toEqual({ kind: 'unknown', reason: '(empty)' });
  });
});

describe('a row', () => {
  test('is given by key', () => {
    expect(parseSmiRow('0, GPU-1, 00000000:83:00.0, 100', fields)).toEqual({
      index: { kind: 'number', value: 0 },
      uuid: { kind: 'text', value: 'GPU-1' },
      'pci.bus_id': { kind: 'text', value: '00000000:83:00.0' },
      'utilization.gpu': { kind: 'number', value: 100 },
    });
  });

  test.each([
    ['0, GPU-1, 00000000:8', 'cannot parse nvidia-smi --query-gpu: got 3 columns ("0, GPU-1, 00000000:8"), expected 4'],
    ['0, GPU-1, 00000000:83:00.0, 100, 5', 'cannot parse nvidia-smi --query-gpu: got 5 columns ("0, GPU-1, 00000000:83:00.0, 100, 5"), expected 4'],
  ])('with another number of columns is none: %s', (line, message) => {
    expect(() => parseSmiRow(line, fields)).toThrow(message);
  });

  test.each(['0, GPU-1', '[GPU is lost], [GPU is lost]', 'N/A, N/A', '  7,x'])('looks like %s', (line) => {
    expect(isSmiRow(line)).toBe(true);
  });

  test.each([
    'No devices were found',
    'Failed to initialize NVML: Driver/library version mismatch',
    'Unable to determine the device handle for GPU1: 0000:34:00.0: Unknown Error',
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.",
    'Field "x" is not a valid field to query.',
    '\u0000%%%, not an answer',
    '',
  ])('does not look like %j', (line) => {
    expect(isSmiRow(line)).toBe(false);
  });

  test('no text makes it answer with other than a row or an error', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        try {
          expect(Object.keys(parseSmiRow(line, fields))).toEqual(fields.map(({ key }) => key));
        } catch (error) {
          expect(String(error)).toContain('cannot parse nvidia-smi --query-gpu: got ');
        }
      }),
    );
  });
});

describe('a GPU', () => {
  const gpu = (line: string, known: Record<string, string> = {}): unknown => {
    const found = gpuOf(parseSmiRow(line, fields), (address) => known[address]);
    if (!found) return undefined;
    const { fields: _, ...rest } = found;
    return rest;
  };

  test('is busy by a share, and has its address as sysfs writes it', () => {
    expect(gpu('3, GPU-3, 00000000:CB:00.0, 75')).toEqual({ index: 3, uuid: 'GPU-3', pciAddress: '0000:cb:00.0', name: undefined, busyRatio: 0.75 });
  });

  test('under MIG does not say how busy it is', () => {
    expect(gpu('0, GPU-0, 00000000:83:00.0, [N/A]')).toMatchObject({ busyRatio: undefined });
  });

  test('that cannot say its UUID keeps the one it had', () => {
    const row = '0, [GPU is lost], 00000000:83:00.0, [GPU is lost]';
    expect(gpu(row, { '0000:83:00.0': 'GPU-0' })).toMatchObject({ uuid: 'GPU-0' });
    expect(gpu(row)).toMatchObject({ uuid: '0000:83:00.0' });
  });

  test('that says neither index nor name is none', () => {
    expect(gpu('[GPU is lost], GPU-0, 00000000:83:00.0, 1')).toBeUndefined();
    expect(gpu('0, [N/A], [N/A], 1')).toBeUndefined();
  });
});
