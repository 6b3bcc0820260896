import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openHost } from '../agent/host.ts';
import { Loop } from '../agent/loop.ts';
import type { Pods } from '../agent/model.ts';
import { SOURCE_NAMES } from '../agent/source-names.ts';
import { StateFile } from '../agent/state.ts';
import { directoryWith } from './capture-directory.ts';
import { engineWith } from './snapshot.ts';

/** The node group is a label of alerts: one that is known later than the finding makes a second alert of the same fault. */

const BOOT = '6d0f3a52-2b43-4f4e-9a55-6d1c6f0b2d11';
const ROOT = resolve(import.meta.dirname, '..');

/** A node whose API server answers when it is told to. */
function loopBeside(api: { nodeGroup: string | undefined; answers: boolean }, rememberedNodeGroup: string | undefined): Loop {
  const pods = (): Pods => ({
    seenAt: '2026-11-23T20:01:00.000Z',
    node: { name: 'n1', uid: 'u', nodeGroup: api.nodeGroup, labels: {}, taints: [], isCordoned: false, allocatable: {} },
    pods: [],
    gone: [],
    free: {},
    unscheduled: [],
    unscheduledMissing: undefined,
  });
  let seconds = 0;
  return new Loop({
    host: openHost('/'),
    clock: { monotonicSeconds: () => (seconds += 1), sleep: () => Promise.resolve() },
    engine: engineWith({}, () => []),
    collectors: [{ name: 'pods', timeoutSeconds: 5, collect: () => (api.answers ? Promise.resolve(pods()) : Promise.reject(new Error('503'))) }],
    sourceNames: SOURCE_NAMES,
    exporters: [],
    nodeName: 'n1',
    rememberedNodeGroup,
    rulesEvaluated: 1,
    intervalSeconds: 5,
    useSchedules: false,
    onExporterFailure: () => {},
  });
}

test('that an earlier run knew holds until the API server answers, and what that says holds then', async () => {
  const api = { nodeGroup: 'new', answers: false };
  const loop = loopBeside(api, 'old');
  const group = async (): Promise<string | undefined> => (await loop.look(new AbortController().signal))?.nodeGroup;
  expect(await group()).toBe('old');
  api.answers = true;
  expect(await group()).toBe('new');
  api.answers = false;
  expect(await group()).toBe('new');
  Object.assign(api, { answers: true, nodeGroup: undefined });
  expect(await group()).toBeUndefined();
});

test('outlives a restart of the agent in the state directory', async () => {
  const directory = await directoryWith({ 'proc/sys/kernel/random/boot_id': `${BOOT}\n`, 'proc/uptime': '5000.00 4000.00\n', 'dev/kmsg': '6,1,4999000001,-;Linux version 6.18.36\n' });
  const state = join(directory, 'state');
  mkdirSync(state);
  const file = new StateFile(state, directory);
  writeFileSync(file.path, JSON.stringify({ bootId: BOOT, sequence: 1, devices: [], nodeGroup: 'gpu-p5' }));
  const flags = { '--host-root': directory, '--node-name': 'n1', '--interval': '200ms', '--listen': '127.0.0.1:0', '--state-dir': state };
  const agent = spawn(process.execPath, [join(ROOT, 'agent/main.ts'), 'agent', '--no-imds', ...Object.entries(flags).flat()], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KUBERNETES_SERVICE_HOST: '', KUBECONFIG: '' },
  });
  onTestFinished(() => void agent.kill('SIGKILL'));
  let said = '';
  for (const stream of [agent.stdout, agent.stderr]) stream.on('data', (piece: Buffer) => (said += piece.toString()));
  const info = await until('the node in the metrics', async () => {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    const metrics = url === undefined ? '' : await fetch(`${url}/metrics`).then((answer) => answer.text(), () => '');
    return /^railmedic_node_info\{.*$/m.exec(metrics)?.[0];
  }, () => said);
  expect(info).toContain('node_group="gpu-p5"');
  const ended = once(agent, 'exit');
  agent.kill('SIGTERM');
  await ended;
  expect(JSON.parse(readFileSync(file.path, 'utf8'))).toMatchObject({ bootId: BOOT, nodeGroup: 'gpu-p5' });
});

/** Waits for something that a process does in its own time. */
async function until<T>(what: string, look: () => Promise<T | undefined>, context: () => string): Promise<T> {
  for (let tries = 0; tries < 400; tries += 1) {
    const value = await look();
    if (value !== undefined) return value;
    await setTimeout(50);
  }
  throw new Error(`did not come: ${what}\n${context()}`);
}
