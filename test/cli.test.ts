import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const repository = join(import.meta.dirname, '..');
const main = join(repository, 'agent/main.ts');
const captures = join(import.meta.dirname, 'captures');

let directory: string;
const running = new Set<ChildProcess>();
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'railmedic-'));
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
  rmSync(directory, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): { child: ChildProcess; output: () => string; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, COLUMNS: '100', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (piece: Buffer) => (stdout += piece.toString()));
  child.stderr?.on('data', (piece: Buffer) => (stderr += piece.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (status) => {
      running.delete(child);
      resolve({ status, stdout, stderr });
    });
  });
  return { child, output: () => stdout, ended };
}

const run = (...args: readonly string[]): Promise<Ended> => start(args).ended;

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 150; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`did not come: ${what}`);
}

async function get(url: string): Promise<{ status: number; text: string } | undefined> {
  try {
    const answer = await fetch(url);
    return { status: answer.status, text: await answer.text() };
  } catch {
    return undefined;
  }
}

/** Makes an EFA that sends and never receives, in plain files that are rewritten in place. */
function sendTraffic(root: string): () => void {
  const port = join(root, 'sys/class/infiniband/rdmap16s0/ports/1/hw_counters');
  const device = join(root, 'sys/class/infiniband/rdmap16s0/device');
  mkdirSync(port, { recursive: true });
  mkdirSync(device, { recursive: true });
  writeFileSync(join(device, 'vendor'), '0x1d0f\n');
  writeFileSync(join(device, 'device'), '0xefa1\n');
  writeFileSync(join(port, 'rx_pkts'), '0\n');
  let sent = 1_000_000;
  writeFileSync(join(port, 'tx_pkts'), `${sent}\n`);
  // The same width in place: no reader meets an empty file.
  const file = openSync(join(port, 'tx_pkts'), 'r+');
  const traffic = setInterval(() => writeSync(file, `${(sent += 500)}\n`, 0), 100);
  return () => {
    clearInterval(traffic);
    closeSync(file);
  };
}

describe('diagnose', () => {
  test.each([
    ['efa-healthy', 0],
    ['efa-secondary-cidr', 1],
    ['efa-one-way', 2],
    ['rdma-lab-efa-flowing', 3],
  ])('ends with the status of its verdict: %s %i', async (name, status) => {
    const ended = await run('diagnose', '--capture', join(captures, name), '--json');
    expect(ended).toMatchObject({ status, stderr: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({ version: 1, windowSeconds: 10 });
  });

  test('judges only by the rules it is told', async () => {
    const ended = await run('diagnose', '--capture', join(captures, 'efa-one-way'), '--rules', 'HugepagesMissing,efasecondarycidr');
    expect(ended.status).toBe(0);
    expect(ended.stdout).toContain('2 rules');
  });

  test('follows plain files that are rewritten in place', async () => {
    const stop = sendTraffic(directory);
    const ended = await run('diagnose', '--host-root', directory, '--no-imds', '--duration', '2s', '--interval', '500ms', '--json', '--node-name', 'n1');
    stop();
    expect(ended.status).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      node: 'n1',
      findings: [{ rule: 'FabricOneWayTraffic', severity: 'critical', state: 'firing', subject: 'rdmap16s0/1', page: 'rules/fabric/one-way-traffic.md' }],
    });
  });
});

test('diagnose of a live node says how far back it read the kernel log', async () => {
  mkdirSync(join(directory, 'dev'));
  mkdirSync(join(directory, 'proc'));
  writeFileSync(join(directory, 'proc/uptime'), '5000.00 4000.00\n');
  writeFileSync(join(directory, 'dev/kmsg'), '6,1,4999000000,-;Linux version 6.18.36\n');
  const ended = await run('diagnose', '--host-root', directory, '--no-imds', '--duration', '1s', '--interval', '500ms');
  expect(ended.status).toBe(0);
  expect(ended.stdout).toContain('the last 15 min of the kernel log');
  expect(ended.stdout).toContain('watched 1 s');
});

test('a metadata service that never answers costs diagnose no fault', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const stop = sendTraffic(directory);
  const ended = await run('diagnose', '--host-root', directory, '--imds-url', url, '--duration', '2s', '--interval', '500ms', '--json');
  stop();
  silent.close();
  const report: unknown = JSON.parse(ended.stdout);
  expect(report).toMatchObject({ findings: [{ rule: 'FabricOneWayTraffic', state: 'firing' }, { rule: 'EfaSecondaryCidr', state: 'unknown' }] });
  expect(ended.status).toBe(2);
});

describe('a call that cannot be meant ends with status 3 and says what was expected', () => {
  test.each([
    [['diagnose', '--bogus'], "error: unknown option '--bogus'; --help lists those there are\n"],
    [['diagnose', '--duratoin', '5s'], "error: unknown option '--duratoin'; --help lists those there are\n(Did you mean --duration?)\n"],
    [['diagnose', '--duration', 'soon'], "error: option '--duration <duration>' argument 'soon' is invalid. expected a duration such as 500ms, 10s or 2m"],
    [['diagnose', '--node-ip', '10.0.0'], "error: option '--node-ip <address>' argument '10.0.0' is invalid. expected an IPv4 address such as 10.0.3.7"],
    [['agent', '--listen', '9477'], "error: option '--listen <address:port>' argument '9477' is invalid. expected address:port such as 127.0.0.1:9477"],
    [['diagnose', '--config', '/none.yaml'], 'railmedic: cannot read /none.yaml: ENOENT'],
    [['diagnose', '--capture', '/none'], 'railmedic: cannot replay /none: got ENOENT'],
    [['diagnose', '--rules', 'FabricOneWayTrafic'], 'railmedic: unknown rule "FabricOneWayTrafic"; did you mean FabricOneWayTraffic?'],
    [['explain', 'OneWay'], 'railmedic: unknown rule "OneWay"; railmedic explain lists all rules'],
    [['frobnicate'], "error: unknown command 'frobnicate'; --help lists those there are\n"],
  ])('%j', async (args, message) => {
    const ended = await run(...args);
    expect(ended.status).toBe(3);
    expect(ended.stderr).toContain(message);
  });

  test('a configuration names its line', async () => {
    const file = join(directory, 'railmedic.yaml');
    writeFileSync(file, 'rules:\n  FabricOneWayTraffic:\n    threshold: 1\n');
    const ended = await run('diagnose', '--config', file);
    expect(ended).toMatchObject({ status: 3, stderr: `railmedic: ${file}:3: unknown key rules.FabricOneWayTraffic.threshold; did you mean thresholds?\n` });
  });
});

test('explain lists every rule, and shows a page without its front matter', async () => {
  const list = await run('explain');
  expect(list).toMatchObject({ status: 0, stderr: '' });
  expect(list.stdout).toContain('FabricOneWayTraffic');
  const page = await run('explain', 'fabriconewaytraffic');
  expect(page.stdout).toMatch(/^# FabricOneWayTraffic \(critical\): A fabric port sends and receives nothing\n\n## Symptom\n/);
  expect(page.stdout).toContain('## Fix');
});

test('demo --once prints the diagnosis with a command that can be pasted, and ends', async () => {
  const ended = await run('demo', '--once', '--listen', '127.0.0.1:0');
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  expect(ended.stdout).toContain('CRITICAL');
  const group = 'sg-0a1b2c3d4e5f60718';
  expect(ended.stdout).toContain(`\n    aws ec2 authorize-security-group-egress --group-id ${group} --protocol -1 --source-group ${group}\n`);
});

test('a capture of a node, masked, gives the same diagnosis when it is replayed', async () => {
  const target = join(directory, 'capture');
  const recorded = await run('capture', target, '--host-root', join(captures, 'efa-driverless-function'), '--no-imds', '--duration', '1s', '--interval', '500ms');
  expect(recorded).toMatchObject({ status: 0, stderr: '' });
  expect(recorded.stdout).toContain('masked: ');
  expect(readdirSync(target)).toContain('capture.json');
  const ended = await run('diagnose', '--capture', target, '--json', '--rules', 'EfaDriverNotBound');
  expect(JSON.parse(ended.stdout)).toMatchObject({ findings: [{ rule: 'EfaDriverNotBound', state: 'firing' }] });
});

describe('agent', () => {
  const port = 20_000 + (process.pid % 20_000);
  const url = `http://127.0.0.1:${port}`;
  const kernelLine = (sequence: number, text: string): string => `6,${sequence},${4_999_000_000 + sequence},-;${text}\n`;
  const oom = 'Out of memory: Killed process 4242 (python3) total-vm:1000kB, anon-rss:900kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0';

  function makeNode(): void {
    mkdirSync(join(directory, 'proc/sys/kernel/random'), { recursive: true });
    mkdirSync(join(directory, 'dev'));
    writeFileSync(join(directory, 'proc/sys/kernel/random/boot_id'), '6d0f3a52-2b43-4f4e-9a55-6d1c6f0b2d11\n');
    writeFileSync(join(directory, 'proc/uptime'), '5000.00 4000.00\n');
    writeFileSync(join(directory, 'dev/kmsg'), kernelLine(1, 'Linux version 6.18.36'));
  }
  const options = (): readonly string[] => ['agent', '--host-root', directory, '--no-imds', '--interval', '200ms', '--listen', `127.0.0.1:${port}`, '--state-dir', join(directory, 'state')];

  test('serves metrics, report, health and page, and ends with 0 on SIGTERM', async () => {
    makeNode();
    const agent = start(options());
    await until('readiness', async () => ((await get(`${url}/readyz`))?.status === 200 ? true : undefined));
    expect((await get(`${url}/healthz`))?.status).toBe(200);
    expect((await get(`${url}/metrics`))?.text).toContain('railmedic_collector_success{collector="host"} 1\n');
    expect(JSON.parse((await get(`${url}/api/v1/report`))?.text ?? '')).toMatchObject({ version: 1, findings: [] });
    expect((await get(url))?.text).toContain('<!doctype html>');
    agent.child.kill('SIGTERM');
    expect((await agent.ended).status).toBe(0);
  });

  test('reports a kernel line that comes, and after a restart only that it stands', async () => {
    makeNode();
    const log = join(directory, 'dev/kmsg');
    const first = start(options());
    await until('readiness', async () => ((await get(`${url}/readyz`))?.status === 200 ? true : undefined));
    writeFileSync(log, readFileSync(log, 'utf8') + kernelLine(2, oom));
    await until('the finding', () => (first.output().includes('KernelOomKill') ? true : undefined));
    first.child.kill('SIGTERM');
    await first.ended;
    const second = start(options());
    await until('a look of the second agent', async () => {
      const looks = /railmedic_looks_total (\d+)/.exec((await get(`${url}/metrics`))?.text ?? '')?.[1];
      return Number(looks) >= 3 ? true : undefined;
    });
    expect((await get(`${url}/api/v1/report`))?.text).toMatch(/"rule": ?"KernelOomKill"/);
    second.child.kill('SIGINT');
    const told = (await second.ended).stdout.split('\n').filter((line) => line.includes('KernelOomKill'));
    expect(told).toEqual([expect.stringMatching(/ WARNING {4}KernelOomKill on .+: since .+, told before this agent was restarted: /)]);
  });

  test('an address in use is named', async () => {
    makeNode();
    const first = start(options());
    await until('readiness', async () => ((await get(`${url}/readyz`))?.status === 200 ? true : undefined));
    const second = await start(options()).ended;
    expect(second.status).toBe(3);
    expect(second.stderr).toContain(`127.0.0.1:${port}`);
    first.child.kill('SIGTERM');
    await first.ended;
  });
});
