import { describe, expect, test } from 'vitest';
import type { Gpu, NvidiaQuery, Reading } from '../../../agent/model.ts';
import { gpuNode, type GpuLook } from '../../fake-nvidia-smi/gpu-node.ts';

function gpusOf({ query }: GpuLook): readonly Gpu[] {
  if (query.status !== 'ok') throw new Error(`not ok: ${JSON.stringify(query)} ${query.status === 'failed' ? query.error.message : ''}`);
  return query.value.gpus;
}

function errorOf(reading: Reading<NvidiaQuery>): string | undefined {
  return reading.status === 'failed' ? reading.error.message : undefined;
}

describe('the first look', () => {
  test('has the answer already', async () => {
    const node = await gpuNode();
    const look = await node.look();
    expect(look.query).toMatchObject({ status: 'ok', value: { driverVersion: '580.159.04' } });
    expect(gpusOf(look)).toMatchObject([
      {
        index: 0,
        uuid: 'GPU-00000000-1111-2222-3333-444444444444',
        pciAddress: '0000:00:06.0',
        name: 'NVIDIA H200',
        busyRatio: 0,
        fields: {
          'memory.total': { kind: 'number', value: 143_771 },
          'retired_pages.pending': { kind: 'unknown', reason: '[N/A]' },
          'fabric.state': { kind: 'unknown', reason: 'N/A' },
          'clocks_event_reasons.active': { kind: 'text', value: '0x0000000000000001' },
        },
      },
    ]);
    expect(look.smi).toMatchObject({ status: 'ok', value: { path: node.nvidiaSmi, driverVersion: '580.159.04', failure: undefined } });
  });

  test('has all of sixteen GPUs', async () => {
    const look = await (await gpuNode({}, { gpus: 16 })).look();
    expect(gpusOf(look).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });

  test('waits for a slow answer no longer than it is told to', async () => {
    const node = await gpuNode({ query: { hang: true } }, { timing: { firstAnswerSeconds: 0.5 } });
    const { query, dmon, smi } = await node.look();
    expect(errorOf(query)).toBe('nvidia-smi --query-gpu has said nothing for 1 s');
    expect(dmon.status).toBe('ok');
    expect(smi.status).toBe('ok');
  });
});

test.each(['h200-580-load', 'h200-590', 'h100-590', 'h100-mig-590', 'h200-mig-590', 'h200-mig-590-load', 'l40s-595', 'rtx2080s-610', 'made-up-470'])(
  '%s is read without a fault, what it does not say is unknown',
  async (capture) => {
    const look = await (await gpuNode({ capture })).look();
    const [gpu] = gpusOf(look);
    expect(gpu?.fields).toMatchSnapshot();
    expect(look.dmon).toMatchObject({ status: 'ok', value: { gpus: [{ index: 0 }] } });
    expect(look.smi).toMatchObject({ status: 'ok', value: { failure: undefined } });
  },
);

test('one process answers all looks', async () => {
  const node = await gpuNode({ rising: { 'temperature.gpu': 1 } });
  const temperature = (look: GpuLook): number => {
    const value = gpusOf(look)[0]?.fields['temperature.gpu'];
    return value?.kind === 'number' ? value.value : Number.NaN;
  };
  await node.lookUntil((look) => temperature(look) > 36);
  const started = node.log().map((line) => line.replace(/^\d+ /, '').slice(0, 20));
  expect(started.toSorted()).toEqual(['--help-query-gpu', '--query-gpu=index,uu', 'dmon -s pucvmet -d 1']);
});

describe('fields', () => {
  test('that the driver does not take after all are left out', async () => {
    const node = await gpuNode({ query: { refuse: ['fabric.state', 'clocks_event_reasons.active'] } });
    const [gpu] = gpusOf(await node.look());
    expect(Object.keys(gpu?.fields ?? {})).not.toContain('fabric.state');
    // By its older name it is taken.
    expect(gpu?.fields['clocks_event_reasons.active']).toEqual({ kind: 'text', value: '0x0000000000000001' });
  });

  test('are found by trying where the help says nothing', async () => {
    const refuse = ['temperature.gpu.tlimit', 'clocks_event_reasons.active', 'gpu_recovery_action'];
    const node = await gpuNode({ query: { refuse }, noHelp: true });
    const [gpu] = gpusOf(await node.lookUntil(({ query }) => query.status === 'ok'));
    expect(gpu?.fields['clocks_event_reasons.active']).toEqual({ kind: 'text', value: '0x0000000000000001' });
    expect(Object.keys(gpu?.fields ?? {})).not.toContain('gpu_recovery_action');
  });

  test('are found anew when another driver answers', async () => {
    const node = await gpuNode({ capture: 'made-up-470' });
    expect(gpusOf(await node.look())[0]?.fields.gpu_recovery_action).toBeUndefined();
    node.control({ capture: 'h100-590' });
    const look = await node.lookUntil(({ query }) => query.status === 'ok' && query.value.gpus[0]?.fields.gpu_recovery_action !== undefined);
    expect(look.query).toMatchObject({ value: { driverVersion: '590.48.01' } });
  });
});

describe('GPUs that come, go and move', () => {
  test('keep their UUID when their index changes', async () => {
    const node = await gpuNode({}, { gpus: 2 });
    const before = gpusOf(await node.look()).map(({ uuid }) => uuid);
    node.control({ order: [1, 0] });
    const look = await node.lookUntil((now) => gpusOf(now)[0]?.uuid !== before[0]);
    expect(gpusOf(look).map(({ index, uuid }) => [index, uuid])).toEqual([
      [0, before[1]],
      [1, before[0]],
    ]);
  });

  test('are named as gone when they are listed no more, until they are listed again', async () => {
    const node = await gpuNode({}, { gpus: 8 });
    const before = await node.look();
    expect(gpusOf(before)).toHaveLength(8);
    expect(before.query).not.toHaveProperty('value.vanished');
    node.control({ without: [3] });
    const look = await node.lookUntil((now) => gpusOf(now).length < 8);
    expect(gpusOf(look).map(({ index }) => index)).toEqual([0, 1, 2, 4, 5, 6, 7]);
    expect(look.query).toHaveProperty('value.vanished', [gpusOf(before)[3]?.uuid]);
    node.control({});
    expect((await node.lookUntil((now) => gpusOf(now).length === 8)).query).not.toHaveProperty('value.vanished');
  });

  test('say what they are lost by, under the name they had', async () => {
    const lost = Object.fromEntries(['uuid', 'name', 'driver_version', 'pstate', 'temperature.gpu', 'utilization.gpu'].map((name) => [name, '[GPU is lost]']));
    const node = await gpuNode({}, { gpus: 2 });
    const [, before] = gpusOf(await node.look());
    node.control({ gpu: { 1: lost } });
    const look = await node.lookUntil((now) => gpusOf(now)[1]?.name === undefined);
    expect(gpusOf(look)[1]).toMatchObject({ uuid: before?.uuid, busyRatio: undefined, fields: { pstate: { kind: 'unknown', reason: '[GPU is lost]' } } });
    expect(look.query).toMatchObject({ value: { driverVersion: '580.159.04' } });
  });

  test('each that cannot be reached is told of, as long as it is said', async () => {
    const line = (at: number): string => `Unable to determine the device handle for GPU 0000:0${at}:00.0: GPU is lost.  Reboot the system to recover this GPU`;
    const node = await gpuNode({ before: `${line(1)}\n${line(2)}\n` });
    await node.look();
    const { smi } = await node.look();
    expect(smi).toMatchObject({ value: { failure: { text: `${line(1)} | ${line(2)}` } } });
  });

  test('none at all is an answer', async () => {
    const node = await gpuNode({ noDevices: true }, { timing: { firstAnswerSeconds: 0.5 } });
    const { query, smi } = await node.look();
    expect(query).toMatchObject({ status: 'ok', value: { gpus: [] } });
    expect(smi).toMatchObject({ value: { failure: { exitCode: undefined, text: 'No devices were found' } } });
  });

  test('one that cannot be reached is told of while the others go on', async () => {
    const before = 'Unable to determine the device handle for GPU1: 0000:34:00.0: Unknown Error\n';
    const { query, smi } = await (await gpuNode({ before })).look();
    expect(query.status).toBe('ok');
    expect(smi).toMatchObject({ value: { failure: { exitCode: undefined, text: before.trim() } } });
  });
});

describe('bad output', () => {
  test.each([
    ['cut in the middle of a line', { cut: true }, /^cannot parse nvidia-smi --query-gpu: got \d+ columns \("0, GPU-.*…"\), expected 63$/],
    ['without its last columns', { dropColumns: 2 }, /^cannot parse nvidia-smi --query-gpu: got 61 columns \(.*\), expected 63$/],
    ['that is none', { garbage: true }, 'cannot parse nvidia-smi --query-gpu: got "\\u0000\\u0001%%%% not an answer %%%%", expected rows of 63 columns'],
  ])('%s fails the read and says so', async (_, query, message) => {
    const node = await gpuNode({ query }, { timing: { firstAnswerSeconds: 1 } });
    expect(errorOf((await node.look()).query)).toMatch(message);
    node.control({});
    await node.lookUntil((look) => look.query.status === 'ok');
  });

  test('with CRLF and bytes that are no UTF-8 is read', async () => {
    const [gpu] = gpusOf(await (await gpuNode({ query: { crlf: true, notUtf8: true } })).look());
    expect(gpu?.name).toBe('NV\uFFFDDIA H200');
    expect(gpu?.fields['mig.mode.current']).toEqual({ kind: 'text', value: 'Disabled' });
  });

  test('without end is bounded, counted and stopped', async () => {
    const node = await gpuNode({ query: { flood: 20_000 } }, { timing: { firstAnswerSeconds: 0.2 } });
    const { smi } = await node.lookUntil((look) => look.smi.status === 'ok' && (look.smi.value.processes[0]?.droppedLines ?? 0) > 0);
    expect(smi).toMatchObject({ value: { processes: [{ name: 'query' }, { name: 'dmon' }] } });
    node.control({});
    await node.lookUntil((look) => look.query.status === 'ok');
  });
});
