import { describe, expect, test } from 'vitest';
import { nvidiaCollectors } from '../../agent/collectors/nvidia.ts';
import { openReplay } from '../../agent/replay.ts';
import { described, directoryWith } from '../capture-directory.ts';
import { lookWith, pciTree, type GpuLook } from '../fake-nvidia-smi/gpu-node.ts';

const HELP = { program: 'nvidia-smi', args: ['--help-query-gpu'], stdout: '"index"\n\n"uuid"\n\n"clocks_throttle_reasons.active"\n\n"temperature.gpu"\n\n"utilization.gpu"\n' };
const QUERY = {
  program: 'nvidia-smi',
  args: ['--query-gpu=uuid,index,clocks_throttle_reasons.active,utilization.gpu', '--format=csv,noheader,nounits', '-lms', '1000'],
  stdout: [0, 50, 100].flatMap((busy) => [`GPU-a, 0, 0x0, ${busy}`, `GPU-b, 1, 0x1, ${busy}`]).map((line) => `${line}\n`).join(''),
};
const DMON = {
  program: 'nvidia-smi',
  args: ['dmon', '-s', 'pucvmet', '-d', '1'],
  stdout: '# gpu    sm\n# Idx     %\n    0    10\n    1    11\n    0    20\n    1    21\n    0    30\n    1    31\n',
};

async function replayed(commands: readonly object[], intervalSeconds = 1) {
  let seconds = 0;
  const directory = await directoryWith({ 'capture.json': described({ commands }), ...pciTree(2) });
  const host = await openReplay(directory, { monotonicSeconds: () => seconds });
  const collectors = nvidiaCollectors({ intervalSeconds, timing: { now: () => seconds } });
  const looks: GpuLook[] = [];
  return {
    async at(...moments: readonly number[]): Promise<readonly GpuLook[]> {
      for (seconds of moments) looks.push(await lookWith(collectors, host));
      return looks;
    },
  };
}

const busy = ({ query }: GpuLook): unknown => (query.status === 'ok' ? query.value.gpus.map((gpu) => gpu.busyRatio) : query);
const sm = ({ dmon }: GpuLook): unknown => (dmon.status === 'ok' ? dmon.value.gpus.map(({ samples, columns }) => [samples, columns.sm]) : dmon);

describe('a program that runs on and on', () => {
  test('says its samples in the replay\'s time, and begins again', async () => {
    const looks = await (await replayed([HELP, QUERY, DMON])).at(0, 1, 2, 3, 4);
    expect(looks.map(busy)).toEqual([[0, 0], [0.5, 0.5], [1, 1], [0, 0], [0.5, 0.5]]);
    expect(looks.map(sm)).toEqual([[[1, 10], [1, 11]], [[1, 20], [1, 21]], [[1, 30], [1, 31]], [[1, 10], [1, 11]], [[1, 20], [1, 21]]]);
  });

  test('at the pace it is asked for now', async () => {
    const looks = await (await replayed([HELP, QUERY, DMON], 2)).at(0, 2, 4);
    expect(looks.map(busy)).toEqual([[0, 0], [1, 1], [0.5, 0.5]]);
  });

  test('with what became due between two looks', async () => {
    const looks = await (await replayed([HELP, QUERY, DMON])).at(0, 2);
    expect(looks.map(sm)[1]).toEqual([[2, 25], [2, 26]]);
  });

  test('answers for the fields that are asked for now; what was not recorded is unknown', async () => {
    const [look] = await (await replayed([HELP, QUERY, DMON])).at(0);
    expect(look?.query).toMatchObject({
      value: {
        gpus: [
          {
            index: 0,
            uuid: 'GPU-a',
            fields: {
              'clocks_event_reasons.active': { kind: 'text', value: '0x0' },
              'temperature.gpu': { kind: 'unknown', reason: '[Not in this capture]' },
            },
          },
          { index: 1, uuid: 'GPU-b' },
        ],
      },
    });
  });

  test('that was recorded as silent stays so, and is told of', async () => {
    const looks = await (await replayed([HELP, { ...QUERY, afterwards: 'silence' }, DMON])).at(0, 1, 2, 3, 40, 47, 48, 110);
    expect(looks.slice(0, 5).map(busy)).toEqual([[0, 0], [0.5, 0.5], [1, 1], [1, 1], [1, 1]]);
    expect(looks[5]?.query).toMatchObject({ status: 'failed', error: { message: 'nvidia-smi --query-gpu has said nothing for 45 s' } });
    expect(looks[7]?.smi).toMatchObject({ value: { processes: [{ state: 'silent', silentSeconds: 108 }, { state: 'running' }] } });
  });

  test('that failed fails', async () => {
    const text = 'Failed to initialize NVML: Driver/library version mismatch';
    const [look] = await (await replayed([HELP, { ...QUERY, stdout: `${text}\n`, exitCode: 18 }])).at(0);
    expect(look?.smi).toMatchObject({ value: { path: '/usr/bin/nvidia-smi', failure: { exitCode: 18, text } } });
    expect(look?.query).toMatchObject({ status: 'failed', error: { message: `nvidia-smi --query-gpu: exit code 18: ${text}` } });
  });
});

test('a capture without nvidia-smi has none', async () => {
  const [look] = await (await replayed([])).at(0);
  expect(look?.smi).toMatchObject({ status: 'ok', value: { path: undefined, processes: [] } });
  expect(look?.smi.status === 'ok' && look.smi.value.tried).toContain('/usr/bin/nvidia-smi: ENOENT');
});
