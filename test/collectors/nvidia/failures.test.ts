import { describe, expect, test } from 'vitest';
import { gpuNode } from '../../fake-nvidia-smi/gpu-node.ts';

const NO_DRIVER = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.";
const MISMATCH = 'Failed to initialize NVML: Driver/library version mismatch';

describe('a run that fails', () => {
  test.each([
    [2, 'Invalid combination of input arguments.'],
    [3, 'The requested operation is not available on target device'],
    [4, 'Insufficient Permissions'],
    [6, 'No devices were found, or so'],
    [8, 'External power cables are not attached'],
    [9, NO_DRIVER],
    [10, 'Kernel detected an interrupt issue with the GPU'],
    [12, "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system."],
    [13, 'Function Not Found'],
    [15, 'Unable to determine the device handle for GPU0000:CB:00.0: Unknown Error'],
    [18, MISMATCH],
    [255, 'Unknown Error'],
  ])('exit code %d is told with what was said', async (exitCode, text) => {
    const node = await gpuNode({ fail: { exitCode, stdout: `${text}\n\n` } });
    const { smi, query } = await node.look();
    expect(smi).toMatchObject({ status: 'ok', value: { failure: { exitCode, text } } });
    if (exitCode !== 6) expect(query).toMatchObject({ status: 'failed', error: { message: `nvidia-smi --query-gpu: exit code ${exitCode}: ${text}` } });
  });

  test('what it says on stderr is told too, and silence by the exit code', async () => {
    const said = await (await gpuNode({ fail: { exitCode: 255, stderr: 'cannot open shared object\n' } })).look();
    expect(said.smi).toMatchObject({ value: { failure: { exitCode: 255, text: 'cannot open shared object' } } });
    const silent = await (await gpuNode({ fail: { exitCode: 12 } })).look();
    expect(silent.smi).toMatchObject({ value: { failure: { exitCode: 12, text: 'exit code 12' } } });
  });

  test('is over when one succeeds', async () => {
    const node = await gpuNode({ fail: { exitCode: 9, stdout: `${NO_DRIVER}\n` } });
    await node.look();
    node.control({});
    const { smi } = await node.lookUntil(({ query, dmon }) => query.status === 'ok' && dmon.status === 'ok');
    expect(smi).toMatchObject({ value: { driverVersion: '580.159.04', failure: undefined } });
  });

  test('exit code 14, a corrupted infoROM, comes with the data', async () => {
    const node = await gpuNode({ query: { dieAfter: 1, exitCode: 14, lastWords: 'WARNING: infoROM is corrupted at gpu 0000:00:06.0\n' } });
    const { query } = await node.look();
    expect(query).toMatchObject({ status: 'ok', value: { gpus: [{ index: 0 }] } });
    await node.lookUntil(({ smi }) => smi.status === 'ok' && smi.value.failure?.exitCode === 14);
  });
});

test('one that dies is started again, and not more often than the pauses allow', async () => {
  const node = await gpuNode({ query: { dieAfter: 2, exitCode: 255 } }, { timing: { shortestPauseSeconds: 0.05, longestPauseSeconds: 100, random: () => 1 } });
  const begun = performance.now();
  const { smi } = await node.lookUntil((look) => look.smi.status === 'ok' && (look.smi.value.processes[0]?.restarts ?? 0) >= 3);
  // 0.05 + 0.1 + 0.2 s of pauses, at least.
  expect(performance.now() - begun).toBeGreaterThan(350);
  expect(smi).toMatchObject({ value: { processes: [{ name: 'query', restarts: 3 }, { name: 'dmon', restarts: 0 }] } });
});

describe('no GPU', () => {
  test('on PCI: no source, and nothing is ever started', async () => {
    const node = await gpuNode({}, { gpus: 0 });
    const why = 'no NVIDIA GPU on the PCI bus';
    expect(await node.look()).toEqual({ smi: { status: 'absent', why }, query: { status: 'absent', why }, dmon: { status: 'absent', why } });
    expect(node.log()).toEqual([]);
  });
});

test('a nvidia-smi that is not there is told with each place', async () => {
  const node = await gpuNode({}, { nvidiaSmi: '/no/such/nvidia-smi' });
  const { smi, query, dmon } = await node.look();
  expect(smi).toMatchObject({ status: 'ok', value: { path: undefined, tried: ['/no/such/nvidia-smi: ENOENT'], processes: [] } });
  const message = 'no nvidia-smi that can be run: tried /no/such/nvidia-smi: ENOENT';
  expect(query).toMatchObject({ status: 'failed', error: { message } });
  expect(dmon).toMatchObject({ status: 'failed', error: { message } });
});
