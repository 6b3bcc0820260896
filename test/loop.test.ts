import { describe, expect, test } from 'vitest';
import type { Clock } from '../agent/clock.ts';
import { Absent, type Collector } from '../agent/collector.ts';
import { openHost } from '../agent/host.ts';
import { Loop } from '../agent/loop.ts';
import type { Exporter, HostFacts, Report } from '../agent/model.ts';
import { SOURCE_NAMES } from '../agent/source-names.ts';
import { engineWith, hostFacts } from './snapshot.ts';

/** A clock that the test turns; a sleep passes at once. */
function handClock(): Clock & { seconds: number } {
  const clock = {
    seconds: 0,
    monotonicSeconds: () => clock.seconds,
    sleep: async (seconds: number) => {
      clock.seconds += seconds;
    },
  };
  return clock;
}

function collector(collect: Collector<'host'>['collect'], changes: Partial<Collector<'host'>> = {}): Collector<'host'> {
  return { name: 'host', timeoutSeconds: 5, collect, ...changes };
}

function loopOf(collectors: readonly Collector[], parts: { clock?: Clock; exporters?: readonly Exporter[]; failures?: string[] } = {}): Loop {
  return new Loop({
    host: openHost('/'),
    clock: parts.clock ?? handClock(),
    engine: engineWith({}, () => []),
    collectors,
    sourceNames: SOURCE_NAMES,
    exporters: parts.exporters ?? [],
    nodeName: 'node-1',
    rulesEvaluated: 1,
    intervalSeconds: 5,
    useSchedules: false,
    onExporterFailure: (name, error) => parts.failures?.push(`${name}: ${String(error)}`),
  });
}
const never = new AbortController().signal;
const look = async (loop: Loop): Promise<Report> => {
  const report = await loop.look(never);
  if (!report) throw new Error('no report was made');
  return report;
};

describe('a collector', () => {
  test('that answers is ok; its value is frozen whole', async () => {
    const facts: HostFacts = hostFacts();
    const report = await look(loopOf([collector(async () => facts)]));
    expect(report.snapshot.host).toMatchObject({ status: 'ok', value: { bootId: 'boot-1' } });
    expect(Object.isFrozen(facts)).toBe(true);
    expect(Object.isFrozen(report.snapshot)).toBe(true);
    expect(report.sources).toMatchObject([{ name: 'host', status: 'ok', why: undefined }]);
  });

  test('that throws is failed with its reason, and carries no old value', async () => {
    let works = true;
    const loop = loopOf([
      collector(async () => {
        if (!works) throw new Error('EIO');
        return hostFacts();
      }),
    ]);
    await look(loop);
    works = false;
    const report = await look(loop);
    expect(report.snapshot.host).toMatchObject({ status: 'failed', error: { message: 'EIO' } });
    expect(report.sources[0]).toMatchObject({ status: 'failed', why: 'EIO' });
    expect(report.sources[0]?.lastSuccessSeconds).toBeGreaterThan(0);
  });

  test('that finds nothing here is absent; so is a source without a collector', async () => {
    const report = await look(loopOf([collector(async () => Promise.reject(new Absent('no such thing')))]));
    expect(report.snapshot.host).toEqual({ status: 'absent', why: 'no such thing' });
    expect(report.snapshot.pci).toEqual({ status: 'absent', why: 'this agent does not collect it' });
  });

  test('that hangs fails, is not asked again until it is back, and costs the others nothing', async () => {
    let asked = 0;
    const answer = Promise.withResolvers<HostFacts>();
    const hanging = collector(
      () => {
        asked += 1;
        return asked === 1 ? answer.promise : Promise.resolve(hostFacts());
      },
      { timeoutSeconds: 0.05 },
    );
    const other: Collector<'pci'> = { name: 'pci', timeoutSeconds: 5, collect: async () => ({ functions: [] }) };
    const loop = loopOf([hanging, other]);
    expect((await look(loop)).sources.map((source) => source.status)).toEqual(['failed', 'ok']);
    expect((await look(loop)).sources[0]?.why).toBe('host has not answered for 0 s');
    expect(asked).toBe(1);
    answer.resolve(hostFacts());
    await answer.promise;
    expect((await look(loop)).sources.map((source) => source.status)).toEqual(['ok', 'ok']);
  });

  test('with a schedule keeps its reading until it is due; after a failure it is asked again after a minute', async () => {
    const clock = handClock();
    let asked = 0;
    const slow = collector(
      async () => {
        asked += 1;
        if (asked === 1) throw new Error('no answer');
        return hostFacts();
      },
      { schedule: '* * * * *' },
    );
    const loop = loopOf([slow], { clock });
    await look(loop);
    clock.seconds = 59;
    await look(loop);
    expect(asked).toBe(1);
    clock.seconds = 60;
    await look(loop);
    expect((await look(loop)).snapshot.host.status).toBe('ok');
    clock.seconds = 600;
    await look(loop);
    expect(asked).toBe(2);
  });
});

test('a slow collector, once it has answered, is waited for no more: its answer counts from the look after', async () => {
  const clock = handClock();
  const answers = [Promise.resolve(hostFacts()), Promise.withResolvers<HostFacts>().promise];
  const slow = collector(() => answers.shift() ?? Promise.resolve(hostFacts()), { schedule: '* * * * *', timeoutSeconds: 5 });
  const other: Collector<'pci'> = { name: 'pci', timeoutSeconds: 5, collect: async () => ({ functions: [] }) };
  const loop = loopOf([slow, other], { clock });
  await look(loop);
  loop.makeDue('host');
  expect((await look(loop)).sources.map((source) => source.status)).toEqual(['ok', 'ok']);
});

test('a GPU that nvidia-smi listed once is known for the rest of the boot: the pod that holds it is named when it is lost', async () => {
  const gpu = { index: 0, uuid: 'GPU-00000000-1111-2222-3333-444444444444', pciAddress: '0000:10:1c.0', minor: 3, name: undefined, busyRatio: undefined, fields: {} };
  let isLost = false;
  const query: Collector<'nvidia-query'> = {
    name: 'nvidia-query',
    timeoutSeconds: 5,
    collect: async () => {
      if (isLost) throw new Error('GPU is lost');
      return { driverVersion: '580.159.04', gpus: [gpu] };
    },
  };
  const holder = { namespace: 'ml', pod: 'grpo-worker-0', container: 'main', resource: 'gpu.nvidia.com', deviceIds: ['gpu-3'], isClaim: true };
  const kubelet: Collector<'pod-resources'> = { name: 'pod-resources', timeoutSeconds: 5, collect: async () => ({ holders: [holder] }) };
  const loop = loopOf([query, kubelet]);
  const devices = [{ namespace: 'ml', pod: 'grpo-worker-0', resource: 'gpu.nvidia.com', device: gpu.uuid, kind: 'gpu' }];
  expect((await look(loop)).podDevices).toEqual(devices);
  isLost = true;
  expect(await look(loop)).toMatchObject({ sources: [{ status: 'failed' }, { status: 'ok' }], podDevices: devices });
});

describe('the end', () => {
  test('an abort in the middle of a collection ends the loop without a report', async () => {
    const stop = new AbortController();
    const loop = loopOf([collector(() => new Promise(() => {}))]);
    const running = loop.run(stop.signal);
    stop.abort();
    await running;
    expect(loop.report).toBeUndefined();
  });

  test('an exporter that fails is counted and the next one still gets the report', async () => {
    const failures: string[] = [];
    const got: string[] = [];
    const exporters: Exporter[] = [
      { name: 'broken', publish: async () => Promise.reject(new Error('down')), close: async () => {} },
      { name: 'good', publish: async (report) => void got.push(report.node), close: async () => {} },
    ];
    await look(loopOf([], { exporters, failures }));
    expect(failures).toEqual(['broken: Error: down']);
    expect(got).toEqual(['node-1']);
  });
});
