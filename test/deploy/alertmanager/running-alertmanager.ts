import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { alertmanagerCommand } from '../../e2e/prometheus/alertmanager-template.ts';

export type Labels = Readonly<Record<string, string>>;

export interface RunningAlertmanager {
  post(alerts: readonly Labels[]): Promise<void>;
  /** The alerts that it notifies nobody of, because another mutes them. */
  muted(): Promise<readonly Labels[]>;
  close(): Promise<void>;
}

/** Alertmanager with this configuration on a free port of the loopback interface. */
export async function startAlertmanager(program: string, config: string): Promise<RunningAlertmanager> {
  const directory = await mkdtemp(join(tmpdir(), 'railmedic-alertmanager-'));
  const address = `127.0.0.1:${await freePort()}`;
  const options = [`--config.file=${config}`, `--storage.path=${directory}`, `--web.listen-address=${address}`, '--cluster.listen-address='];
  const [command, ...before] = await alertmanagerCommand(program);
  const child = spawn(command, [...before, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString('utf8')));
  const url = `http://${address}`;
  await untilReady(child, `${url}/-/ready`, () => said);
  return {
    async post(alerts) {
      const body = JSON.stringify(alerts.map((labels) => ({ labels })));
      const answer = await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${await answer.text()}`);
    },
    async muted() {
      const answer = await fetch(`${url}/api/v2/alerts`);
      const alerts = (await answer.json()) as readonly { labels: Labels; status: { inhibitedBy: readonly string[] } }[];
      return alerts.filter(({ status }) => status.inhibitedBy.length > 0).map(({ labels }) => labels);
    },
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function untilReady(child: ChildProcess, url: string, said: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) break;
    const isReady = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await setTimeout(50);
  }
  child.kill('SIGKILL');
  throw new Error(`Alertmanager did not become ready: ${said().slice(-2000)}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
