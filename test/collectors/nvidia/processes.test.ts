import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { gpuNode, type GpuLook, type GpuNode } from '../../fake-nvidia-smi/gpu-node.ts';

const pidOf = ({ smi }: GpuLook, name: 'query' | 'dmon'): number => {
  const found = smi.status === 'ok' ? smi.value.processes.find((one) => one.name === name)?.pid : undefined;
  if (found === undefined) throw new Error(`no ${name} process: ${JSON.stringify(smi)}`);
  return found;
};

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function gone(pids: readonly number[]): Promise<void> {
  for (let tries = 0; pids.some(lives); tries += 1) {
    if (tries > 500) throw new Error(`still there: ${pids.filter(lives).join(', ')}`);
    await delay(10);
  }
}

/** Every start of one kind. */
const startsOf = (node: GpuNode, kind: string): readonly string[] => node.log().filter((line) => line.includes(` ${kind}`));

const HANGING = { timing: { silenceSeconds: 0.6, killSeconds: 0.5 } };

describe('nvidia-smi that hangs', () => {
  test('is told of after the silence, stopped and started again; the other process goes on', async () => {
    const node = await gpuNode({}, HANGING);
    expect((await node.look()).query.status).toBe('ok');
    node.control({ query: { hang: true } });
    const silent = await node.lookUntil(({ smi, query }) => smi.status === 'ok' && smi.value.processes[0]?.state === 'silent' && query.status === 'failed');
    expect(silent.query).toMatchObject({ status: 'failed', error: { message: 'nvidia-smi --query-gpu has said nothing for 1 s' } });
    expect(silent.dmon.status).toBe('ok');
    node.control({});
    const { smi } = await node.lookUntil(({ query }) => query.status === 'ok');
    expect(smi).toMatchObject({ value: { processes: [{ state: 'running' }, { state: 'running', restarts: 0 }] } });
  });

  test('stopped by SIGSTOP it is ended all the same', async () => {
    const node = await gpuNode({}, HANGING);
    const pid = pidOf(await node.look(), 'query');
    process.kill(pid, 'SIGSTOP');
    await node.lookUntil(({ smi }) => smi.status === 'ok' && smi.value.processes[0]?.state === 'silent');
    await node.lookUntil(({ smi, query }) => query.status === 'ok' && smi.status === 'ok' && smi.value.processes[0]?.pid !== pid);
    await gone([pid]);
  });

  test('that ignores SIGTERM is killed; meanwhile there is no second one', async () => {
    const node = await gpuNode({ ignoreTerm: true }, HANGING);
    const pid = pidOf(await node.look(), 'dmon');
    node.control({ ignoreTerm: true, dmon: { hang: true } });
    await node.lookUntil(({ smi }) => smi.status === 'ok' && smi.value.processes[1]?.state === 'unkillable');
    expect(lives(pid)).toBe(true);
    expect(startsOf(node, 'dmon')).toHaveLength(1);
    await node.lookUntil(({ smi }) => smi.status === 'ok' && smi.value.processes[1]?.pid !== pid);
    await gone([pid]);
  });
});

describe('no orphan', () => {
  test('after close', async () => {
    const node = await gpuNode({ ignoreTerm: true });
    const look = await node.look();
    const pids = [pidOf(look, 'query'), pidOf(look, 'dmon')];
    expect(pids.every(lives)).toBe(true);
    node.close();
    await gone(pids);
  });

  test.each([
    ['its own end', 'process.exit(0)', undefined],
    ['an error', 'throw new Error("on purpose")', undefined],
    // A hung nvidia-smi cannot be ended by anyone then; one that works has lost its pipe at its next row.
    ['SIGKILL', 'setInterval(() => {}, 1000)', 'SIGKILL'],
  ] as const)('after the agent ended by %s', async (_, end, signal) => {
    const node = await gpuNode();
    const collectors = join(import.meta.dirname, '../../../agent/collectors/nvidia.ts');
    const script = `
      const { nvidiaCollectors } = await import(${JSON.stringify(collectors)});
      const { openHost } = await import(${JSON.stringify(join(import.meta.dirname, '../../../agent/host.ts'))});
      const host = openHost(${JSON.stringify(node.host.root)});
      const all = nvidiaCollectors({ nvidiaSmi: ${JSON.stringify(node.nvidiaSmi)}, intervalSeconds: 1 });
      const [smi] = await Promise.all(all.map((one) => one.collect(host, AbortSignal.timeout(20000))));
      process.stdout.write(JSON.stringify(smi.processes.map(({ pid }) => pid)) + '\\n');
      ${end};`;
    const agent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const { promise, resolve } = Promise.withResolvers<readonly number[]>();
    agent.stdout.on('data', (text: Buffer) => resolve(JSON.parse(text.toString()) as number[]));
    const ended = new Promise((over) => agent.once('exit', over));
    const pids = await promise;
    expect(pids).toHaveLength(2);
    if (signal) agent.kill(signal);
    await ended;
    await gone(pids);
  });
});
