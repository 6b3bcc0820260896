import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordCapture } from '../agent/capture.ts';
import { nvidiaCollectors } from '../agent/collectors/nvidia.ts';
import { openReplay } from '../agent/replay.ts';
import { directoryWith } from './capture-directory.ts';
import { gpuNode, lookWith } from './fake-nvidia-smi/gpu-node.ts';

test('what nvidia-smi said to the collectors it says to those that replay the recording, masked', async () => {
  const node = await gpuNode({ gpu: { 0: { uuid: 'GPU-8f2c1a5e-91d4-7c33-a0be-5d1f6e7a9b21' } }, rising: { 'temperature.gpu': 1 } }, { gpus: 2 });
  const collectors = nvidiaCollectors({ nvidiaSmi: node.nvidiaSmi, intervalSeconds: 1 });
  const directory = join(await directoryWith(), 'capture');
  await recordCapture(node.host, directory, { collectors, seconds: 1, interval: 0.5, mask: true }).finally(() => {
    for (const collector of collectors) collector.close?.();
  });
  let seconds = 0;
  const host = await openReplay(directory, { monotonicSeconds: () => seconds });
  const replayed = nvidiaCollectors({ intervalSeconds: 1, timing: { now: () => seconds } });
  const first = await lookWith(replayed, host);
  expect(first.query).toMatchObject({
    status: 'ok',
    value: {
      driverVersion: '580.159.04',
      gpus: [
        { index: 0, uuid: expect.stringMatching(/^GPU-00000000-0000-0000-0000-00000000000\d$/), fields: { 'temperature.gpu': { kind: 'number', value: 32 } } },
        { index: 1, fields: { 'temperature.gpu': { kind: 'number', value: 32 } } },
      ],
    },
  });
  expect(first.dmon).toMatchObject({ status: 'ok', value: { gpus: [{ index: 0, samples: 1, columns: { pwr: 76 } }, { index: 1 }] } });
  seconds = 1;
  expect(await lookWith(replayed, host)).toMatchObject({ query: { value: { gpus: [{ fields: { 'temperature.gpu': { value: 33 } } }, {}] } } });
});
