import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DmonMeans } from '../../../agent/collectors/nvidia/dmon-means.ts';
import { gpuNode, type GpuLook } from '../../fake-nvidia-smi/gpu-node.ts';

const row = (index: number, columns: Record<string, number>, instance?: string) => ({ index, instance, columns });

describe('the mean of the samples between two looks', () => {
  test('is of each column by itself: one can be missing from a sample', () => {
    const means = new DmonMeans();
    means.add(row(0, { sm: 90, rxpci: 3 }));
    means.add(row(1, { sm: 10 }));
    means.add(row(0, { sm: 100 }));
    expect(means.take()).toEqual([
      { index: 0, instance: undefined, samples: 2, columns: { sm: 95, rxpci: 3 } },
      { index: 1, instance: undefined, samples: 1, columns: { sm: 10 } },
    ]);
  });

  test('where none came, the newest sample stands', () => {
    const means = new DmonMeans();
    for (const sm of [50, 100]) for (const index of [0, 1]) means.add(row(index, { sm: sm + index }));
    means.take();
    expect(means.take()).toEqual([
      { index: 0, instance: undefined, samples: 1, columns: { sm: 100 } },
      { index: 1, instance: undefined, samples: 1, columns: { sm: 101 } },
    ]);
  });

  test('MIG instances have their own', () => {
    const means = new DmonMeans();
    means.add(row(0, { sm: 10 }, '1/0'));
    means.add(row(0, { sm: 30 }, '2/0'));
    expect(means.take().map(({ instance, columns }) => [instance, columns.sm])).toEqual([
      ['1/0', 10],
      ['2/0', 30],
    ]);
  });
});

const dmonArguments = (log: readonly string[]): readonly string[] => log.filter((line) => line.includes(' dmon ')).map((line) => line.replace(/^\d+ /, ''));

describe('which GPUs', () => {
  test('up to four need no list', async () => {
    const node = await gpuNode({}, { gpus: 4 });
    const { dmon } = await node.look();
    expect(dmon).toMatchObject({ status: 'ok', value: { gpus: [{ index: 0 }, { index: 1 }, { index: 2 }, { index: 3 }] } });
    expect(dmonArguments(node.log())).toEqual(['dmon -s pucvmet -d 1']);
  });

  test('more are named, as older drivers watch the first four only', async () => {
    const node = await gpuNode({}, { gpus: 8 });
    const { dmon } = await node.look();
    expect(dmon.status === 'ok' && dmon.value.gpus.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(dmonArguments(node.log())).toEqual(['dmon -s pucvmet -d 1 -i 0,1,2,3,4,5,6,7']);
  });

  test('the list follows the GPUs', async () => {
    const node = await gpuNode({}, { gpus: 8 });
    await node.look();
    node.control({ without: [7] });
    const has = ({ dmon }: GpuLook): boolean => dmon.status === 'ok' && dmon.value.gpus.length === 7;
    await node.lookUntil((look) => has(look) && dmonArguments(node.log()).length === 2);
    expect(dmonArguments(node.log())[1]).toBe('dmon -s pucvmet -d 1 -i 0,1,2,3,4,5,6');
  });
});

describe('what can come', () => {
  test('columns of any set, headers again and again', async () => {
    const node = await gpuNode({ dmon: { dmonColumns: ['rxpci', 'gpu', 'sm'], header: 'always', dmonCells: { sm: 99, rxpci: '-' } } });
    const look = await node.look();
    expect(look.dmon).toMatchObject({ status: 'ok', value: { gpus: [{ index: 0, columns: { sm: 99 } }] } });
    await delay(200);
    const later = await node.look();
    expect(later.dmon.status === 'ok' && later.dmon.value.gpus[0]?.samples).toBeGreaterThan(1);
  });

  test('a row of another length fails the read', async () => {
    const node = await gpuNode({ dmon: { cut: true } });
    const { dmon } = await node.look();
    expect(dmon).toMatchObject({ status: 'failed', error: { message: expect.stringMatching(/^cannot parse nvidia-smi dmon: got \d+ columns/) } });
  });

  test('something else fails it too', async () => {
    const { dmon } = await (await gpuNode({ dmon: { garbage: 'Segmentation fault\n' } }, { timing: { firstAnswerSeconds: 0.3 } })).look();
    expect(dmon).toMatchObject({ status: 'failed', error: { message: 'cannot parse nvidia-smi dmon: got "Segmentation fault", expected "# gpu …" and rows below it' } });
  });

  test('GPUs that have no dmon: no source, and no failure of nvidia-smi', async () => {
    const { dmon, smi, query } = await (await gpuNode({ dmon: { fail: { exitCode: 3, stdout: 'Not supported on the device(s)\nFailed to process command line.\n' } } })).look();
    expect(dmon).toEqual({ status: 'absent', why: 'nvidia-smi dmon does not support these GPUs: Not supported on the device(s) | Failed to process command line.' });
    expect(smi).toMatchObject({ value: { failure: undefined } });
    expect(query.status).toBe('ok');
  });
});
