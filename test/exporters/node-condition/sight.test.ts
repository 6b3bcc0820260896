import { describe, expect, test } from 'vitest';
import { kernelLogCollector } from '../../../agent/collectors/kernel-log.ts';
import type { Snapshot } from '../../../agent/model.ts';
import { factsOf } from '../../../agent/senders/kubernetes.ts';
import { configureRules, DEFAULT_CONFIG } from '../../../agent/config.ts';
import type { Host } from '../../../agent/host.ts';
import { HostError } from '../../../agent/host/errors.ts';
import { RULES } from '../../../rules/index.ts';
import { nodeTree } from '../../collectors/node-tree.ts';
import { ok } from '../fixture.ts';
import { FACTS, fact, FakeApiServer } from '../kubernetes/fake-api-server.ts';
import { fabric, gpu } from '../kubernetes/node-fixture.ts';
import { Agent } from '../kubernetes/watching-agent.ts';

const absent = (why: string) => ({ status: 'absent' as const, why });
const failed = (why: string, code?: string) => ({
  status: 'failed' as const,
  error: new Error(why, code === undefined ? {} : { cause: Object.assign(new Error(code), { code }) }),
});
const NO_FABRIC = { infiniband: absent('no /sys/class/infiniband') };
const NO_GPU = { 'nvidia-smi': absent('no NVIDIA GPU on the PCI bus'), 'nvidia-query': absent('no NVIDIA GPU on the PCI bus') };
const PCI = { pci: ok({ functions: [] }) };

/** With the rules as they ship. */
async function shipped(readings: Partial<Snapshot>): Promise<FakeApiServer> {
  const agent = new Agent(new FakeApiServer(), 'critical', 0, configureRules(DEFAULT_CONFIG, RULES).map(factsOf));
  await agent.watch(600, [], { ...PCI, ...readings });
  return agent.api;
}

/** What the collector throws in a pod that is not given the device. */
async function refusedKernelLog(code: string): Promise<Snapshot['kernel-log']> {
  using tree = nodeTree({});
  const host: Host = {
    ...tree.host,
    openLog: (path) => {
      throw new HostError('open', path, Object.assign(new Error('refused'), { code }));
    },
  };
  return kernelLogCollector()
    .collect(host, new AbortController().signal)
    .then(
      (value) => ok(value),
      (error: unknown) => ({ status: 'failed', error: error instanceof Error ? error : new Error(String(error)) }),
    );
}

describe('a node without the hardware says so, whatever its other sources do', () => {
  test('no fabric, and IMDS does not answer', async () => {
    const api = await shipped({ ...NO_FABRIC, imds: failed('IMDS did not answer within 1 s') });
    expect(api.condition('GpuFabricProblem')).toMatchObject({ status: 'False', reason: 'NoHardware', message: 'no /sys/class/infiniband' });
  });

  test.each([
    ['is refused', 'EPERM'],
    ['hangs', undefined],
  ])('no GPU, and the kernel log %s', async (_, code) => {
    const api = await shipped({ ...NO_GPU, 'kernel-log': failed('cannot open /dev/kmsg', code) });
    expect(api.condition('GpuProblem')).toMatchObject({ status: 'False', reason: 'NoHardware', message: 'no NVIDIA GPU on the PCI bus' });
  });

  test('but not where the PCI bus, which would show it, cannot be read', async () => {
    const api = await shipped({ ...NO_FABRIC, ...NO_GPU, pci: failed('cannot read /sys/bus/pci/devices: EIO') });
    for (const type of ['GpuFabricProblem', 'GpuProblem']) {
      expect(api.condition(type)).toMatchObject({ status: 'Unknown', message: 'cannot tell: pci: cannot read /sys/bus/pci/devices: EIO' });
    }
  });

  test('nor on a node with the hardware whose IMDS does not answer', async () => {
    const api = await shipped({ imds: failed('IMDS did not answer within 1 s') });
    expect(api.condition('GpuFabricProblem')).toMatchObject({ status: 'Unknown', message: 'cannot tell: imds: IMDS did not answer within 1 s' });
  });
});

describe('a source that this installation may not read', () => {
  const refused = { 'kernel-log': failed('cannot open /dev/kmsg: EPERM', 'EPERM') };

  test.each(['EPERM', 'EACCES'])('the kernel log, %s: the other rules judge, and the message names what is not seen', async (code) => {
    const api = await shipped({ 'kernel-log': await refusedKernelLog(code) });
    expect(api.condition('GpuProblem')).toMatchObject({
      status: 'False',
      reason: 'PartlySeen',
      message: expect.stringMatching(new RegExp(`^no critical fault of the GPUs, [1-9]\\d* rules judged; not seen: kernel-log \\(${code}\\): GpuXid, NvSwitchSxid$`)),
    });
    expect(api.condition('GpuFabricProblem')).toMatchObject({ status: 'False', reason: 'NoProblem' });
  });

  test('a fault that the other rules see is told, and taken back when it is over', async () => {
    const agent = new Agent();
    await agent.watch(60, [gpu('GpuRowRemapFailure')], refused);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'True', reason: 'GpuRowRemapFailure' });
    await agent.watch(10, [], refused);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'False', reason: 'PartlySeen' });
  });

  test('is seen when it is granted', async () => {
    const agent = new Agent();
    await agent.watch(60, [], refused);
    const since = agent.api.condition('GpuProblem')?.['lastTransitionTime'];
    await agent.watch(120);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'False', reason: 'NoProblem', lastTransitionTime: since });
  });

  test('that could be read before is a fault', async () => {
    const agent = new Agent();
    await agent.watch(60);
    await agent.watch(130, [], refused);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'Unknown', message: 'cannot tell: kernel-log: cannot open /dev/kmsg: EPERM' });
  });

  test.each([
    ['hangs', undefined],
    ['fails', 'EIO'],
    ['has no answer', 'ETIMEDOUT'],
  ])('is not one that %s', async (_, code) => {
    const api = await shipped({ 'kernel-log': failed('cannot read /dev/kmsg', code) });
    expect(api.condition('GpuProblem')).toMatchObject({ status: 'Unknown', reason: 'CannotTell', message: 'cannot tell: kernel-log: cannot read /dev/kmsg' });
  });

  test("is never the hardware's own: without that nothing is seen", async () => {
    const api = await shipped({ infiniband: failed('cannot list /sys/class/infiniband: EACCES', 'EACCES') });
    expect(api.condition('GpuFabricProblem')).toMatchObject({ status: 'Unknown' });
  });

  test('does not make False what no rule has judged', async () => {
    const agent = new Agent(new FakeApiServer(), 'critical', 0, [fact('GpuXid', { needs: ['kernel-log'], lasts: 'event' })]);
    await agent.watch(300, [], refused);
    expect(agent.api.condition('GpuProblem')).toMatchObject({ status: 'Unknown', message: 'cannot tell: kernel-log: cannot open /dev/kmsg: EPERM' });
  });

  test('never heals what it told an earlier agent', async () => {
    const api = new FakeApiServer();
    api.conditions.push({ type: 'GpuFabricProblem', status: 'True', reason: 'EfaFewerThanAttached', message: 'one is missing', lastTransitionTime: '2026-11-23T19:30:00Z' });
    const agent = new Agent(api, 'critical', 0, [...FACTS, fact('EfaFewerThanAttached', { needs: ['infiniband', 'imds'] })]);
    await agent.watch(600, [], { imds: failed('no way out', 'EPERM') });
    expect(api.condition('GpuFabricProblem')).toMatchObject({ status: 'Unknown', message: 'cannot tell: imds: no way out; before: EfaFewerThanAttached: one is missing' });
  });
});

describe('a source that comes and goes', () => {
  const slow = fact('EfaIdleWhileGpusBusy', { group: 'fabric', severity: 'warning', needs: ['infiniband', 'nvidia-query'], windowSeconds: 120 });
  const drops = fabric('FabricReceiveDrops', { severity: 'warning' });
  const gone = { 'nvidia-query': failed('no answer') };
  const watching = () => new Agent(new FakeApiServer(), 'warning', 0, [...FACTS, slow]);

  test('a look that is missed now and then holds up no verdict: the engine bridges it', async () => {
    const agent = watching();
    await agent.watch(200, [drops]);
    await agent.watch(5, [drops], gone);
    for (let index = 0; index < 3; index += 1) {
      await agent.watch(95);
      await agent.watch(5, [], gone);
    }
    expect(agent.api.condition('GpuFabricProblem')).toMatchObject({ status: 'False', reason: 'NoProblem', message: 'no fault of the fabric, 3 rules judged' });
  });

  test('so often that a rule never sees its window: Unknown, and not for ever what stood', async () => {
    const agent = watching();
    await agent.watch(60, [drops]);
    const rounds = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        await agent.watch(80, [], gone);
        await agent.watch(100);
      }
    };
    await rounds(1);
    expect(agent.api.condition('GpuFabricProblem')).toMatchObject({ status: 'True', reason: 'FabricReceiveDrops' });
    await rounds(3);
    expect(agent.api.condition('GpuFabricProblem')).toMatchObject({
      status: 'Unknown',
      reason: 'CannotTell',
      message: expect.stringMatching(
        /^cannot tell: EfaIdleWhileGpusBusy has to look back 120 s, and infiniband, nvidia-query could not be seen for so long without a gap of a minute; before: FabricReceiveDrops: /,
      ),
    });
  });
});
