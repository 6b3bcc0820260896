import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { directoryWith } from './capture-directory.ts';
import { pciTree } from './fake-nvidia-smi/gpu-node.ts';

/** The agent is restarted by its liveness probe when /healthz is not 200: never for a card that does not answer. */

const ROOT = resolve(import.meta.dirname, '..');
/** Of the agent's seconds to real ones. */
const HASTE = 12;
/** The loop is said to stand still after 60 s; the probe of the DaemonSet needs another 60 s to restart the agent. */
const HUNG_SECONDS = 150;

interface Agent {
  /** What the probe gets, on a connection of its own as kubelet's; 0 where three tries get no answer, which is one try too many. */
  health(): Promise<number | undefined>;
  report(): Promise<{ readonly sources: readonly { readonly name: string; readonly status: string; readonly why?: string }[]; readonly findings: readonly { readonly rule: string; readonly state: string }[] }>;
  said(): string;
  /** By SIGTERM; its exit status. */
  stop(): Promise<unknown>;
}

async function startAgent(directory: string): Promise<Agent> {
  const nvidiaSmi = join(directory, 'nvidia-smi');
  const fake = join(ROOT, 'test/fake-nvidia-smi/nvidia-smi');
  writeFileSync(nvidiaSmi, `#!/bin/sh\nexport FAKE_NVIDIA_SMI_CONTROL='${join(directory, 'control.json')}' FAKE_NVIDIA_SMI_SPEED=${HASTE}\nexec '${fake}' "$@"\n`);
  chmodSync(nvidiaSmi, 0o755);
  const flags = { '--host-root': directory, '--nvidia-smi': nvidiaSmi, '--listen': '127.0.0.1:0', '--interval': '5s', '--state-dir': join(directory, 'state') };
  const program = ['--import', join(ROOT, 'test/hastened-clock.ts'), join(ROOT, 'agent/main.ts'), 'agent', '--no-imds', ...Object.entries(flags).flat()];
  const environment = { ...process.env, HASTENED_BY: String(HASTE), KUBERNETES_SERVICE_HOST: '', KUBECONFIG: '' };
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (said += piece.toString()));
  const url = await found('the address of the agent', () => /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0], () => said);
  return {
    health: () => probe(`${url}/healthz`, 3),
    report: async () => (await (await fetch(`${url}/api/v1/report`)).json()) as Awaited<ReturnType<Agent['report']>>,
    said: () => said,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      return (await ended)[0];
    },
  };
}

async function probe(url: string, tries: number): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get(url, { agent: false }, (response) => resolve(response.resume())).on('error', reject);
  const status = await promise.then(({ statusCode }) => statusCode, () => 0);
  return status === 0 && tries > 1 ? probe(url, tries - 1) : status;
}

async function found<T>(what: string, look: () => Promise<T | undefined> | T | undefined, context: () => string): Promise<T> {
  const end = performance.now() + 20_000;
  while (performance.now() < end) {
    const value = await Promise.try(look).catch(() => undefined);
    if (value !== undefined) return value;
    await setTimeout(50);
  }
  throw new Error(`did not come within 20 s: ${what}\n${context()}`);
}

/** Each answer that the probe would have got, once in a row, for as long as it would take to restart the agent. */
async function probed(agent: Agent): Promise<readonly (number | undefined)[]> {
  const statuses: (number | undefined)[] = [];
  const end = performance.now() + (HUNG_SECONDS * 1000) / HASTE;
  while (performance.now() < end) {
    const status = await agent.health();
    if (status !== statuses.at(-1)) statuses.push(status);
    await setTimeout(5000 / HASTE);
  }
  return statuses;
}

const HANGS = { hang: true, ignoreTerm: true };

interface Seen {
  readonly probe: readonly (number | undefined)[];
  readonly silentSeconds: number;
  readonly firing: readonly string[];
  readonly exitStatus: unknown;
}

/** An agent whose nvidia-smi answers at first, or never. */
async function hung(first: 'answers' | 'hangs'): Promise<Seen> {
  const directory = await directoryWith({ ...pciTree(1), log: '' });
  const control = (settings: object): void => writeFileSync(join(directory, 'control.json'), JSON.stringify({ log: join(directory, 'log'), ...settings }));
  control(first === 'hangs' ? HANGS : { ignoreTerm: true });
  onTestFinished(() => killStarted(join(directory, 'log')));
  const agent = await startAgent(directory);
  const query = async (status: string): Promise<string | undefined> => {
    const source = (await agent.report()).sources.find(({ name }) => name === 'nvidia-query');
    return source?.status === status ? (source.why ?? '') : undefined;
  };
  await found('the first look', () => query(first === 'hangs' ? 'failed' : 'ok'), () => agent.said());
  control(HANGS);
  const probe = await probed(agent);
  const why = await query('failed').catch(String);
  const firing = (await agent.report()).findings.filter(({ state }) => state === 'firing').map(({ rule }) => rule);
  return { probe, silentSeconds: Number(/has said nothing for (\d+) s/.exec(why ?? '')?.[1]), firing, exitStatus: await agent.stop() };
}

/** What an agent that was killed has left, and ends by no SIGTERM. */
function killStarted(log: string): void {
  for (const line of readFileSync(log, 'utf8').split('\n').filter(Boolean)) {
    const pid = line.split(' ')[0] ?? '';
    const commandLine = `/proc/${pid}/cmdline`;
    // The number may be another's by now.
    if (existsSync(commandLine) && readFileSync(commandLine, 'utf8').includes('fake-nvidia-smi')) process.kill(Number(pid), 'SIGKILL');
  }
}

test('an nvidia-smi that hangs does not stop the loop: the agent says so, answers its probe, and ends when it is told to', { timeout: 90_000 }, async () => {
  // At once: two of them, and each waits.
  const [never, noMore] = await Promise.all([hung('hangs'), hung('answers')]);
  for (const { probe, silentSeconds, firing, exitStatus } of [never, noMore]) {
    expect(probe).toEqual([200]);
    expect(silentSeconds).toBeGreaterThan(90);
    expect(firing).toContain('NvidiaSmiUnresponsive');
    expect(exitStatus).toBe(0);
  }
});
